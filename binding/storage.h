#pragma once

#include "compat.h"

namespace torchloss {

// Gives a scalar that keeps a larger buffer alive a storage of its own (see kScalarKeepsBuffer). The tensor
// and its place in the autograd graph stay the same.
at::Tensor compact(at::Tensor tensor);

}  // namespace torchloss
