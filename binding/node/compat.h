// Where LibTorch's interface or behaviour depends on its version, this file says so, and nothing else does.
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

// ctc_loss of older versions reads out of bounds for an input length of 0; 2.13 is the first known to define
// it (inf, or 0 for an empty target).
constexpr bool kCtcTakesEmptyInput = torch_at_least(2, 13);

// smooth_l1_loss with a beta of 0, as torch.nn.functional has it since 2.1, is l1_loss: the gradient of
// inputs that agree is 0, where the operator's own is 1 or -1 (or nan, on CUDA).
constexpr bool kSmoothL1OfZeroBetaIsL1 = torch_at_least(2, 1);

// triplet_margin_with_distance_loss, as torch.nn.functional writes it: 1.13 adds the margin last, 2.0 first.
// What else changed there and in other losses is checked in TypeScript: see lib/addon/versions.ts.
constexpr bool kTripletAddsMarginFirst = torch_at_least(2, 0);

// gaussian_nll_loss, as torch.nn.functional writes it: up to 2.9 the variance may have a last size of 1, from
// 2.10 on a size of 1 in any one dimension.
constexpr bool kVarianceBroadcastsAnywhere = torch_at_least(2, 10);

// 1.13's multi_margin_loss reads past the end of a weight shorter than the classes; newer versions check it.
constexpr bool kMultiMarginChecksWeight = torch_at_least(2, 13);

}  // namespace torchloss
