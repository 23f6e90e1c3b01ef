// The allocator of CPU tensors: LibTorch's own for small ones, a BlockCache for large ones.
#pragma once

#include "memory/block_cache.h"

namespace torchloss {

// Makes every CPU tensor of this process from now on come from a cache that keeps at most `cap` bytes. Only
// the first call does anything: LibTorch has one allocator for the process, and it stays for as long.
void use_caching_allocator(size_t cap);

// The cache; nullptr unless use_caching_allocator was called.
BlockCache* block_cache();

}  // namespace torchloss
