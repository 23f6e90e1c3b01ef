// The allocator of CPU tensors: LibTorch's own for small ones, a BlockCache for large ones.
#pragma once

#include "memory/block_cache.h"

namespace torchloss {

// From now on every CPU tensor of this process comes from a cache that keeps at most `cap` bytes. Only the
// first call has an effect: LibTorch has one allocator per process, and it cannot be replaced later.
void use_caching_allocator(size_t cap);

// The cache; nullptr unless use_caching_allocator was called.
BlockCache* block_cache();

}  // namespace torchloss
