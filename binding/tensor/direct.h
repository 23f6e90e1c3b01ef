// The most frequently called methods, bound without the dispatcher's boxing.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kDirect;

}  // namespace torchloss
