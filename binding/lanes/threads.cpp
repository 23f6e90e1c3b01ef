#include "lanes/threads.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>

namespace torchloss::threads {

namespace {

std::atomic<int> wanted{0};
std::atomic<int> lanes{0};
std::atomic<bool> settled{false};
thread_local bool is_javascripts = false;

// LibTorch keeps the number per thread. Setting it may rebuild a pool, which takes milliseconds.
void use(int count) {
  if (at::get_num_threads() != count) at::set_num_threads(count);
}

}  // namespace

int total() {
  if (wanted == 0) wanted = at::get_num_threads();
  return wanted;
}

void set_total(int count) {
  settled = true;
  wanted = count;
  use(count);
}

void settle_total(int count) {
  if (!settled.exchange(true)) set_total(count);
}

void lane_opened() {
  total();
  ++lanes;
}

void lane_closed() { --lanes; }

void use_part(int own) { use(own > 0 ? own : std::max(1, total() / std::max(1, lanes.load()))); }

void use_total() {
  is_javascripts = true;
  use(total());
}

bool runs_javascript() { return is_javascripts; }

}  // namespace torchloss::threads
