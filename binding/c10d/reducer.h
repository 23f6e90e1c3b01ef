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
                     bool grads_are_views, bool is_static);

// Unhooks the parameters. No backward pass may run.
void close_reducer(int64_t id);

// What Python does before `forward`. `buffers` are sent by rank 0.
void before_forward(int64_t id, bool records, bool reduces, const std::vector<at::Tensor>& buffers);

// Has the next backward pass reduce. `outputs` are needed only to find unused parameters, and for a static
// graph.
void after_forward(int64_t id, const std::vector<at::Tensor>& outputs);

// Lets ranks with fewer inputs take part in the others' passes, as Python's join does. All ranks begin it
// together; the ones that have no inputs left call `shadow` until all have joined, and then `end_join`.
void begin_join(int64_t id, bool divides_by_all, bool throws_early);

// What `shadow` took part in.
constexpr int64_t kAllJoined = 0;
constexpr int64_t kNoGradients = 1;
constexpr int64_t kGradients = 2;

int64_t shadow(int64_t id, const std::vector<at::Tensor>& buffers);

// `completes` unless this rank has failed; then all get the states of a rank that joined last.
void end_join(int64_t id, bool completes, bool is_last, const std::vector<at::Tensor>& states);

}  // namespace distributed

}  // namespace torchloss
