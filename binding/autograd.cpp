// Gradients: the tape's switches, backward and grad.
#include "autograd.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>

namespace torchloss {

namespace {

// at::GradMode is a thread's own; the main thread and each worker have one.
bool set_grad_enabled(bool enabled) {
  const bool before = at::GradMode::is_enabled();
  at::GradMode::set_enabled(enabled);
  return before;
}

bool is_grad_enabled() { return at::GradMode::is_enabled(); }

bool requires_grad(const at::Tensor& tensor) { return tensor.requires_grad(); }

void set_requires_grad(const at::Tensor& tensor, bool wanted) { tensor.requires_grad_(wanted); }

bool is_leaf(const at::Tensor& tensor) { return tensor.is_leaf(); }

at::Tensor grad(const at::Tensor& tensor) { return tensor.grad(); }

void set_grad(const at::Tensor& tensor, const OptionalTensor& value) {
  tensor.mutable_grad() = value.has_value() ? *value : at::Tensor();
}

std::string grad_fn(const at::Tensor& tensor) {
  const auto& node = tensor.grad_fn();
  return node ? node->name() : std::string();
}

at::Tensor detach(const at::Tensor& tensor) { return tensor.detach(); }

void backward(const at::Tensor& tensor, const OptionalTensor& gradient, bool retain_graph, bool create_graph) {
  const at::Tensor seed = gradient.has_value() ? *gradient : at::Tensor();
  torch::autograd::backward({tensor}, {seed}, retain_graph, create_graph);
}

std::vector<at::Tensor> gradients(const std::vector<at::Tensor>& outputs, const std::vector<at::Tensor>& inputs,
                                  const std::vector<OptionalTensor>& grad_outputs, bool retain_graph,
                                  bool create_graph, bool allow_unused) {
  torch::autograd::variable_list seeds;
  for (const OptionalTensor& seed : grad_outputs) seeds.push_back(seed.has_value() ? *seed : at::Tensor());
  return torch::autograd::grad(outputs, inputs, seeds, retain_graph, create_graph, allow_unused);
}

}  // namespace

const std::vector<Entry> kAutograd = {
    {"set_grad_enabled", method<&set_grad_enabled>},
    {"is_grad_enabled", method<&is_grad_enabled>},
    {"requires_grad", method<&requires_grad>},
    {"set_requires_grad", method<&set_requires_grad>},
    {"is_leaf", method<&is_leaf>},
    {"grad", method<&grad>},
    {"set_grad", method<&set_grad>},
    {"grad_fn", method<&grad_fn>},
    {"detach", method<&detach>},
    {"backward", method<&backward>},
    {"gradients", method<&gradients>},
};

}  // namespace torchloss
