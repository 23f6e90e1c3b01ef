// How much memory the machine has and has left, and pages of memory.
#pragma once

#include <cstddef>

namespace torchloss {

// The bytes of memory that this process may use: the machine's, or its control group's limit if that is
// lower.
size_t total_memory();

// The bytes of swap. Where the system creates swap on demand (macOS), as much as there is memory.
size_t total_swap();

// The bytes available without swapping, in the machine and in the control group. Where the system does not
// report them (macOS), all of the memory. Reads files, so it should be called rarely.
size_t available_memory();

// The unit of map_pages.
size_t page_size();

// `bytes` of zeroed pages, a multiple of the page size; nullptr if the system has none. The first `used`
// bytes are huge pages as far as they fill some.
void* map_pages(size_t bytes, size_t used) noexcept;
void unmap_pages(void* pages, size_t bytes) noexcept;

}  // namespace torchloss
