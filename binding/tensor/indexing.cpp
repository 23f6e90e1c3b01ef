#include "tensor/indexing.h"

#include <ATen/TensorIndexing.h>

#include "lanes/lane.h"
#include "tensor/given.h"

namespace torchloss {

namespace {

using at::indexing::TensorIndex;

optional<int64_t> bound_of(const Given& given) {
  if (given.kind == Given::Kind::kInteger) return given.integer;
  return {};
}

}  // namespace

// A number, a boolean, null for a new dimension, '...', a tensor, or [start, stop, step] for a slice.
template <>
struct Read<TensorIndex> {
  static TensorIndex from(Environment& environment, napi_value value, size_t index) {
    const Given given = Given::read(environment, value);
    switch (given.kind) {
      case Given::Kind::kNull:
        return at::indexing::None;
      case Given::Kind::kBoolean:
        return given.integer != 0;
      case Given::Kind::kInteger:
        return given.integer;
      case Given::Kind::kString:
        return at::indexing::Ellipsis;
      case Given::Kind::kTensor:
        return *given.tensor;
      case Given::Kind::kList:
        if (given.items.size() == 3) {
          return at::indexing::Slice(bound_of(given.items[0]), bound_of(given.items[1]),
                                     bound_of(given.items[2]));
        }
        [[fallthrough]];
      case Given::Kind::kFloat:
      case Given::Kind::kComplex:
        TORCH_CHECK_INDEX(
            false,
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are "
            "valid indices (got ",
            given.kind == Given::Kind::kFloat ? "float" : "complex", ")");
      default:
        wrong_type("argument " + std::to_string(index), "an index", "something else");
    }
  }
};

namespace {

// Without indices, the whole tensor.
std::vector<TensorIndex> some(const std::vector<TensorIndex>& indices) {
  return indices.empty() ? std::vector<TensorIndex>{at::indexing::Ellipsis} : indices;
}

at::Tensor get_item(const at::Tensor& tensor, const std::vector<TensorIndex>& indices) {
  return tensor.index(some(indices));
}

void set_item(const at::Tensor& tensor, const std::vector<TensorIndex>& indices, const at::Tensor& value) {
  at::Tensor self = tensor;
  self.index_put_(some(indices), value);
}

void set_number(const at::Tensor& tensor, const std::vector<TensorIndex>& indices, const at::Scalar& value) {
  at::Tensor self = tensor;
  self.index_put_(some(indices), value);
}

}  // namespace

const std::vector<Entry> kIndexing = {
    {"get_item", method<&get_item>, deferred_method<&get_item>},
    {"set_item", method<&set_item>, deferred_method<&set_item>},
    {"set_number", method<&set_number>, deferred_method<&set_number>},
};

}  // namespace torchloss
