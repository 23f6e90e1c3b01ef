// What torch.cuda reports about devices.
#pragma once

#include "node/changes.h"
#include "node/method.h"

#if TORCHLOSS_TORCH >= TORCHLOSS_SINCE_DEVICE_ALLOCATOR
#include <c10/core/CachingDeviceAllocator.h>
#endif

namespace torchloss {

#if TORCHLOSS_TORCH >= TORCHLOSS_SINCE_DEVICE_ALLOCATOR
// LibTorch's cache of device memory, or null before it is used.
c10::DeviceAllocator* device_allocator();
#endif

extern const std::vector<Entry> kCuda;

}  // namespace torchloss
