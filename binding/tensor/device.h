// Versions, threads, seeds and devices.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

// Gives the memory of CUDA devices that freed tensors have left back to the driver. LibTorch does so itself
// when a device's memory runs out, for that device.
void release_device_memory() noexcept;

extern const std::vector<Entry> kDevice;

}  // namespace torchloss
