#include "tensor/small_arithmetic.h"

#include <ATen/EmptyTensor.h>
#include <ATen/Functions.h>
#include <ATen/record_function.h>
#include <c10/core/DispatchKeySet.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

namespace torchloss {

namespace {

// Above it LibTorch's wider instructions make up for what it does first.
constexpr int64_t kFew = 1024;

// The keys of a CPU tensor with nothing special to it.
c10::DispatchKeySet plain_keys() {
  static const c10::DispatchKeySet keys = at::empty({}).key_set();
  return keys;
}

// Modes, such as tracing, change which keys of the thread are on and off.
bool nothing_watches() {
  const c10::impl::LocalDispatchKeySet keys = c10::impl::tls_local_dispatch_key_set();
  return keys.included_ == c10::default_included_set && keys.excluded_ == c10::default_excluded_set &&
         !at::hasCallbacks();
}

bool is_simple(const c10::TensorImpl& impl) {
  return impl.key_set() == plain_keys() && impl.autograd_meta() == nullptr && impl.is_contiguous() &&
         impl.dtype() == caffe2::TypeMeta::Make<float>();
}

template <typename Operation, typename Operator>
at::Tensor calculate(const at::Tensor& a, const at::Tensor& b, Operation operation, Operator whole) {
  const int64_t count = a.numel();
  if (count > kFew || !is_simple(*a.unsafeGetTensorImpl()) || !is_simple(*b.unsafeGetTensorImpl()) ||
      a.sizes() != b.sizes() || !nothing_watches()) {
    return whole(a, b);
  }
  at::Tensor result = at::detail::empty_cpu(a.sizes(), at::kFloat);
  auto* __restrict to = static_cast<float*>(result.data_ptr());
  const auto* first = static_cast<const float*>(a.data_ptr());
  const auto* second = static_cast<const float*>(b.data_ptr());
  for (int64_t i = 0; i < count; ++i) to[i] = operation(first[i], second[i]);
  return result;
}

}  // namespace

at::Tensor small_add(const at::Tensor& a, const at::Tensor& b) {
  return calculate(
      a, b, [](float x, float y) { return x + y; }, [](auto& x, auto& y) { return at::add(x, y); });
}

at::Tensor small_sub(const at::Tensor& a, const at::Tensor& b) {
  return calculate(
      a, b, [](float x, float y) { return x - y; }, [](auto& x, auto& y) { return at::sub(x, y); });
}

at::Tensor small_mul(const at::Tensor& a, const at::Tensor& b) {
  return calculate(
      a, b, [](float x, float y) { return x * y; }, [](auto& x, auto& y) { return at::mul(x, y); });
}

at::Tensor small_div(const at::Tensor& a, const at::Tensor& b) {
  return calculate(
      a, b, [](float x, float y) { return x / y; }, [](auto& x, auto& y) { return at::div(x, y); });
}

}  // namespace torchloss
