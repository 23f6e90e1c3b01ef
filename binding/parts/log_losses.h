// Losses of pairs of float32 elements with exponentials or logarithms. Each is computed in float64, within
// 1 ulp of float32, and added up in one pass over the tensors, without writing anything down.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "parts/one_pass.h"

namespace torchloss {

// Whether the loss can be computed here: for contiguous float32 tensors of one shape. The weights of
// kBinaryLogits may also have the shape of a sample, or a single element.
bool is_log_loss(const ElementLoss& loss, const std::vector<at::Tensor>& tensors);

// The sums of the losses of `samples` samples of `width` elements each, from the element `first` on.
void sum_log_losses(const ElementLoss& loss, const std::vector<at::Tensor>& tensors, int64_t first,
                    int64_t samples, int64_t width, double* sums);

}  // namespace torchloss
