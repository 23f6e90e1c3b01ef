// What the graph of LibTorch's versions has.
#pragma once

#include "node/compat.h"

// Hooks that run once a leaf's gradient is added up came with 2.1.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 1)
#define TORCHLOSS_HAS_ACCUMULATED_HOOKS
#endif
