// The steps of the optimizers: the operators of the Python code, one by one and in its order, for all
// parameters in one call. Each function gets the parameters of one group that have a gradient, with their
// state; it does nothing and returns `false` if one of them has no gradient.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "node/changes.h"
#include "node/method.h"
#include "optim/plan.h"

namespace torchloss {

extern const std::vector<Entry> kOptim;
extern const std::vector<Entry> kGradients;
extern const std::vector<Entry> kAdamFamily;
extern const std::vector<Entry> kFactored;
extern const std::vector<Entry> kClip;

namespace optim {

using Tensors = std::vector<at::Tensor>;
using Numbers = std::vector<double>;

// The gradients, or nothing if a parameter has none. Sparse ones are refused unless they are supported.
optional<Tensors> gradients(const Tensors& params, const std::string& name, bool takes_sparse = false);

// Refuses state that does not have the parameters' sizes, before anything is changed.
void check_state(const Tensors& params, const Tensors& state, const char* name);
void check_steps(const Tensors& params, const Tensors& steps);

// The gradient, negated when maximizing.
inline at::Tensor directed(const at::Tensor& grad, bool maximize) { return maximize ? grad.neg() : grad; }

// Increments the step and returns it.
inline double count(const at::Tensor& step) {
  step.add_(1);
  return step.item().toDouble();
}

// Updates the moving average of gradients, with the operators of Python for the LibTorch in use.
void average(const at::Tensor& mean, const at::Tensor& grad, double beta);

// A tensor with the indices of a sparse gradient and other values.
inline at::Tensor sparse_like(const at::Tensor& grad, const at::Tensor& values) {
  return at::_sparse_coo_tensor_unsafe(grad._indices(), values, grad.sizes());
}

// The norm of the gradients of all parameters together, as torch.nn.utils.clip_grad_norm_ gives it.
at::Tensor total_grad_norm(const Tensors& params, double order);

// Scales all gradients, whose norm is `norm`, so that it is at most `most`.
void scale_grads(const Tensors& params, double most, const at::Tensor& norm);

// The square root of a plain number, as in that Python.
double root(double number);

}  // namespace optim

}  // namespace torchloss
