// Views of plain tensors, without the dispatcher and the operators behind it, which take several times as
// long as the view itself.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace torchloss {

// Each is the operator of its name. The operator itself is called where a tensor is not plain, where
// something watches calls, and where it would copy, return its argument or raise an error.
at::Tensor view_t(const at::Tensor& self);
at::Tensor view_transpose(const at::Tensor& self, int64_t first, int64_t second);
at::Tensor view_select(const at::Tensor& self, int64_t dim, int64_t index);
at::Tensor view_unsqueeze(const at::Tensor& self, int64_t dim);
at::Tensor view_flatten(const at::Tensor& self);
at::Tensor view_view(const at::Tensor& self, const std::vector<int64_t>& size);
at::Tensor view_reshape(const at::Tensor& self, const std::vector<int64_t>& shape);

}  // namespace torchloss
