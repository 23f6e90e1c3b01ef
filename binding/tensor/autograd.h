// Gradients and the switches of autograd.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

// tensor.backward(gradient).
void backward(const at::Tensor& tensor, const OptionalTensor& gradient, bool retain_graph, bool create_graph);

extern const std::vector<Entry> kAutograd;

}  // namespace torchloss
