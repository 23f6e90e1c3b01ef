// What modules need from the addon besides operators.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kNN;

}  // namespace torchloss
