// Gradients and the switches of autograd.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kAutograd;

}  // namespace torchloss
