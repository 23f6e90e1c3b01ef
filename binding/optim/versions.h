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

// What `foreach` composes in another way than 1.13 does: RAdam adds eps, Adagrad's learning rates are numbers
// rather than tensors of float32, and ASGD multiplies its rate in.
constexpr bool kRAdamAddsEpsForEach = torch_at_least(2, 0);
constexpr bool kAdagradRatesAreNumbers = torch_at_least(2, 0);
constexpr bool kASGDMultipliesForEach = torch_at_least(2, 0);

// Norms of gradients are linalg.vector_norm; 1.13 has torch.norm, and the greatest element for an infinite
// order.
constexpr bool kClipsByVectorNorm = torch_at_least(2, 1);

}  // namespace torchloss
