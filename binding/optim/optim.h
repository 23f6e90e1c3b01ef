// The steps of the optimizers: Python's own operators, one by one and in Python's order, for all parameters
// in one call. Each function gets the parameters of one group that have a gradient and their state, and gives
// `false`, with nothing done, where one of them has none.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "node/method.h"
#include "optim/versions.h"

namespace torchloss {

extern const std::vector<Entry> kOptim;
extern const std::vector<Entry> kAdamFamily;
extern const std::vector<Entry> kFactored;
extern const std::vector<Entry> kClip;

namespace optim {

using Tensors = std::vector<at::Tensor>;
using Numbers = std::vector<double>;

// The gradients, or nothing if a parameter has none. A sparse one is refused but where it is of use.
optional<Tensors> gradients(const Tensors& params, const std::string& name, bool takes_sparse = false);

// Refuses state that has not the parameters' sizes, before anything is changed.
void check_state(const Tensors& params, const Tensors& state, const char* name);
void check_steps(const Tensors& params, const Tensors& steps);

// `grad`, negated where the step goes up.
inline at::Tensor directed(const at::Tensor& grad, bool maximize) { return maximize ? grad.neg() : grad; }

// One more step: the count afterwards.
inline double count(const at::Tensor& step) {
  step.add_(1);
  return step.item().toDouble();
}

// The moving average of gradients, written as the LibTorch in use has it in Python.
void average(const at::Tensor& mean, const at::Tensor& grad, double beta);

// The square root of a plain number, as that Python has it.
double root(double number);

}  // namespace optim

}  // namespace torchloss
