#pragma once

#include "node/compat.h"

namespace torchloss {

// Gives a scalar that keeps a larger buffer alive its own storage. The tensor and its place in the autograd
// graph stay the same. The results of mse_loss, smooth_l1_loss and binary_cross_entropy, in LibTorch 1.13
// also of soft_margin_loss, keep the buffer of unreduced losses alive.
at::Tensor compact(at::Tensor tensor);

}  // namespace torchloss
