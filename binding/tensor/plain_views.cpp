#include "tensor/plain_views.h"

#include <ATen/DimVector.h>
#include <ATen/Functions.h>
#include <ATen/TensorUtils.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/variable.h>

#include <memory>
#include <type_traits>
#include <utility>

#include "node/compat.h"
#include "tensor/below_autograd.h"
#include "tensor/plain.h"

namespace torchloss {

namespace {

using at::Tensor;
using torch::autograd::CreationMeta;
using torch::autograd::DifferentiableViewMeta;

// What a view has to know of `base`. Older headers have one function for views that strides do not describe,
// newer ones two.
template <typename Info = torch::autograd::ViewInfo>
optional<Info> info_of(const Tensor& base) {
  optional<Info> info;
  if constexpr (std::is_constructible_v<Info, Tensor, std::nullptr_t, std::nullptr_t>) {
    info.emplace(base, nullptr, nullptr);
  } else {
    info.emplace(base, nullptr);
  }
  return info;
}

// A view of a plain tensor, as LibTorch's operators make it. Autograd knows it as a view: it shares the
// tensor's version and becomes part of the tensor's graph, should there be one later.
Tensor view_of(const Tensor& base, at::IntArrayRef sizes, at::IntArrayRef strides, int64_t offset) {
  Tensor view = at::detail::make_tensor<c10::TensorImpl>(c10::TensorImpl::VIEW, c10::Storage(base.storage()),
                                                         base.key_set(), base.dtype());
  c10::TensorImpl* impl = view.unsafeGetTensorImpl();
  impl->set_sizes_and_strides(sizes, strides, offset);
  const auto creation = at::GradMode::is_enabled() ? CreationMeta::DEFAULT : CreationMeta::NO_GRAD_MODE;
  impl->set_autograd_meta(std::make_unique<DifferentiableViewMeta>(
      impl, info_of(base), optional<torch::autograd::ViewInfo>(), /*shared_view_info=*/true, creation));
  return view;
}

// Whether `dim` is one of `count` dimensions; negative ones, which count from the last, become positive.
bool wrap(int64_t& dim, int64_t count) {
  if (dim < -count || dim >= count) return false;
  if (dim < 0) dim += count;
  return true;
}

at::DimVector copy_of(at::IntArrayRef numbers) { return {numbers.begin(), numbers.end()}; }

// A view of another shape, or an undefined tensor where strides cannot describe it or the shape is wrong.
Tensor view_in_shape(const Tensor& self, at::IntArrayRef shape) {
  at::DimVector sizes = copy_of(shape);
  int64_t count = 1;
  int64_t* left = nullptr;  // the size given as -1
  for (int64_t& size : sizes) {
    if (size == -1 && left == nullptr) {
      left = &size;
    } else if (size <= 0 || size > self.numel() / count) {
      return {};
    } else {
      count *= size;
    }
  }
  if (left != nullptr && self.numel() > 0) {
    *left = self.numel() / count;
    count *= *left;
  }
  if (count != self.numel()) return {};
  const auto strides = at::detail::computeStride(self.sizes(), self.strides(), sizes);
  return strides.has_value() ? view_of(self, sizes, *strides, self.storage_offset()) : Tensor();
}

}  // namespace

Tensor view_t(const Tensor& self) {
  if (self.dim() != 2 || !is_direct(self)) return below_autograd<&at::t>(self);
  const at::IntArrayRef sizes = self.sizes();
  const at::IntArrayRef strides = self.strides();
  return view_of(self, {sizes[1], sizes[0]}, {strides[1], strides[0]}, self.storage_offset());
}

Tensor view_transpose(const Tensor& self, int64_t first, int64_t second) {
  if (!is_direct(self)) return at::transpose(self, first, second);
  int64_t one = first;
  int64_t other = second;
  if (!wrap(one, self.dim()) || !wrap(other, self.dim()) || one == other) {
    return at::transpose(self, first, second);
  }
  at::DimVector sizes = copy_of(self.sizes());
  at::DimVector strides = copy_of(self.strides());
  std::swap(sizes[one], sizes[other]);
  std::swap(strides[one], strides[other]);
  return view_of(self, sizes, strides, self.storage_offset());
}

Tensor view_select(const Tensor& self, int64_t dim, int64_t index) {
  if (!is_direct(self)) return at::select(self, dim, index);
  int64_t at_dim = dim;
  int64_t at_index = index;
  if (!wrap(at_dim, self.dim()) || !wrap(at_index, self.size(at_dim))) return at::select(self, dim, index);
  at::DimVector sizes = copy_of(self.sizes());
  at::DimVector strides = copy_of(self.strides());
  const int64_t offset = self.storage_offset() + at_index * strides[at_dim];
  sizes.erase(sizes.begin() + at_dim);
  strides.erase(strides.begin() + at_dim);
  return view_of(self, sizes, strides, offset);
}

Tensor view_unsqueeze(const Tensor& self, int64_t dim) {
  int64_t at_dim = dim;
  if (!is_direct(self) || !wrap(at_dim, self.dim() + 1)) return at::unsqueeze(self, dim);
  at::DimVector sizes = copy_of(self.sizes());
  at::DimVector strides = copy_of(self.strides());
  const int64_t stride = at_dim == self.dim() ? 1 : sizes[at_dim] * strides[at_dim];
  sizes.insert(sizes.begin() + at_dim, 1);
  strides.insert(strides.begin() + at_dim, stride);
  return view_of(self, sizes, strides, self.storage_offset());
}

Tensor view_flatten(const Tensor& self) {
  if (is_direct(self) && self.dim() > 1) {
    Tensor view = view_in_shape(self, self.numel());
    if (view.defined()) return view;
  }
  return at::flatten(self);
}

Tensor view_view(const Tensor& self, const std::vector<int64_t>& size) {
  if (is_direct(self)) {
    Tensor view = view_in_shape(self, size);
    if (view.defined()) return view;
  }
  return self.view(size);
}

Tensor view_reshape(const Tensor& self, const std::vector<int64_t>& shape) {
  if (is_direct(self)) {
    Tensor view = view_in_shape(self, shape);
    if (view.defined()) return view;
  }
  return at::reshape(self, shape);
}

}  // namespace torchloss
