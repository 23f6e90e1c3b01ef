// How much memory the machine has and has left, and pages of it.
#pragma once

#include <cstddef>

namespace torchloss {

// The bytes of memory that this process may use: the machine's, or those of its control group if they are
// fewer.
size_t total_memory();

// The bytes of swap. Where the system makes swap as it is needed (macOS), as much again as there is memory.
size_t total_swap();

// The bytes that can be had without swapping, of the machine and of its control group. Where the system does
// not tell (macOS), all there is. Reads files: for where it is rare.
size_t available_memory();

// The size that map_pages deals in.
size_t page_size();

// Zeroed pages, `bytes` of them, a multiple of the page size; nullptr if the system has none. The first
// `used` bytes come as huge pages where they fill some.
void* map_pages(size_t bytes, size_t used) noexcept;
void unmap_pages(void* pages, size_t bytes) noexcept;

}  // namespace torchloss
