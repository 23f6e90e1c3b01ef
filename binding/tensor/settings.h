// Settings of LibTorch that hold for the whole process.
#pragma once

#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kSettings;

}  // namespace torchloss
