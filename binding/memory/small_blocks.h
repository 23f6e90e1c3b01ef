// Small blocks of memory that are kept when they are freed, by the thread that frees them, for the next that
// asks for as much. LibTorch wants its memory aligned to 64 bytes, for which malloc takes longer than a small
// operator.
#pragma once

#include <c10/core/Allocator.h>

#include <cstddef>

namespace torchloss {

// Blocks of so many bytes and fewer are kept.
constexpr size_t kLargestSmallBlock = 4096;

// A block of at least `bytes`, of which there are 1 to kLargestSmallBlock; `make` makes one where none is
// kept. It may be freed by its deleter or, as any other of LibTorch's memory, by c10::free_cpu.
c10::DataPtr take_small_block(size_t bytes, void* (*make)(size_t));

// Frees what this thread keeps.
void release_small_blocks();

}  // namespace torchloss
