// The losses: a table with one row each, from the operator's name to the function that calls LibTorch.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kLosses;

}  // namespace torchloss
