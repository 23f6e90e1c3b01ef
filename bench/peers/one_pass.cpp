// What the memory allows: the time of adding up all elements of one or two tensors, in threads that share them evenly.
// The memory is that of torchloss's tensors, with huge pages where the system gives them on demand.
//
// Arguments: the number of tensors, the elements of each, and the threads. A line `run _ N` is answered with the nanoseconds of
// N passes: CPU time of all threads, and wall-clock time.
#include <sys/mman.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr size_t kHugePage = size_t{1} << 21;
constexpr int64_t kLanes = 16;

float* make_tensor(int64_t elements) {
  const size_t bytes = (elements * sizeof(float) + kHugePage - 1) / kHugePage * kHugePage;
  void* const memory = std::aligned_alloc(kHugePage, bytes);
  if (memory == nullptr) std::exit(1);
#ifdef MADV_HUGEPAGE
  madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  auto* const values = static_cast<float*>(memory);
  for (int64_t i = 0; i < elements; ++i) values[i] = static_cast<float>(i % 13);
  return values;
}

template <bool kTwo>
float add_up(const float* first, const float* second, int64_t count) {
  float lanes[kLanes] = {};
  for (int64_t i = 0; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      lanes[lane] += kTwo ? first[i + lane] + second[i + lane] : first[i + lane];
    }
  }
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum;
}

int64_t nanoseconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return int64_t{1'000'000'000} * time.tv_sec + time.tv_nsec;
}

}  // namespace

int main(int, char** arguments) {
  const bool two = std::atoi(arguments[1]) == 2;
  const int64_t elements = std::atoll(arguments[2]);
  const int threads = std::atoi(arguments[3]);
  const float* const first = make_tensor(elements);
  const float* const second = two ? make_tensor(elements) : nullptr;
  const int64_t share = elements / threads;
  volatile float sink = 0;
  const auto add_share = [&](int64_t begin) {
    sink = two ? add_up<true>(first + begin, second + begin, share) : add_up<false>(first + begin, nullptr, share);
  };
  std::printf("ready\n");
  std::fflush(stdout);
  char word[8];
  int passes = 0;
  while (std::scanf("%7s %7s %d", word, word, &passes) == 3) {
    const int64_t cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    const int64_t start = nanoseconds(CLOCK_MONOTONIC);
    for (int pass = 0; pass < passes; ++pass) {
      std::vector<std::thread> others;
      for (int thread = 1; thread < threads; ++thread) others.emplace_back(add_share, share * thread);
      add_share(0);
      for (std::thread& other : others) other.join();
    }
    const auto elapsed = static_cast<long long>(nanoseconds(CLOCK_MONOTONIC) - start);
    std::printf("%lld %lld\n", static_cast<long long>(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu), elapsed);
    std::fflush(stdout);
  }
}
