// What changed from one version of LibTorch to another, and in the Python of the same version.
#pragma once

#include "node/compat.h"

// The first versions with what older headers do not declare.
#define TORCHLOSS_SINCE_ACCUMULATED_HOOKS 201
#define TORCHLOSS_SINCE_FUSED_ADAM 204
#define TORCHLOSS_SINCE_FUSED_ADAGRAD 204
#define TORCHLOSS_SINCE_DEVICE_ALLOCATOR 209
#define TORCHLOSS_SINCE_HOST_ALLOCATOR 209

// What changed in LibTorch and in Python's torch: the constant, its name in lib/addon/versions.ts, which says
// what it is, and the first version with the change. test/addon/constants.test.ts compares the two tables.
#define TORCHLOSS_CHANGES(CHANGE)                                                        \
  CHANGE(kCtcTakesEmptyInput, "ctcTakesEmptyInput", 204)                                 \
  CHANGE(kSmoothL1OfZeroBetaIsL1, "smoothL1OfZeroBetaIsL1", 201)                         \
  CHANGE(kTripletAddsMarginFirst, "tripletAddsMarginFirst", 200)                         \
  CHANGE(kVarianceBroadcastsAnywhere, "varianceBroadcastsAnywhere", 210)                 \
  CHANGE(kMultiMarginChecksWeight, "multiMarginChecksWeight", 204)                       \
  CHANGE(kMatmulWidens, "matmulWidens", 213)                                             \
  CHANGE(kAutoChunksAreCapped, "autoChunksAreCapped", 214)                               \
  CHANGE(kOptimizersLerp, "optimizersLerp", 201)                                         \
  CHANGE(kOptimizersTakePowerAsRoot, "optimizersTakePowerAsRoot", 205)                   \
  CHANGE(kRAdamTakesPowerAsRoot, "radamTakesPowerAsRoot", 203)                           \
  CHANGE(kNAdamTakesMuOnce, "nadamTakesMuOnce", 200)                                     \
  CHANGE(kRAdamAddsEpsForEach, "radamAddsEpsForEach", 200)                               \
  CHANGE(kAdagradRatesAreNumbers, "adagradRatesAreNumbers", 200)                         \
  CHANGE(kASGDMultipliesForEach, "asgdMultipliesForEach", 200)                           \
  CHANGE(kClipsByVectorNorm, "clipsByVectorNorm", 201)                                   \
  CHANGE(kBackendsHavePrefixes, "backendsHavePrefixes", 200)                             \
  CHANGE(kJoinsWithoutBarrier, "joinsWithoutBarrier", 200)                               \
  CHANGE(kFirstBucketTakesSize, "firstBucketTakesSize", 200)                             \
  CHANGE(kHasAccumulatedHooks, "hasAccumulatedHooks", TORCHLOSS_SINCE_ACCUMULATED_HOOKS) \
  CHANGE(kHasFusedAdam, "hasFusedAdam", TORCHLOSS_SINCE_FUSED_ADAM)                      \
  CHANGE(kHasFusedAdagrad, "hasFusedAdagrad", TORCHLOSS_SINCE_FUSED_ADAGRAD)             \
  CHANGE(kReportsDeviceMemory, "reportsDeviceMemory", TORCHLOSS_SINCE_DEVICE_ALLOCATOR)

namespace torchloss {

#define TORCHLOSS_DECLARE_CHANGE(constant, name, since) constexpr bool constant = TORCHLOSS_TORCH >= (since);
TORCHLOSS_CHANGES(TORCHLOSS_DECLARE_CHANGE)
#undef TORCHLOSS_DECLARE_CHANGE

}  // namespace torchloss
