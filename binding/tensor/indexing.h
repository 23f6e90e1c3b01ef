// x[...] of Python: views for numbers and slices, copies for tensors of places.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kIndexing;

}  // namespace torchloss
