// Threads that take blocks of random sizes, write to them and free each other's, over binding/memory/block_cache.cpp alone.
// Compiled with sanitizers by test/addon/block_cache.test.ts; for races, by hand with -fsanitize=thread. With the argument
// `freed` it reads a freed block, which AddressSanitizer must report.
#include "../../binding/memory/block_cache.h"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

namespace {

constexpr size_t kCap = 24 * 1024 * 1024;
constexpr int kThreads = 4;
constexpr int kSteps = 3000;
constexpr int kSlots = 16;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::_Exit(1);
}

// A block begins with its size and ends with its own address, which another block that overlaps would overwrite.
struct Head {
  uint64_t bytes;
};

uintptr_t* tail(void* data) {
  return reinterpret_cast<uintptr_t*>(static_cast<char*>(data) + static_cast<Head*>(data)->bytes) - 1;
}

void* make(torchloss::BlockCache& cache, size_t bytes) {
  void* data = cache.take(bytes);
  require(data != nullptr, "there is memory");
  require(reinterpret_cast<uintptr_t>(data) % torchloss::BlockCache::kAlignment == 0, "a block is aligned");
  static_cast<Head*>(data)->bytes = bytes;
  *tail(data) = reinterpret_cast<uintptr_t>(data);
  return data;
}

void drop(torchloss::BlockCache& cache, void* data) {
  require(*tail(data) == reinterpret_cast<uintptr_t>(data), "blocks do not overlap");
  require(cache.give_back(data), "a block is known");
}

void work(torchloss::BlockCache& cache, std::atomic<void*>* slots, unsigned seed) {
  std::mt19937 random(seed);
  for (int step = 0; step < kSteps; ++step) {
    const size_t bytes = (size_t{64 * 1024} << random() % 6) + random() % 4096 * 8;
    void* other = slots[random() % kSlots].exchange(make(cache, bytes));
    if (other != nullptr) drop(cache, other);
    if (step % 500 == 0) cache.release();
    require(cache.stats().cached_bytes <= kCap, "the cap is kept");
  }
}

}  // namespace

int main(int count, char**) {
  // Never destroyed: the thread that maintains it keeps running.
  auto& cache = *new torchloss::BlockCache(kCap);
  if (count > 1) {
    auto* data = static_cast<volatile char*>(cache.take(100000));
    cache.give_back(const_cast<char*>(data));
    return data[100];
  }
  std::atomic<void*> slots[kSlots] = {};
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < kThreads; ++seed) threads.emplace_back(work, std::ref(cache), slots, seed);
  for (std::thread& thread : threads) thread.join();
  for (std::atomic<void*>& slot : slots) {
    if (slot != nullptr) drop(cache, slot);
  }
  int local = 0;
  require(!cache.give_back(&local) && !cache.give_back(nullptr), "what is no block is not taken");
  require(cache.take(SIZE_MAX) == nullptr && cache.take(SIZE_MAX / 2) == nullptr, "too much is refused");
  torchloss::BlockCache::Stats stats = cache.stats();
  require(stats.in_use_blocks == 0 && stats.in_use_bytes == 0, "all was given back");
  require(stats.hits > 0 && stats.hits + stats.misses == kThreads * kSteps + 1, "each request is counted");
  // Its rounded size is above the cap but its own size is not: it is kept for the next request of its size.
  auto& small = *new torchloss::BlockCache(kCap - 1024 * 1024);
  void* first = small.take(kCap - 1536 * 1024);
  require(small.give_back(first) && small.take(kCap - 1536 * 1024) == first, "what is kept is found again");
  cache.release();
  stats = cache.stats();
  require(stats.cached_blocks == 0 && stats.cached_bytes == 0, "nothing is kept");
  std::puts("done");
}
