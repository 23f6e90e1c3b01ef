#include "memory/block_cache.h"

#include <exception>
#include <iterator>
#include <limits>
#include <new>
#include <thread>
#include <utility>

#include "memory/system_memory.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

namespace torchloss {

namespace {

// How often the cache is searched for unused blocks.
constexpr std::chrono::seconds kTick{1};

// Asking how much memory is available takes as long as clearing some hundred kilobytes.
constexpr size_t kWorthAsking = 32 * 1024 * 1024;

size_t round_up(size_t bytes, size_t step) { return (bytes + step - 1) / step * step; }

// Eight size classes per power of two, so the slack is less than an eighth of a block or less than a page.
size_t class_of(size_t bytes) {
  size_t step = page_size();
  while (step < bytes / 16) step *= 2;
  return round_up(bytes, step);
}

template <typename Blocks>
void unmap(const Blocks& blocks) noexcept {
  for (const auto& block : blocks) {
    ASAN_UNPOISON_MEMORY_REGION(block.data, block.bytes);
    unmap_pages(block.data, block.bytes);
  }
}

}  // namespace

BlockCache::BlockCache(size_t cap) : cap_(cap), reserve_(total_memory() / 16) {}

void* BlockCache::take(size_t bytes) {
  if (bytes > std::numeric_limits<size_t>::max() / 2) return nullptr;
  bool keeps_any = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(size_for(bytes));
    if (found != kept_.end() && !found->second.empty()) {
      Blocks& kept = found->second;
      const auto block = std::prev(kept.end());
      stats_.cached_bytes -= block->bytes;
      --stats_.cached_blocks;
      ++stats_.hits;
      block->leftover = block->bytes - bytes;
      leftover_ += block->leftover;
      hand_out(kept, block, bytes);
      return block->data;
    }
    ++stats_.misses;
    keeps_any = stats_.cached_blocks > 0;
  }
  if (keeps_any && bytes >= kWorthAsking && lacks(bytes)) release();
  void* data = add(bytes);
  if (data == nullptr) {
    release();
    data = add(bytes);
  }
  return data;
}

// Whether using `bytes` more leaves memory short.
bool BlockCache::lacks(size_t bytes) const noexcept {
  try {
    return available_memory() < bytes + reserve_;
  } catch (const std::exception&) {
    return true;  // not even enough memory to find out
  }
}

// The size of a block for `bytes`. A block too large to be kept has no slack.
size_t BlockCache::size_for(size_t bytes) const {
  const size_t size = class_of(bytes);
  return size <= cap_ ? size : round_up(bytes, page_size());
}

// A new block.
void* BlockCache::add(size_t bytes) {
  const size_t size = size_for(bytes);
  void* data = map_pages(size, bytes);
  if (data == nullptr) return nullptr;
  try {
    Blocks made;
    made.push_back({data, size, 0, 0, {}});
    const std::lock_guard lock(mutex_);
    if (size <= cap_) kept_.try_emplace(size);  // for give_back, which must not fail
    index_.emplace(data, made.begin());
    hand_out(made, made.begin(), bytes);
  } catch (const std::bad_alloc&) {
    unmap_pages(data, size);
    return nullptr;
  }
  return data;
}

void BlockCache::hand_out(Blocks& from, Blocks::iterator block, size_t asked) {
  block->asked = asked;
  stats_.in_use_bytes += asked;
  ++stats_.in_use_blocks;
  in_use_.splice(in_use_.end(), from, block);
  ASAN_UNPOISON_MEMORY_REGION(block->data, asked);
}

bool BlockCache::give_back(void* data) {
  Blocks dropped;
  {
    const std::lock_guard lock(mutex_);
    const auto found = index_.find(data);
    if (found == index_.end()) return false;
    const auto block = found->second;
    stats_.in_use_bytes -= block->asked;
    --stats_.in_use_blocks;
    leftover_ -= std::exchange(block->leftover, 0);
    if (is_short_ || block->bytes > cap_) {
      index_.erase(found);
      dropped.splice(dropped.end(), in_use_, block);
    } else {
      ASAN_POISON_MEMORY_REGION(data, block->bytes);
      block->since = Clock::now();
      Blocks& kept = kept_.find(block->bytes)->second;
      kept.splice(kept.end(), in_use_, block);
      stats_.cached_bytes += block->bytes;
      ++stats_.cached_blocks;
      drop_beyond_cap(dropped);
      start_tending();
    }
  }
  unmap(dropped);
  return true;
}

void BlockCache::release() {
  Blocks dropped;
  {
    const std::lock_guard lock(mutex_);
    drop_kept(Clock::time_point::max(), dropped);
  }
  unmap(dropped);
}

BlockCache::Stats BlockCache::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void BlockCache::drop_oldest(Blocks& kept, Blocks& dropped) {
  const auto block = kept.begin();
  index_.erase(block->data);
  stats_.cached_bytes -= block->bytes;
  --stats_.cached_blocks;
  dropped.splice(dropped.end(), kept, block);
}

// The slack of blocks in use counts as kept, so this cache never holds more than its cap beyond what was
// asked for.
void BlockCache::drop_beyond_cap(Blocks& dropped) {
  while (stats_.cached_blocks > 0 && stats_.cached_bytes + leftover_ > cap_) {
    Blocks* oldest = nullptr;
    for (auto& [bytes, kept] : kept_) {
      if (kept.empty()) continue;
      if (oldest == nullptr || kept.front().since < oldest->front().since) oldest = &kept;
    }
    drop_oldest(*oldest, dropped);
  }
}

void BlockCache::drop_kept(Clock::time_point until, Blocks& dropped) {
  for (auto& [bytes, kept] : kept_) {
    while (!kept.empty() && kept.front().since <= until) drop_oldest(kept, dropped);
  }
}

// The thread that trims the cache starts with the first kept block. It is never joined: it sleeps when there
// is nothing to do, and nothing it touches is ever destroyed.
void BlockCache::start_tending() {
  if (tended_) {
    if (stats_.cached_blocks == 1) something_kept_.notify_one();
    return;
  }
  try {
    std::thread([this] { tend(); }).detach();
    tended_ = true;
  } catch (const std::exception&) {
    // No thread available now: the next kept block tries again.
  }
}

void BlockCache::tend() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      something_kept_.wait(lock, [this] { return stats_.cached_blocks > 0 || is_short_; });
    }
    std::this_thread::sleep_for(kTick);
    const bool is_short = lacks(0);
    Blocks dropped;
    {
      const std::lock_guard lock(mutex_);
      is_short_ = is_short;
      drop_kept(is_short ? Clock::time_point::max() : Clock::now() - kIdle, dropped);
    }
    unmap(dropped);
  }
}

}  // namespace torchloss
