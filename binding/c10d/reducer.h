// LibTorch's reducer, which averages the gradients of DistributedDataParallel during the backward pass.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace torchloss {

namespace distributed {

// Checks that all ranks have the same module, gives all ranks the tensors of rank 0, and hooks the
// parameters. `states` are sent by rank 0; `bucket_mb` is 0 for Python's default. Gives an identifier.
int64_t open_reducer(int64_t group, const std::string& description, const std::vector<at::Tensor>& params,
                     const std::vector<std::string>& names, const std::vector<bool>& sparse,
                     const std::vector<at::Tensor>& states, double bucket_mb, bool find_unused,
                     bool grads_are_views);

// Unhooks the parameters. No backward pass may run.
void close_reducer(int64_t id);

// What Python does before `forward`. `buffers` are sent by rank 0.
void before_forward(int64_t id, bool records, bool reduces, const std::vector<at::Tensor>& buffers);

// Has the next backward pass reduce. `outputs` are needed only to find unused parameters.
void after_forward(int64_t id, const std::vector<at::Tensor>& outputs);

}  // namespace distributed

}  // namespace torchloss
