// Random number generators: their seeds and states.
#pragma once

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kGenerators;

}  // namespace torchloss
