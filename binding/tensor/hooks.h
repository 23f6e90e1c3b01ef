// JavaScript that a backward pass calls.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kHooks;

}  // namespace torchloss
