// torch.distributed over Gloo: process groups, collectives, and the reducer of DistributedDataParallel.
#pragma once

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kDistributed;

}  // namespace torchloss
