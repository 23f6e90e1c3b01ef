#pragma once

#include "node/compat.h"

namespace torchloss {

// Gives a scalar that keeps a larger buffer alive a storage of its own. The tensor and its place in the
// autograd graph stay the same. What mse_loss, smooth_l1_loss and binary_cross_entropy give, in LibTorch 1.13
// soft_margin_loss too, keeps the losses that it is made of.
at::Tensor compact(at::Tensor tensor);

}  // namespace torchloss
