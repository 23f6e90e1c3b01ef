// The memory of CPU tensors: where it comes from, how much is kept, how it is returned.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kMemory;

}  // namespace torchloss
