// Losses of rows of scores that evaluate computes in one pass over each row, without writing anything down.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace torchloss {

// What a loss computes of rows of scores, one class each.
struct RowLoss {
  enum class Kind { kNone, kCrossEntropy };

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

// The losses of the rows, in float64 and within 1 ulp of float32. Undefined where LibTorch has to compute
// them, or to refuse them: for other dtypes and layouts, and targets that are not classes.
at::Tensor row_losses(const RowLoss& loss, const std::vector<at::Tensor>& tensors);

}  // namespace torchloss
