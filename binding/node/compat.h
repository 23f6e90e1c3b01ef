// LibTorch's version, and names that are spelled otherwise in another one. changes.h has what behaves
// otherwise.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#if __has_include(<torch/headeronly/version.h>)
#include <torch/headeronly/version.h>
#else
#include <torch/csrc/api/include/torch/version.h>
#endif

// LibTorch's version as one number: 213 is 2.13.
#define TORCHLOSS_TORCH (TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR)

#if TORCHLOSS_TORCH < 113
#error "torchloss needs LibTorch 1.13 or newer"
#endif

namespace torchloss {

#if TORCHLOSS_TORCH >= 204
template <typename T>
using optional = std::optional<T>;
#else
template <typename T>
using optional = c10::optional<T>;
#endif

using OptionalTensor = optional<at::Tensor>;

#if TORCHLOSS_TORCH < 200
namespace handlers = c10::Warning;
#else
namespace handlers = c10::WarningUtils;
#endif

}  // namespace torchloss
