// Losses of pairs of elements that evaluate adds up in one pass over the tensors, without writing them down.
// Losses of differences and their sums have the bits of LibTorch's operator followed by sample_sum; for those
// with exponentials or logarithms see log_losses.h.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace torchloss {

// A loss of two elements.
struct ElementLoss {
  enum class Kind {
    kNone,
    kAbsolute,
    kSquared,
    kSmoothL1,
    kHuber,
    kBinaryLogits,  // with its weight and pos_weight as the third and fourth tensor
    kDivergence,
    kLogDivergence,  // of a target given as logarithms
  };

  Kind kind = Kind::kNone;
  double parameter = 0;  // beta or delta: above 0
};

// What a loss function computes of its elements, given its arguments. Functions that are no such loss leave
// it at this.
template <auto Function>
struct ElementLossOf {
  template <typename Arguments>
  static ElementLoss from(const Arguments&) {
    return {};
  }
};

// The tensors of a part as one pass takes them: contiguous, and of one shape if they broadcast to it.
std::vector<at::Tensor> for_one_pass(const ElementLoss& loss, std::vector<at::Tensor> tensors);

// Whether one pass over these tensors gives the sums of the loss.
bool is_in_one_pass(const ElementLoss& loss, const std::vector<at::Tensor>& tensors);

// The sums of the losses of `samples` samples of `width` elements each, from the element `first` on.
void sum_losses(const ElementLoss& loss, const std::vector<at::Tensor>& tensors, int64_t first,
                int64_t samples, int64_t width, double* sums);

}  // namespace torchloss
