#include "tensor/small_arithmetic.h"

#include <ATen/EmptyTensor.h>
#include <ATen/Functions.h>

#include <cmath>

#include "tensor/below_autograd.h"
#include "tensor/plain.h"

namespace torchloss {

namespace {

using at::Tensor;

// Above it LibTorch's wider instructions make up for what it does first.
constexpr int64_t kFew = 1024;

// Whether a tensor is small, plain, of float32 and in C order.
bool is_simple(const Tensor& tensor) {
  return tensor.numel() <= kFew && is_plain(tensor) && tensor.is_contiguous() &&
         tensor.dtype() == caffe2::TypeMeta::Make<float>();
}

template <typename Operation, typename Operator>
Tensor calculate(const Tensor& a, Operation operation, Operator whole) {
  if (!is_simple(a) || !nothing_watches()) return whole(a);
  Tensor result = at::detail::empty_cpu(a.sizes(), at::kFloat);
  auto* __restrict to = static_cast<float*>(result.data_ptr());
  const auto* from = static_cast<const float*>(a.data_ptr());
  const int64_t count = a.numel();
  for (int64_t i = 0; i < count; ++i) to[i] = operation(from[i]);
  return result;
}

template <typename Operation, typename Operator>
Tensor calculate(const Tensor& a, const Tensor& b, Operation operation, Operator whole) {
  if (!is_simple(a) || !is_simple(b) || a.sizes() != b.sizes() || !nothing_watches()) return whole(a, b);
  using Result = decltype(operation(0.0f, 0.0f));
  Tensor result = at::detail::empty_cpu(a.sizes(), c10::CppTypeToScalarType<Result>::value);
  auto* __restrict to = static_cast<Result*>(result.data_ptr());
  const auto* first = static_cast<const float*>(a.data_ptr());
  const auto* second = static_cast<const float*>(b.data_ptr());
  const int64_t count = a.numel();
  for (int64_t i = 0; i < count; ++i) to[i] = operation(first[i], second[i]);
  return result;
}

Tensor add(const Tensor& a, const Tensor& b) { return at::add(a, b); }
Tensor sub(const Tensor& a, const Tensor& b) { return at::sub(a, b); }

using Unary = Tensor (*)(const Tensor&);
using Binary = Tensor (*)(const Tensor&, const Tensor&);

}  // namespace

#define SMALL_UNARY(name, value)                                                          \
  Tensor small_##name(const Tensor& a) {                                                  \
    return calculate(                                                                     \
        a, [](float x) { return value; }, below_autograd<static_cast<Unary>(&at::name)>); \
  }

#define SMALL_BINARY(name, value)                                                                      \
  Tensor small_##name(const Tensor& a, const Tensor& b) {                                              \
    return calculate(                                                                                  \
        a, b, [](float x, float y) { return value; }, below_autograd<static_cast<Binary>(&at::name)>); \
  }

SMALL_UNARY(abs, std::abs(x))
SMALL_UNARY(neg, -x)
SMALL_UNARY(square, (x * x))

SMALL_BINARY(mul, (x * y))
SMALL_BINARY(div, x / y)
SMALL_BINARY(eq, x == y)
SMALL_BINARY(ne, x != y)
SMALL_BINARY(lt, x < y)
SMALL_BINARY(le, x <= y)
SMALL_BINARY(gt, x > y)
SMALL_BINARY(ge, x >= y)

Tensor small_add(const Tensor& a, const Tensor& b) {
  return calculate(
      a, b, [](float x, float y) { return x + y; }, below_autograd<&add>);
}

Tensor small_sub(const Tensor& a, const Tensor& b) {
  return calculate(
      a, b, [](float x, float y) { return x - y; }, below_autograd<&sub>);
}

#undef SMALL_UNARY
#undef SMALL_BINARY

// Of -0 and 0, LibTorch's maximum on other processors is 0.
#if defined(__x86_64__) || defined(_M_X64)
Tensor small_relu(const Tensor& a) {
  return calculate(
      a, [](float x) { return x < 0 ? 0.0f : x; }, below_autograd<static_cast<Unary>(&at::relu)>);
}
#else
Tensor small_relu(const Tensor& a) { return below_autograd<static_cast<Unary>(&at::relu)>(a); }
#endif

}  // namespace torchloss
