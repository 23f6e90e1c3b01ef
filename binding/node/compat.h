// Everything that depends on LibTorch's version is in this file.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#if __has_include(<torch/headeronly/version.h>)
#include <torch/headeronly/version.h>
#else
#include <torch/csrc/api/include/torch/version.h>
#endif

#if TORCH_VERSION_MAJOR < 1 || (TORCH_VERSION_MAJOR == 1 && TORCH_VERSION_MINOR < 13)
#error "torchloss needs LibTorch 1.13 or newer"
#endif

namespace torchloss {

constexpr bool torch_at_least(int major, int minor) {
  return TORCH_VERSION_MAJOR > major || (TORCH_VERSION_MAJOR == major && TORCH_VERSION_MINOR >= minor);
}

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
template <typename T>
using optional = std::optional<T>;
#else
template <typename T>
using optional = c10::optional<T>;
#endif

using OptionalTensor = optional<at::Tensor>;

#if TORCH_VERSION_MAJOR < 2
namespace handlers = c10::Warning;
#else
namespace handlers = c10::WarningUtils;
#endif

// ctc_loss of older versions reads out of bounds for an input length of 0. 2.13 is the first version known to
// define the result: inf, or 0 for an empty target.
constexpr bool kCtcTakesEmptyInput = torch_at_least(2, 13);

// Since 2.1 torch.nn.functional computes smooth_l1_loss with a beta of 0 as l1_loss. Its gradient is 0 where
// the inputs are equal; the operator's is 1 or -1 there (or nan, on CUDA).
constexpr bool kSmoothL1OfZeroBetaIsL1 = torch_at_least(2, 1);

// triplet_margin_with_distance_loss as in torch.nn.functional: 1.13 adds the margin last, 2.0 first.
// TypeScript checks the other changes there and in other losses: see lib/addon/versions.ts.
constexpr bool kTripletAddsMarginFirst = torch_at_least(2, 0);

// gaussian_nll_loss as in torch.nn.functional: up to 2.9 the last size of the variance may be 1; from 2.10
// on, the size of any one dimension.
constexpr bool kVarianceBroadcastsAnywhere = torch_at_least(2, 10);

// 1.13's multi_margin_loss reads past the end of a weight with fewer elements than classes; newer versions
// check it.
constexpr bool kMultiMarginChecksWeight = torch_at_least(2, 13);

// A matrix product on CUDA can be wider than its factors. 2.13 is the first version known to have that.
constexpr bool kMatmulWidens = torch_at_least(2, 13);

}  // namespace torchloss
