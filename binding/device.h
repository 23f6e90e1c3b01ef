// Versions, threads, seeds and devices.
#pragma once

#include <vector>

#include "method.h"

namespace torchloss {

extern const std::vector<Entry> kDevice;

}  // namespace torchloss
