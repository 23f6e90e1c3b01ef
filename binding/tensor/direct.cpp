// Each entry is a method and what it takes besides its tensor: nothing, a tensor, a number, one or two
// integers, sizes. lib/tensor/surface/direct.ts uses it for calls of exactly that form, and the overloads of
// the name for all others.
#include "tensor/direct.h"

#include <ATen/Functions.h>
#include <ATen/ops/_log_softmax_cpu_dispatch.h>
#include <ATen/ops/_softmax_cpu_dispatch.h>
#include <ATen/ops/sum_cpu_dispatch.h>

#include "lanes/small_calls.h"
#include "tensor/below_autograd.h"
#include "tensor/given.h"
#include "tensor/plain.h"
#include "tensor/plain_views.h"
#include "tensor/small_arithmetic.h"

namespace torchloss {

namespace {

using at::Tensor;
using Sizes = std::vector<int64_t>;

using Unary = Tensor (*)(const Tensor&);
using Binary = Tensor (*)(const Tensor&, const Tensor&);
using WithScalar = Tensor (*)(const Tensor&, const at::Scalar&);

// Python's parser turns a number into a tensor for these, which also decides the name of the gradient
// function.
Tensor add_number(const Tensor& self, const at::Scalar& other) {
  return at::add(self, wrapped_number(other));
}
Tensor sub_number(const Tensor& self, const at::Scalar& other) {
  return at::sub(self, wrapped_number(other));
}
Tensor mul_number(const Tensor& self, const at::Scalar& other) {
  return at::mul(self, wrapped_number(other));
}
Tensor div_number(const Tensor& self, const at::Scalar& other) {
  return at::div(self, wrapped_number(other));
}

void add_in_place(const Tensor& self, const Tensor& other) { self.add_(other); }
void sub_in_place(const Tensor& self, const Tensor& other) { self.sub_(other); }
void mul_in_place(const Tensor& self, const Tensor& other) { self.mul_(other); }
void div_in_place(const Tensor& self, const Tensor& other) { self.div_(other); }
void add_number_in_place(const Tensor& self, const at::Scalar& other) { self.add_(wrapped_number(other)); }
void sub_number_in_place(const Tensor& self, const at::Scalar& other) { self.sub_(wrapped_number(other)); }
void mul_number_in_place(const Tensor& self, const at::Scalar& other) { self.mul_(wrapped_number(other)); }
void div_number_in_place(const Tensor& self, const at::Scalar& other) { self.div_(wrapped_number(other)); }
void zero_in_place(const Tensor& self) { self.zero_(); }
void fill_in_place(const Tensor& self, const at::Scalar& value) { self.fill_(value); }
void neg_in_place(const Tensor& self) { self.neg_(); }
void sqrt_in_place(const Tensor& self) { self.sqrt_(); }
void exp_in_place(const Tensor& self) { self.exp_(); }
void relu_in_place(const Tensor& self) { at::relu_(const_cast<Tensor&>(self)); }

// Operators that call another operator, which is the kernel: for plain tensors it is called at once.
Tensor sum_all(const Tensor& self) {
  if (!is_direct(self)) return at::sum(self);
  const at::AutoDispatchBelowADInplaceOrView guard;
  return at::cpu::sum(self, at::IntArrayRef(), false);
}
Tensor softmax(const Tensor& self, int64_t dim) {
  if (!is_direct(self)) return at::softmax(self, dim);
  const at::AutoDispatchBelowADInplaceOrView guard;
  return at::cpu::_softmax(self, dim, false);
}
Tensor log_softmax(const Tensor& self, int64_t dim) {
  if (!is_direct(self)) return at::log_softmax(self, dim);
  const at::AutoDispatchBelowADInplaceOrView guard;
  return at::cpu::_log_softmax(self, dim, false);
}
Tensor sum_dim(const Tensor& self, int64_t dim) { return at::sum(self, at::IntArrayRef(dim)); }
Tensor mean_all(const Tensor& self) { return at::mean(self); }
Tensor mean_dim(const Tensor& self, int64_t dim) { return at::mean(self, at::IntArrayRef(dim)); }
Tensor prod_all(const Tensor& self) { return at::prod(self); }
Tensor argmax_all(const Tensor& self) { return at::argmax(self); }
Tensor argmax_dim(const Tensor& self, int64_t dim) { return at::argmax(self, dim); }
Tensor argmin_all(const Tensor& self) { return at::argmin(self); }
Tensor argmin_dim(const Tensor& self, int64_t dim) { return at::argmin(self, dim); }
Tensor std_all(const Tensor& self) { return at::std(self); }
Tensor var_all(const Tensor& self) { return at::var(self); }
Tensor cumsum(const Tensor& self, int64_t dim) { return at::cumsum(self, dim); }
Tensor squeeze_dim(const Tensor& self, int64_t dim) { return at::squeeze(self, dim); }
Tensor flatten(const Tensor& self, int64_t start) { return at::flatten(self, start); }
Tensor expand(const Tensor& self, const Sizes& size) { return self.expand(size); }
Tensor permute(const Tensor& self, const Sizes& dims) { return at::permute(self, dims); }
Tensor repeat(const Tensor& self, const Sizes& repeats) { return self.repeat(repeats); }
Tensor view_as(const Tensor& self, const Tensor& other) { return self.view_as(other); }
Tensor expand_as(const Tensor& self, const Tensor& other) { return self.expand_as(other); }
Tensor reshape_as(const Tensor& self, const Tensor& other) { return self.reshape_as(other); }
Tensor contiguous(const Tensor& self) { return self.contiguous(); }
Tensor clone(const Tensor& self) { return at::clone(self); }
Tensor round(const Tensor& self) { return at::round(self); }
Tensor pow_tensor(const Tensor& self, const Tensor& exponent) { return at::pow(self, exponent); }
Tensor pow_number(const Tensor& self, const at::Scalar& exponent) { return at::pow(self, exponent); }

// The same on one thread where the tensor is small: for operators that share out even small calls.
template <auto Function, typename... Arguments>
Tensor alone(const Tensor& self, Arguments... arguments) {
  const OneThread guard(is_small(self.numel()));
  return Function(self, arguments...);
}

#define ALONE(name)                                                                      \
  {                                                                                      \
#name "/none", method < &alone < below_autograd < static_cast < Unary>(&at::name)>>> \
  }
#define NONE(name)                                                             \
  {                                                                            \
#name "/none", method < below_autograd < static_cast < Unary>(&at::name)>> \
  }
#define TENSOR(name)                                                              \
  {                                                                               \
#name "/tensor", method < below_autograd < static_cast < Binary>(&at::name)>> \
  }
#define NUMBER(name)                                                                  \
  {                                                                                   \
#name "/number", method < below_autograd < static_cast < WithScalar>(&at::name)>> \
  }

}  // namespace

const std::vector<Entry> kDirect = {
    NONE(ceil),
    ALONE(cos),
    NONE(cosh),
    ALONE(erf),
    ALONE(exp),
    NONE(exp2),
    NONE(expm1),
    NONE(floor),
    NONE(frac),
    NONE(isfinite),
    NONE(isnan),
    ALONE(log),
    ALONE(log10),
    NONE(log1p),
    ALONE(log2),
    NONE(logical_not),
    NONE(reciprocal),
    NONE(rsqrt),
    NONE(sigmoid),
    NONE(sign),
    ALONE(sin),
    NONE(sinh),
    ALONE(sqrt),
    ALONE(tan),
    ALONE(tanh),
    ALONE(trunc),
    NONE(max),
    NONE(min),
    NONE(any),
    NONE(all),
    NONE(squeeze),
    {"abs/none", method<&small_abs>},
    {"neg/none", method<&small_neg>},
    {"relu/none", method<&small_relu>},
    {"square/none", method<&small_square>},
    {"t/none", method<&view_t>},
    {"round/none", method<below_autograd<&round>>},
    {"sum/none", method<&sum_all>},
    {"mean/none", method<below_autograd<&mean_all>>},
    {"prod/none", method<below_autograd<&prod_all>>},
    {"argmax/none", method<below_autograd<&argmax_all>>},
    {"argmin/none", method<below_autograd<&argmin_all>>},
    {"std/none", method<below_autograd<&std_all>>},
    {"var/none", method<below_autograd<&var_all>>},
    {"flatten/none", method<&view_flatten>},
    {"contiguous/none", method<&contiguous>},
    {"clone/none", method<below_autograd<&clone>>},
    {"zero_/none", method<&zero_in_place>},
    {"neg_/none", method<&neg_in_place>},
    {"sqrt_/none", method<&sqrt_in_place>},
    {"exp_/none", method<&exp_in_place>},
    {"relu_/none", method<&relu_in_place>},

    TENSOR(matmul),
    TENSOR(mm),
    TENSOR(bmm),
    TENSOR(mv),
    TENSOR(dot),
    TENSOR(maximum),
    TENSOR(minimum),
    TENSOR(logical_and),
    TENSOR(logical_or),
    TENSOR(remainder),
    TENSOR(atan2),
    {"add/tensor", method<&small_add>},
    {"sub/tensor", method<&small_sub>},
    {"mul/tensor", method<&small_mul>},
    {"div/tensor", method<&small_div>},
    {"eq/tensor", method<&small_eq>},
    {"ne/tensor", method<&small_ne>},
    {"lt/tensor", method<&small_lt>},
    {"le/tensor", method<&small_le>},
    {"gt/tensor", method<&small_gt>},
    {"ge/tensor", method<&small_ge>},
    {"pow/tensor", method<below_autograd<&pow_tensor>>},
    {"view_as/tensor", method<&view_as>},
    {"expand_as/tensor", method<&expand_as>},
    {"reshape_as/tensor", method<&reshape_as>},
    {"add_/tensor", method<&add_in_place>},
    {"sub_/tensor", method<&sub_in_place>},
    {"mul_/tensor", method<&mul_in_place>},
    {"div_/tensor", method<&div_in_place>},

    NUMBER(eq),
    NUMBER(ne),
    NUMBER(lt),
    NUMBER(le),
    NUMBER(gt),
    NUMBER(ge),
    NUMBER(remainder),
    NUMBER(clamp_min),
    NUMBER(clamp_max),
    {"add/number", method<below_autograd<&add_number>>},
    {"sub/number", method<below_autograd<&sub_number>>},
    {"mul/number", method<below_autograd<&mul_number>>},
    {"div/number", method<below_autograd<&div_number>>},
    {"pow/number", method<below_autograd<&pow_number>>},
    {"add_/number", method<&add_number_in_place>},
    {"sub_/number", method<&sub_number_in_place>},
    {"mul_/number", method<&mul_number_in_place>},
    {"div_/number", method<&div_number_in_place>},
    {"fill_/number", method<&fill_in_place>},

    {"sum/integer", method<below_autograd<&sum_dim>>},
    {"mean/integer", method<below_autograd<&mean_dim>>},
    {"argmax/integer", method<below_autograd<&argmax_dim>>},
    {"argmin/integer", method<below_autograd<&argmin_dim>>},
    {"softmax/integer", method<&alone<&softmax, int64_t>>},
    {"log_softmax/integer", method<&alone<&log_softmax, int64_t>>},
    {"cumsum/integer", method<below_autograd<&cumsum>>},
    {"squeeze/integer", method<&squeeze_dim>},
    {"unsqueeze/integer", method<&view_unsqueeze>},
    {"flatten/integer", method<&flatten>},
    {"select/integers", method<&view_select>},
    {"transpose/integers", method<&view_transpose>},

    {"view/sizes", method<&view_view>},
    {"reshape/sizes", method<&view_reshape>},
    {"expand/sizes", method<&expand>},
    {"permute/sizes", method<&permute>},
    {"repeat/sizes", method<&repeat>},
};

}  // namespace torchloss
