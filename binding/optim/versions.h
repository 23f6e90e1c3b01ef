// Where Python's optimizers depend on the version; see node/compat.h.
#pragma once

#include "node/compat.h"

namespace torchloss {

// Moving averages use `lerp_`; 1.13 multiplies and adds.
constexpr bool kOptimizersLerp = torch_at_least(2, 0);

// Square roots of plain numbers are written `** 0.5`; before, math.sqrt.
constexpr bool kOptimizersTakePowerAsRoot = torch_at_least(2, 5);

// NAdam's next product of momenta contains each momentum once.
constexpr bool kNAdamTakesMuOnce = torch_at_least(2, 0);

// `foreach` differs from 1.13: RAdam adds eps, Adagrad's learning rates are numbers instead of float32
// tensors, and ASGD multiplies by its rate.
constexpr bool kRAdamAddsEpsForEach = torch_at_least(2, 0);
constexpr bool kAdagradRatesAreNumbers = torch_at_least(2, 0);
constexpr bool kASGDMultipliesForEach = torch_at_least(2, 0);

// Norms of gradients use linalg.vector_norm; 1.13 uses torch.norm, and the largest element for an infinite
// order.
constexpr bool kClipsByVectorNorm = torch_at_least(2, 1);

}  // namespace torchloss
