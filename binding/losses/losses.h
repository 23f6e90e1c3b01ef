// The losses: one line of a table each, from its operator's name to the function that calls LibTorch.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kLosses;

}  // namespace torchloss
