// Copies to a CUDA device through pinned memory, which the device reads while other code runs.
#pragma once

#include "node/compat.h"

namespace torchloss {

// Whether `upload` gives what LibTorch's own copy would: no graph and no trace has to record it.
bool can_upload(const at::Tensor& tensor);

// The elements of a CPU tensor on a CUDA device, as another dtype if it differs. Nobody waits for the copy.
at::Tensor upload(const at::Tensor& tensor, c10::Device device, at::ScalarType dtype);

// Returns pinned memory that no copy uses to the system, with LibTorch 2.9 and newer.
void release_pinned_memory();

}  // namespace torchloss
