// What torch.cuda reports about devices.
#pragma once

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kCuda;

}  // namespace torchloss
