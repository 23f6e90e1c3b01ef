// Where the optimizers of Python depend on its version; see node/compat.h.
#pragma once

#include "node/compat.h"

namespace torchloss {

// Moving averages are written as `lerp_`: 1.13 multiplies and adds.
constexpr bool kOptimizersLerp = torch_at_least(2, 0);

// Square roots of plain numbers are written as `** 0.5`; before, as math.sqrt.
constexpr bool kOptimizersTakePowerAsRoot = torch_at_least(2, 5);

// NAdam's next product of momenta has each momentum once.
constexpr bool kNAdamTakesMuOnce = torch_at_least(2, 0);

// Norms of gradients are linalg.vector_norm; 1.13 has torch.norm, and the greatest element for an infinite
// order.
constexpr bool kClipsByVectorNorm = torch_at_least(2, 1);

}  // namespace torchloss
