// Versions, threads, seeds and devices.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

// Returns cached CUDA memory of freed tensors to the driver, and pinned memory to the system. LibTorch does
// the former itself for a device whose memory runs out.
void release_device_memory() noexcept;

extern const std::vector<Entry> kDevice;

}  // namespace torchloss
