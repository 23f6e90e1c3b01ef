// What modules need of the addon beside operators.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kNN;

}  // namespace torchloss
