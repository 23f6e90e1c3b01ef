// The methods that programs call most, bound without the dispatcher's boxes.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kDirect;

}  // namespace torchloss
