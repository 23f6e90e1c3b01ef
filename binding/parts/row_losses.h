// Losses of rows of scores that evaluate computes in one pass over each row, without writing anything down.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace torchloss {

// What a loss computes of rows of scores, one class each.
struct RowLoss {
  enum class Kind { kNone, kCrossEntropy, kNegativeLikelihood };

  Kind kind = Kind::kNone;
  int64_t ignore_index = 0;
};

// What a loss function computes of its rows, given its arguments. Functions that are no such loss leave it at
// this.
template <auto Function>
struct RowLossOf {
  template <typename Arguments>
  static RowLoss from(const Arguments&) {
    return {};
  }
};

// The losses of the rows in float64: kCrossEntropy within 1 ulp of float32, kNegativeLikelihood with
// LibTorch's bits. Undefined for what LibTorch computes or refuses: other dtypes and shapes, and targets that
// are not classes.
at::Tensor row_losses(const RowLoss& loss, std::vector<at::Tensor> tensors);

// How many elements of each row one pass reads: 0 if LibTorch computes the losses, or if the tensors are not
// contiguous.
int64_t read_in_row_pass(const RowLoss& loss, const std::vector<at::Tensor>& tensors);

}  // namespace torchloss
