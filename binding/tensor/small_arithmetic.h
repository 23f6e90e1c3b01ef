// Arithmetic and comparisons of small tensors, without what LibTorch's operators do first: finding the
// kernel, promoting, broadcasting and laying out takes them a hundred times as long as the numbers.
#pragma once

#include <ATen/core/Tensor.h>

namespace torchloss {

// Each is the operator of its name, with its bits: one operation of IEEE 754 for each element. The operator
// itself is called for all tensors but small plain ones of float32, of one shape, in C order, and while
// something watches the calls of operators.
at::Tensor small_abs(const at::Tensor& a);
at::Tensor small_neg(const at::Tensor& a);
at::Tensor small_relu(const at::Tensor& a);
at::Tensor small_square(const at::Tensor& a);

at::Tensor small_add(const at::Tensor& a, const at::Tensor& b);
at::Tensor small_sub(const at::Tensor& a, const at::Tensor& b);
at::Tensor small_mul(const at::Tensor& a, const at::Tensor& b);
at::Tensor small_div(const at::Tensor& a, const at::Tensor& b);
at::Tensor small_eq(const at::Tensor& a, const at::Tensor& b);
at::Tensor small_ne(const at::Tensor& a, const at::Tensor& b);
at::Tensor small_lt(const at::Tensor& a, const at::Tensor& b);
at::Tensor small_le(const at::Tensor& a, const at::Tensor& b);
at::Tensor small_gt(const at::Tensor& a, const at::Tensor& b);
at::Tensor small_ge(const at::Tensor& a, const at::Tensor& b);

}  // namespace torchloss
