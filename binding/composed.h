// Losses that are no single operator of LibTorch, composed from its operators as torch.nn.functional does in Python.
#pragma once

#include "compat.h"

namespace torchloss {

// From distances that the caller's distance function gave: anchor to positive, anchor to negative and, for the swap,
// positive to negative.
at::Tensor triplet_margin_with_distance_loss(const at::Tensor& positive_distance, const at::Tensor& negative_distance,
                                             const OptionalTensor& swap_distance, double margin, int64_t reduction);

}  // namespace torchloss
