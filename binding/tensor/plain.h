// Plain tensors: those for which LibTorch's dispatcher would do no more than find the CPU's kernel.
#pragma once

#include <ATen/core/Tensor.h>

namespace torchloss {

// The dispatch keys of a plain tensor.
c10::DispatchKeySet plain_keys();

namespace detail {

// The last LibTorch with named dimensions is 2.12.
template <typename Impl>
bool has_names(const Impl* impl) {
  if constexpr (requires { impl->has_named_tensor_meta(); }) {
    return impl->has_named_tensor_meta();
  } else {
    return false;
  }
}

}  // namespace detail

// Whether a tensor is in the CPU's memory, strided, without names, and has never had to do with gradients.
inline bool is_plain(const at::Tensor& tensor) {
  const c10::TensorImpl* impl = tensor.unsafeGetTensorImpl();
  return impl->key_set() == plain_keys() && impl->autograd_meta() == nullptr && !detail::has_names(impl);
}

// Whether calls of operators may bypass the dispatcher: no mode, such as tracing or autocast, and no profiler
// has to see them.
bool nothing_watches();

// Whether an operator of a tensor may bypass the dispatcher.
inline bool is_direct(const at::Tensor& tensor) { return is_plain(tensor) && nothing_watches(); }

}  // namespace torchloss
