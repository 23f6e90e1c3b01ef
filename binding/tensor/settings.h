// Settings of LibTorch that hold for the whole process.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kSettings;

// Has LibTorch check the indices of every sparse tensor that is made.
void check_sparse_tensors();

}  // namespace torchloss
