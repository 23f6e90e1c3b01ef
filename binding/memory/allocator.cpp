#include "memory/allocator.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <mutex>
#include <string>

#include "memory/small_blocks.h"
#include "memory/system_memory.h"

namespace torchloss {

namespace {

// Blocks between the small ones and these gain nothing: malloc caches them itself.
constexpr size_t kLarge = 64 * 1024;

// Never destroyed: any thread may free tensors until the process is gone.
std::atomic<BlockCache*> cache{nullptr};

// A size for people: 512.0 KiB, 1.5 GiB.
std::string text(size_t bytes) {
  static constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  double size = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; size >= 1024 && unit + 1 < std::size(kUnits); ++unit) size /= 1024;
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.1f ", size);
  return std::string(digits) + kUnits[unit];
}

[[noreturn]] void out_of_memory(size_t bytes, size_t most) {
  const std::string reason =
      bytes > most ? "the machine has " + text(most) + " of memory and swap" : "the system has no more";
  TORCH_CHECK_WITH(OutOfMemoryError, false, "out of memory: ", text(bytes), " were requested, and ", reason);
}

void* allocate_large(size_t bytes) {
  // A system may hand out more memory than it has, and kill the process when it writes to it.
  static const size_t most = total_memory() + total_swap();
  void* data = bytes <= most ? cache.load()->take(bytes) : nullptr;
  if (data == nullptr) out_of_memory(bytes, most);
  return data;
}

void* allocate_small(size_t bytes) {
  try {
    return c10::alloc_cpu(bytes);
  } catch (const c10::Error&) {
    cache.load()->release();
    return c10::alloc_cpu(bytes);
  }
}

// One function for both kinds, as raw_deleter asks for.
void free_any(void* data) {
  const bool may_be_block = reinterpret_cast<uintptr_t>(data) % BlockCache::kAlignment == 0;
  if (may_be_block && cache.load()->give_back(data)) return;
  c10::free_cpu(data);
}

class CachingAllocator final : public c10::Allocator {
 public:
  // const in LibTorch 1.13, not const in newer versions; one of the two is the override.
  c10::DataPtr allocate(size_t bytes) const { return make(bytes); }
  c10::DataPtr allocate(size_t bytes) { return make(bytes); }

  // Absent in LibTorch 1.13, where nothing calls it.
  void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }

  c10::DeleterFnPtr raw_deleter() const override { return &free_any; }

 private:
  static c10::DataPtr make(size_t bytes) {
    if (bytes > 0 && bytes <= kLargestSmallBlock) return take_small_block(bytes, &allocate_small);
    void* data = bytes < kLarge ? allocate_small(bytes) : allocate_large(bytes);
    return {data, data, &free_any, c10::Device(c10::DeviceType::CPU)};
  }
};

}  // namespace

void use_caching_allocator(size_t cap) {
  static std::once_flag once;
  std::call_once(once, [cap] {
    cache = new BlockCache(cap);
    c10::SetCPUAllocator(new CachingAllocator);
  });
}

BlockCache* block_cache() { return cache; }

}  // namespace torchloss
