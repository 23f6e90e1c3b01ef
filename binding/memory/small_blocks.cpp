#include "memory/small_blocks.h"

#include <c10/core/impl/alloc_cpu.h>

#include <array>
#include <utility>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

namespace torchloss {

namespace {

// A sanitizer has to see each block come and go.
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kMostBytes = 0;
#else
// The most that a thread keeps.
constexpr size_t kMostBytes = 1024 * 1024;
#endif

// Sizes are multiples of this.
constexpr size_t kStep = 64;
constexpr size_t kClasses = kLargestSmallBlock / kStep;

struct Free {
  Free* next;
};

// What a thread keeps. Trivial, so that it may be used until the thread is gone, also after its destructors
// ran.
struct Kept {
  std::array<Free*, kClasses> blocks;
  size_t bytes;
  bool guarded;  // what is kept will be freed with the thread
  bool closed;   // the thread ends: nothing is kept any more
};

thread_local Kept kept;

void release(Kept& own) {
  for (Free*& first : own.blocks) {
    while (first != nullptr) c10::free_cpu(std::exchange(first, first->next));
  }
  own.bytes = 0;
}

struct Guard {
  ~Guard() {
    kept.closed = true;
    release(kept);
  }
};

void guard_thread(Kept& own) {
  thread_local Guard guard;
  (void)&guard;
  own.guarded = true;
}

template <size_t Class>
void keep(void* data) {
  constexpr size_t kBytes = (Class + 1) * kStep;
  Kept& own = kept;
  if (own.closed || own.bytes + kBytes > kMostBytes) return c10::free_cpu(data);
  if (!own.guarded) guard_thread(own);
  auto* block = static_cast<Free*>(data);
  block->next = own.blocks[Class];
  own.blocks[Class] = block;
  own.bytes += kBytes;
}

template <size_t... Class>
constexpr std::array<c10::DeleterFnPtr, kClasses> keepers(std::index_sequence<Class...>) {
  return {&keep<Class>...};
}

// A block's size is known by the function that frees it.
constexpr auto kKeepers = keepers(std::make_index_sequence<kClasses>{});

}  // namespace

c10::DataPtr take_small_block(size_t bytes, void* (*make)(size_t)) {
  const size_t index = (bytes - 1) / kStep;
  const size_t size = (index + 1) * kStep;
  Kept& own = kept;
  void* data = own.blocks[index];
  if (data != nullptr) {
    own.blocks[index] = own.blocks[index]->next;
    own.bytes -= size;
  } else {
    data = make(size);
  }
  return {data, data, kKeepers[index], c10::Device(c10::DeviceType::CPU)};
}

void release_small_blocks() { release(kept); }

}  // namespace torchloss
