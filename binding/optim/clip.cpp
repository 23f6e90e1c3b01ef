// Norms of gradients, and clipping.
#include "optim/optim.h"

namespace torchloss {

namespace optim {

namespace {

at::Tensor total_norm(const Tensors& tensors, double order) {
  const at::NoGradGuard no_grad;
  if (tensors.empty()) return at::scalar_tensor(0.0, c10::get_default_dtype_as_scalartype());
  const at::Device device = tensors.front().device();
  Tensors norms;
  const bool greatest = !kClipsByVectorNorm && std::isinf(order) && order > 0;
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor norm = kClipsByVectorNorm ? at::linalg_vector_norm(tensor, order)
                            : greatest         ? tensor.abs().max()
                                               : at::norm(tensor, order);
    norms.push_back(norm.to(device));
  }
  if (greatest) return norms.size() == 1 ? norms.front() : at::stack(norms).max();
  const at::Tensor all = at::stack(norms);
  return kClipsByVectorNorm ? at::linalg_vector_norm(all, order) : at::norm(all, order);
}

// The gradients of the parameters that have one.
Tensors present(const Tensors& params) {
  Tensors grads;
  for (const at::Tensor& param : params) {
    if (param.grad().defined()) grads.push_back(param.grad());
  }
  return grads;
}

void clamp_grads(const Tensors& params, double most) {
  const at::NoGradGuard no_grad;
  for (const at::Tensor& grad : present(params)) grad.clamp_(-most, most);
}

}  // namespace

at::Tensor total_grad_norm(const Tensors& params, double order) { return total_norm(present(params), order); }

void scale_grads(const Tensors& params, double most, const at::Tensor& norm) {
  const at::NoGradGuard no_grad;
  const at::Tensor factor = ((norm + 1e-6).reciprocal() * most).clamp_max(1.0);
  for (const at::Tensor& grad : present(params)) grad.mul_(factor.to(grad.device()));
}

}  // namespace optim

const std::vector<Entry> kClip = {
    {"total_norm", method<&optim::total_norm>},
    {"total_grad_norm", method<&optim::total_grad_norm>},
    {"scale_grads", method<&optim::scale_grads>},
    {"clamp_grads", method<&optim::clamp_grads>},
};

}  // namespace torchloss
