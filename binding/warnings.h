// LibTorch's warnings, and torch.nn.functional's, as warnings of the JavaScript process.
#pragma once

#include <vector>

#include "method.h"

namespace torchloss {

extern const std::vector<Entry> kWarnings;

}  // namespace torchloss
