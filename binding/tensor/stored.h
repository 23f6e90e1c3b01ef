// A tensor's storage: where its elements lie, and tensors over it as a file describes them.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kStored;

}  // namespace torchloss
