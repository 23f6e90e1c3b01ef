// Making tensors, reading them and their properties.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kTensor;

}  // namespace torchloss
