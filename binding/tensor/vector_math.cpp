#include "tensor/vector_math.h"

#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>

namespace torchloss {

namespace {

using Function = at::Tensor (at::Tensor::*)() const;

// The functions of ATen/cpu/vml.h that are MKL's.
constexpr Function kFunctions[] = {
    &at::Tensor::acos, &at::Tensor::asin,  &at::Tensor::atan,   &at::Tensor::cos,
    &at::Tensor::erf,  &at::Tensor::erfc,  &at::Tensor::erfinv, &at::Tensor::exp,
    &at::Tensor::log,  &at::Tensor::log10, &at::Tensor::log2,   &at::Tensor::sin,
    &at::Tensor::sqrt, &at::Tensor::tan,   &at::Tensor::tanh,   &at::Tensor::trunc,
};

bool call_each() {
  if (!at::hasMKL()) return false;
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    const at::Tensor one = at::ones({1}, dtype);
    for (const Function function : kFunctions) (one.*function)();
  }
  return true;
}

}  // namespace

void settle_vector_math() {
  static const bool settled = call_each();
  (void)settled;
}

}  // namespace torchloss
