#include "tensor/stored.h"

#include <ATen/ops/empty.h>

#include <limits>

namespace torchloss {

namespace {

napi_value write_sizes(Environment& environment, at::IntArrayRef sizes) {
  return write(environment, sizes.vec());
}

// Where a tensor's elements lie. `storage` identifies a storage as long as it lives; `version` grows with
// every in-place operation. Tensors without a storage have none of it.
napi_value storage_layout(Environment& environment, const at::Tensor& tensor) {
  Napi::Object result = Napi::Object::New(environment.env);
  if (tensor.layout() != at::kStrided || !tensor.has_storage() || tensor.is_quantized()) return result;
  const c10::Storage& storage = tensor.storage();
  const auto address = reinterpret_cast<uintptr_t>(storage.unsafeGetStorageImpl());
  result["storage"] = Napi::Number::New(environment.env, static_cast<double>(address));
  result["bytes"] = Napi::Number::New(environment.env, static_cast<double>(storage.nbytes()));
  result["offset"] = Napi::Number::New(environment.env, static_cast<double>(tensor.storage_offset()));
  result["strides"] = Napi::Value(environment.env, write_sizes(environment, tensor.strides()));
  const int64_t version = tensor.is_inference() ? 0 : static_cast<int64_t>(tensor._version());
  result["version"] = Napi::Number::New(environment.env, static_cast<double>(version));
  result["conj"] = Napi::Boolean::New(environment.env, tensor.is_conj());
  result["neg"] = Napi::Boolean::New(environment.env, tensor.is_neg());
  return result;
}

// The bytes of a tensor's whole storage, as a tensor that shares it.
at::Tensor storage_bytes(const at::Tensor& tensor) {
  const c10::Storage& storage = tensor.storage();
  at::Tensor bytes = at::empty({0}, at::TensorOptions().device(tensor.device()).dtype(at::kByte));
  const auto length = static_cast<int64_t>(storage.nbytes());
  return bytes.set_(storage, 0, {length}, {1});
}

// How many elements of a storage a tensor reaches, or -1 if that overflows.
int64_t extent_of(const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides, int64_t offset) {
  int64_t last = offset;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 0 || strides[i] < 0) return -1;
    if (sizes[i] == 0) return 0;
  }
  constexpr int64_t most = std::numeric_limits<int64_t>::max() - 1;
  if (offset > most) return -1;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (strides[i] > 0 && sizes[i] - 1 > (most - last) / strides[i]) return -1;
    last += (sizes[i] - 1) * strides[i];
  }
  return last + 1;
}

// A tensor over the storage of `bytes`.
at::Tensor over_storage(const at::Tensor& bytes, int64_t dtype, const std::vector<int64_t>& sizes,
                        const std::vector<int64_t>& strides, int64_t offset, bool conj, bool neg) {
  if (dtype < 0 || dtype >= static_cast<int64_t>(at::ScalarType::NumOptions)) {
    throw CodedError("ERR_NOT_IMPLEMENTED", "LibTorch " TORCH_VERSION " does not have this dtype");
  }
  const auto type = static_cast<at::ScalarType>(dtype);
  const int64_t extent =
      sizes.size() == strides.size() && offset >= 0 ? extent_of(sizes, strides, offset) : -1;
  const auto room = static_cast<int64_t>(bytes.storage().nbytes() / c10::elementSize(type));
  if (extent < 0 || extent > room) {
    wrong_value("size", "at most the storage's " + std::to_string(room) + " elements", "more");
  }
  at::Tensor tensor = at::empty({0}, at::TensorOptions().device(bytes.device()).dtype(type));
  tensor.set_(bytes.storage(), offset, sizes, strides);
  if (conj) tensor._set_conj(true);
  if (neg) tensor._set_neg(true);
  return tensor;
}

}  // namespace

const std::vector<Entry> kStored = {
    {"storage_layout", method<&storage_layout>},
    {"storage_bytes", method<&storage_bytes>},
    {"over_storage", method<&over_storage>},
};

}  // namespace torchloss
