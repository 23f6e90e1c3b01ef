// Arithmetic of small tensors of one shape, without what LibTorch's operators do first: finding the kernel,
// promoting, broadcasting and laying out takes them a hundred times as long as the numbers.
#pragma once

#include <ATen/core/Tensor.h>

namespace torchloss {

// The sum and the like of two tensors, with the operators' bits: each is one operation of IEEE 754. The
// operator itself is called for all tensors but small ones of float32 in the CPU's memory, of one shape, in C
// order, that have had nothing to do with gradients, and while nothing watches the calls of operators.
at::Tensor small_add(const at::Tensor& a, const at::Tensor& b);
at::Tensor small_sub(const at::Tensor& a, const at::Tensor& b);
at::Tensor small_mul(const at::Tensor& a, const at::Tensor& b);
at::Tensor small_div(const at::Tensor& a, const at::Tensor& b);

}  // namespace torchloss
