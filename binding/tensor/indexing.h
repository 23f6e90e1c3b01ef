// Python's x[...]: views for numbers and slices, copies for index tensors.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kIndexing;

}  // namespace torchloss
