// Any operator of LibTorch by name, through its dispatcher.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kOperators;

}  // namespace torchloss
