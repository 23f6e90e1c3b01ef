// Calls that the ranks of a group make together, and transfers between two of them.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace torchloss {

namespace distributed {

using Tensors = std::vector<at::Tensor>;
using Sizes = std::vector<int64_t>;

// One call of all ranks. `outputs` get its results; what it needs of the other values depends on the call.
// `root` is a rank of the group, or negative.
void collective(int64_t group, const std::string& name, const std::string& op, int64_t root,
                const Tensors& outputs, const Tensors& inputs, const Sizes& output_splits,
                const Sizes& input_splits);

// A barrier that names the ranks that do not come within `timeout` milliseconds.
void monitored_barrier(int64_t group, int64_t timeout, bool wait_all_ranks);

// Sends a tensor to another rank, or receives it. Gives the other rank; to receive, it may be negative.
int64_t transfer(int64_t group, bool sends, int64_t peer, int64_t tag, const at::Tensor& tensor);

// Exchanges byte tensors of any sizes, `count` of them where all ranks have to agree on it. Gives what this
// rank receives. All ranks have to be torchloss.
Tensors exchange(int64_t group, const std::string& name, int64_t root, int64_t count, const Tensors& given);

}  // namespace distributed

}  // namespace torchloss
