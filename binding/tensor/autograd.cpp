// Gradients: the switches of autograd, backward and grad.
#include "tensor/autograd.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>

#include <utility>

#include "lanes/lane.h"
#include "lanes/small_calls.h"
#include "node/values.h"

namespace torchloss {

namespace {

// LibTorch sums or broadcasts a gradient of another shape without a word.
void check_fits(const std::string& parameter, const at::Tensor& gradient, const at::Tensor& tensor) {
  if (gradient.sizes() != tensor.sizes()) {
    wrong_value(parameter, "shape " + c10::str(tensor.sizes()) + " of its tensor",
                c10::str(gradient.sizes()));
  }
}

// at::GradMode is per thread; the main thread and each worker have their own.
bool set_grad_enabled(bool enabled) {
  const bool before = at::GradMode::is_enabled();
  at::GradMode::set_enabled(enabled);
  return before;
}

bool is_grad_enabled() { return at::GradMode::is_enabled(); }

bool requires_grad(const at::Tensor& tensor) { return tensor.requires_grad(); }

void set_requires_grad(const at::Tensor& tensor, bool wanted) { tensor.requires_grad_(wanted); }

bool is_leaf(const at::Tensor& tensor) { return tensor.is_leaf(); }

// at::Tensor::grad() warns about a tensor that is not a leaf, whose grad is null.
at::Tensor grad(const at::Tensor& tensor) { return std::as_const(*tensor.unsafeGetTensorImpl()).grad(); }

// Whether a tensor is the very one that `grad` would return.
bool has_grad(const at::Tensor& tensor, const at::Tensor& known) { return grad(tensor).is_same(known); }

// The checks that LibTorch makes in Python but not in C++.
void set_grad(const at::Tensor& tensor, const OptionalTensor& value) {
  if (value.has_value()) {
    if (value->is_same(tensor)) wrong_value("grad", "another tensor", "the tensor itself");
    check_fits("grad", *value, tensor);
    if (value->scalar_type() != tensor.scalar_type()) {
      wrong_type("grad", "dtype " + dtype_name(tensor.scalar_type()), dtype_name(value->scalar_type()));
    }
    if (value->device() != tensor.device()) {
      wrong_value("grad", "a tensor on " + tensor.device().str(), "one on " + value->device().str());
    }
  }
  tensor.mutable_grad() = value.has_value() ? *value : at::Tensor();
}

std::string grad_fn(const at::Tensor& tensor) {
  const auto& node = tensor.grad_fn();
  return node ? node->name() : std::string();
}

at::Tensor detach(const at::Tensor& tensor) { return tensor.detach(); }

// Of several tensors at once; with `inputs`, only their gradients are added up.
void backward_all(const std::vector<at::Tensor>& tensors, const std::vector<OptionalTensor>& seeds,
                  bool retain_graph, bool create_graph, const std::vector<at::Tensor>& inputs) {
  torch::autograd::variable_list gradients;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const OptionalTensor& seed = seeds.at(i);
    if (seed.has_value()) check_fits("grad_tensors[" + std::to_string(i) + "]", *seed, tensors[i]);
    gradients.push_back(seed.has_value() ? *seed : at::Tensor());
  }
  const OneThread guard(!create_graph && is_small_graph(tensors));
  torch::autograd::backward(tensors, gradients, retain_graph, create_graph, inputs);
}

std::vector<at::Tensor> gradients(const std::vector<at::Tensor>& outputs,
                                  const std::vector<at::Tensor>& inputs,
                                  const std::vector<OptionalTensor>& grad_outputs, bool retain_graph,
                                  bool create_graph, bool allow_unused) {
  if (grad_outputs.size() != outputs.size()) {
    wrong_value("grad_outputs", "one for each of " + std::to_string(outputs.size()) + " outputs",
                std::to_string(grad_outputs.size()));
  }
  torch::autograd::variable_list seeds;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const OptionalTensor& seed = grad_outputs[i];
    if (seed.has_value()) check_fits("grad_outputs[" + std::to_string(i) + "]", *seed, outputs[i]);
    seeds.push_back(seed.has_value() ? *seed : at::Tensor());
  }
  const OneThread guard(!create_graph && is_small_graph(outputs));
  return torch::autograd::grad(outputs, inputs, seeds, retain_graph, create_graph, allow_unused);
}

}  // namespace

void backward(const at::Tensor& tensor, const OptionalTensor& gradient, bool retain_graph,
              bool create_graph) {
  if (gradient.has_value()) check_fits("gradient", *gradient, tensor);
  const at::Tensor seed = gradient.has_value() ? *gradient : at::Tensor();
  const OneThread guard(!create_graph && is_small_graph({tensor}));
  torch::autograd::backward({tensor}, {seed}, retain_graph, create_graph);
}

const std::vector<Entry> kAutograd = {
    {"set_grad_enabled", method<&set_grad_enabled>},
    {"is_grad_enabled", method<&is_grad_enabled>},
    {"requires_grad", method<&requires_grad>},
    {"set_requires_grad", method<&set_requires_grad>},
    {"is_leaf", method<&is_leaf>},
    {"grad", method<&grad>},
    {"has_grad", method<&has_grad>},
    {"set_grad", method<&set_grad>},
    {"grad_fn", method<&grad_fn>},
    {"detach", method<&detach>},
    {"backward", method<&backward>, deferred_method<&backward>},
    {"backward_all", method<&backward_all>},
    {"gradients", method<&gradients>},
};

}  // namespace torchloss
