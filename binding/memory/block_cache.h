// Large blocks of memory that are kept when they are freed and reused for the next request of their size
// class. The system clears every page it hands out, which for a loss's buffer costs more than computing its
// contents. Does not depend on LibTorch. All functions are thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <unordered_map>

namespace torchloss {

class BlockCache {
 public:
  // Every block's address is a multiple of this, so nearly all foreign addresses are recognized at no cost.
  static constexpr size_t kAlignment = 4096;

  // A block that has not been reused for this long is returned to the system.
  static constexpr std::chrono::seconds kIdle{5};

  struct Stats {
    size_t cached_bytes = 0;
    size_t cached_blocks = 0;
    size_t in_use_bytes = 0;  // as requested
    size_t in_use_blocks = 0;
    size_t hits = 0;
    size_t misses = 0;
  };

  // Keeps at most `cap` bytes of free blocks.
  explicit BlockCache(size_t cap);
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  // A block of at least `bytes`, not cleared; nullptr if the system has no memory even after all kept blocks
  // have been returned.
  void* take(size_t bytes);

  // Takes a block back; false if `data` is not a block of this cache.
  bool give_back(void* data);

  // Returns all kept blocks to the system.
  void release();

  Stats stats() const;
  size_t cap() const { return cap_; }

 private:
  using Clock = std::chrono::steady_clock;

  struct Block {
    void* data = nullptr;
    size_t bytes = 0;
    size_t asked = 0;         // while in use
    size_t leftover = 0;      // while in use: bytes that were not requested and may take memory
    Clock::time_point since;  // while kept
  };

  // Blocks change lists by splicing, which does not allocate and so cannot fail inside a free.
  using Blocks = std::list<Block>;

  bool lacks(size_t bytes) const noexcept;
  size_t size_for(size_t bytes) const;
  void* add(size_t bytes);
  void hand_out(Blocks& from, Blocks::iterator block, size_t asked);
  void drop_oldest(Blocks& kept, Blocks& dropped);
  void drop_beyond_cap(Blocks& dropped);
  void drop_kept(Clock::time_point until, Blocks& dropped);
  void start_tending();
  [[noreturn]] void tend();

  const size_t cap_;
  const size_t reserve_;  // memory is short when less than this is available

  mutable std::mutex mutex_;
  std::unordered_map<void*, Blocks::iterator> index_;  // all blocks, by address
  Blocks in_use_;
  std::map<size_t, Blocks> kept_;  // by size, the newest last
  Stats stats_;
  size_t leftover_ = 0;    // of all blocks in use
  bool is_short_ = false;  // memory was short at the last look
  bool tended_ = false;
  std::condition_variable something_kept_;
};

}  // namespace torchloss
