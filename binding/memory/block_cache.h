// Large blocks of memory that are kept when they are freed, for the next that asks for as much. The system
// clears every page it hands out, which for a buffer of a loss costs more than computing what goes into it.
// Knows nothing of LibTorch. All functions may be called in any thread.
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
  // Every block's address is a multiple of this, which tells nearly all other addresses apart for free.
  static constexpr size_t kAlignment = 4096;

  // A block that nobody asked for in this time is given back to the system.
  static constexpr std::chrono::seconds kIdle{5};

  struct Stats {
    size_t cached_bytes = 0;
    size_t cached_blocks = 0;
    size_t in_use_bytes = 0;  // as they were asked for
    size_t in_use_blocks = 0;
    size_t hits = 0;
    size_t misses = 0;
  };

  // Keeps at most `cap` bytes that are not in use.
  explicit BlockCache(size_t cap);
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  // A block of at least `bytes`, which are not cleared; nullptr if the system has no memory even after all
  // that is kept has been given back.
  void* take(size_t bytes);

  // Takes a block back; false if `data` is no block of this cache.
  bool give_back(void* data);

  // Gives everything that is kept back to the system.
  void release();

  Stats stats() const;
  size_t cap() const { return cap_; }

 private:
  using Clock = std::chrono::steady_clock;

  struct Block {
    void* data = nullptr;
    size_t bytes = 0;
    size_t asked = 0;         // while it is in use
    size_t leftover = 0;      // while it is in use: bytes that nobody asked for and that may take memory
    Clock::time_point since;  // while it is kept
  };

  // Blocks change lists by splicing, which allocates nothing and so cannot fail within a free.
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
  bool is_short_ = false;  // memory was short when it was last looked at
  bool tended_ = false;
  std::condition_variable something_kept_;
};

}  // namespace torchloss
