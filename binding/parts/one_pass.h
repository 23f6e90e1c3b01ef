// Losses of pairs of elements that evaluate adds up in one pass over both tensors, without writing them down.
// Losses and sums have the bits of LibTorch's operator followed by sample_sum.
#pragma once

#include <cstdint>

namespace torchloss {

// A loss of the difference of two elements.
struct ElementLoss {
  enum class Kind { kNone, kAbsolute, kSquared, kSmoothL1, kHuber };

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

// The sums of the losses of samples of `width` elements each that lie one after the other.
template <typename T>
void sum_losses(const ElementLoss& loss, const T* input, const T* target, int64_t samples, int64_t width,
                double* sums);

}  // namespace torchloss
