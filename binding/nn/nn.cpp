#include "nn/nn.h"

#include <ATen/ATen.h>

#include <cmath>

namespace torchloss {

namespace {

// Replaces the memory, dtype and device of a tensor by those of `data`; it stays the same tensor.
void set_data(Environment& environment, napi_value tensor, const at::Tensor& data) {
  environment.set_data(tensor, data);
}

// Clears gradients, or detaches them from their graph and fills them with zeros.
void zero_grads(const std::vector<at::Tensor>& tensors, bool set_to_none) {
  for (const at::Tensor& tensor : tensors) {
    at::Tensor& grad = tensor.mutable_grad();
    if (!grad.defined()) continue;
    if (set_to_none) {
      grad = at::Tensor();
      continue;
    }
    if (grad.grad_fn()) {
      grad.detach_();
    } else {
      grad.requires_grad_(false);
    }
    grad.zero_();
  }
}

// The C library's functions behind Python's `**`, math.cos and math.erf. V8 has its own, which give other
// bits.
double scalar_math(const std::string& name, double a, double b) {
  if (name == "pow") return std::pow(a, b);
  if (name == "cos") return std::cos(a);
  if (name == "erf") return std::erf(a);
  wrong_value("name", "pow, cos or erf", name);
}

}  // namespace

const std::vector<Entry> kNN = {
    {"set_data", method<&set_data>},
    {"zero_grads", method<&zero_grads>},
    {"scalar_math", method<&scalar_math>},
};

}  // namespace torchloss
