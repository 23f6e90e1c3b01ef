// Losses along a batch: how the tensors of a call are split into the same samples, and a loss that can be
// called for a part of them.
#pragma once

#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "node/compat.h"
#include "node/method.h"
#include "parts/one_pass.h"
#include "parts/row_losses.h"

namespace torchloss {

// A call of a loss, with its tensors separated: first the inputs in order, then the tensors among its
// options, undefined where absent.
struct BatchedCall {
  std::vector<at::Tensor> tensors;
  std::function<at::Tensor(const std::vector<at::Tensor>& tensors)> loss;
  ElementLoss element = {};
  RowLoss row = {};
};

// How the samples are laid out in the tensors. lib/evaluate/plans.ts has the same numbers.
enum Layout : int64_t {
  kElements = 0,   // one shape, by broadcasting; a loss per element
  kVectors = 1,    // the same, with a loss per vector along the last dimension
  kVariance = 2,   // kElements, where the third tensor may lack the last dimension
  kRows = 3,       // the samples are in the first dimension of each input
  kSequences = 4,  // ctc_loss: the samples are in the second dimension of the first input
  kProjected = 5,  // kRows, of which a linear layer, the fourth tensor, makes what the loss is computed of
};

// The samples of a call, and the call for a part of them.
class Batch {
 public:
  // The first `inputs` tensors of the call are its inputs.
  Batch(BatchedCall call, Layout layout, int64_t inputs);

  // 1 if the tensors have no dimension for samples.
  int64_t samples() const { return samples_; }
  // The number of elements of the largest tensor per sample.
  int64_t width() const { return width_; }

  // The tensors for the samples from `begin` on.
  std::vector<at::Tensor> part(int64_t begin, int64_t count) const;
  // The slice for these samples of a tensor laid out like the one at `index`.
  at::Tensor part_like(size_t index, const at::Tensor& tensor, int64_t begin, int64_t count) const;
  const std::vector<at::Tensor>& tensors() const { return call_.tensors; }
  // Whether each sample has its own part of a tensor.
  bool has_samples(size_t index) const;
  at::Tensor loss(const std::vector<at::Tensor>& tensors) const { return call_.loss(tensors); }
  // The loss of each row where one pass over it gives that; otherwise undefined.
  at::Tensor row_losses(const std::vector<at::Tensor>& part) const {
    return torchloss::row_losses(call_.row, part);
  }
  // How many elements of a row one pass over it reads, if that gives its loss; otherwise 0.
  int64_t read_in_row_pass() const { return torchloss::read_in_row_pass(call_.row, call_.tensors); }
  const ElementLoss& element_loss() const { return call_.element; }
  // Whether one pass over the elements gives the sums of that.
  bool is_in_one_pass() const;

  // If all elements are independent, the batch as that many samples of one element; otherwise nothing.
  optional<Batch> flat() const;

 private:
  BatchedCall call_;
  Layout layout_;
  size_t inputs_;
  bool batched_ = true;
  int64_t dims_ = 0;  // of the shape to which the inputs broadcast
  int64_t samples_ = 1;
  int64_t width_ = 1;
  std::vector<int64_t> starts_;  // of ctc_loss's concatenated targets
};

namespace detail {

template <auto Function, typename... Arguments>
struct Batched {
  using Tuple = std::tuple<std::decay_t<Arguments>...>;
  static constexpr size_t kArguments = sizeof...(Arguments);

  template <typename T>
  static void collect(const T& argument, std::vector<at::Tensor>& tensors) {
    if constexpr (std::is_same_v<T, at::Tensor>) tensors.push_back(argument);
    if constexpr (std::is_same_v<T, OptionalTensor>) tensors.push_back(argument.value_or(at::Tensor()));
  }

  template <typename T>
  static void replace(T& argument, const at::Tensor*& next) {
    if constexpr (std::is_same_v<T, at::Tensor>) argument = *next++;
    if constexpr (std::is_same_v<T, OptionalTensor>) {
      argument = next->defined() ? OptionalTensor(*next) : OptionalTensor();
      ++next;
    }
  }

  template <size_t... Index>
  static BatchedCall read(Environment& environment, napi_value* values, std::index_sequence<Index...>) {
    Tuple arguments{Read<std::decay_t<Arguments>>::from(environment, values[Index], Index)...};
    std::vector<at::Tensor> tensors;
    std::apply([&](const auto&... argument) { (collect(argument, tensors), ...); }, arguments);
    const auto loss = [arguments](const std::vector<at::Tensor>& parts) {
      Tuple own = arguments;
      const at::Tensor* next = parts.data();
      std::apply([&](auto&... argument) { (replace(argument, next), ...); }, own);
      return std::apply(Function, own);
    };
    return {std::move(tensors), loss, ElementLossOf<Function>::from(arguments),
            RowLossOf<Function>::from(arguments)};
  }

  static BatchedCall read(Environment& environment, napi_value* values) {
    return read(environment, values, std::index_sequence_for<Arguments...>{});
  }
};

template <auto Function, typename... Arguments>
constexpr Batched<Function, Arguments...> batched_of(at::Tensor (*)(Arguments...)) {
  return {};
}

}  // namespace detail

// Reads the arguments of a loss from JavaScript as a call for any part of them: its `kArguments` and `read`.
template <auto Function>
using Batchable = decltype(detail::batched_of<Function>(Function));

}  // namespace torchloss
