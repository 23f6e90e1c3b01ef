// Operators straight from their kernels where there is nothing for autograd to record.
#pragma once

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/Tensor.h>

namespace torchloss {

namespace detail {

// Of a tensor that has never had to do with gradients, and of numbers, there is nothing to record.
inline bool is_apart(const at::Tensor& tensor) {
  return tensor.defined() && tensor.unsafeGetTensorImpl()->autograd_meta() == nullptr;
}
template <typename T>
bool is_apart(const T&) {
  return true;
}

template <auto Function>
struct BelowAutograd;

template <typename... Arguments, at::Tensor (*Function)(Arguments...)>
struct BelowAutograd<Function> {
  static at::Tensor call(Arguments... arguments) {
    if (!(is_apart(arguments) && ...)) return Function(arguments...);
    const at::AutoDispatchBelowAutograd guard;
    return Function(arguments...);
  }
};

}  // namespace detail

// `Function`, an operator, straight from its kernel where there is nothing to record.
template <auto Function>
constexpr auto below_autograd = &detail::BelowAutograd<Function>::call;

}  // namespace torchloss
