#include "tensor/autocast.h"

#include <ATen/autocast_mode.h>

#include <string>

#include "node/compat.h"
#include "node/errors.h"

namespace torchloss {

namespace {

void set(const AutocastState& state) {
#if TORCHLOSS_TORCH >= 204
  at::autocast::set_autocast_enabled(at::kCPU, state.cpu);
  at::autocast::set_autocast_enabled(at::kCUDA, state.cuda);
  at::autocast::set_autocast_dtype(at::kCPU, state.cpu_dtype);
  at::autocast::set_autocast_dtype(at::kCUDA, state.cuda_dtype);
#else
  at::autocast::set_cpu_enabled(state.cpu);
  at::autocast::set_enabled(state.cuda);
  at::autocast::set_autocast_cpu_dtype(state.cpu_dtype);
  at::autocast::set_autocast_gpu_dtype(state.cuda_dtype);
#endif
  at::autocast::set_autocast_cache_enabled(state.caches);
}

void enter(const AutocastState& state) {
  set(state);
  at::autocast::increment_nesting();
}

void leave(const AutocastState& before) {
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  set(before);
}

// What it was before: the numbers that leave_autocast takes.
std::vector<int64_t> enter_autocast(const std::string& device, bool enabled, int64_t dtype, bool caches) {
  const AutocastState before = AutocastState::now();
  AutocastState state = before;
  (device == "cpu" ? state.cpu : state.cuda) = enabled;
  (device == "cpu" ? state.cpu_dtype : state.cuda_dtype) = static_cast<at::ScalarType>(dtype);
  state.caches = caches;
  enter(state);
  return {before.cpu, before.cuda, static_cast<int64_t>(before.cpu_dtype),
          static_cast<int64_t>(before.cuda_dtype), before.caches};
}

void leave_autocast(const std::vector<int64_t>& before) {
  if (before.size() != 5) wrong_value("before", "what enter_autocast gave", "others");
  leave({before[0] != 0, before[1] != 0, static_cast<at::ScalarType>(before[2]),
         static_cast<at::ScalarType>(before[3]), before[4] != 0});
}

bool autocast_enabled(const std::string& device) {
  const AutocastState state = AutocastState::now();
  return device == "cpu" ? state.cpu : state.cuda;
}

}  // namespace

AutocastState AutocastState::now() {
#if TORCHLOSS_TORCH >= 204
  return {at::autocast::is_autocast_enabled(at::kCPU), at::autocast::is_autocast_enabled(at::kCUDA),
          at::autocast::get_autocast_dtype(at::kCPU), at::autocast::get_autocast_dtype(at::kCUDA),
          at::autocast::is_autocast_cache_enabled()};
#else
  return {at::autocast::is_cpu_enabled(), at::autocast::is_enabled(), at::autocast::get_autocast_cpu_dtype(),
          at::autocast::get_autocast_gpu_dtype(), at::autocast::is_autocast_cache_enabled()};
#endif
}

AutocastScope::AutocastScope(const AutocastState& state) : before_(AutocastState::now()) { enter(state); }

AutocastScope::~AutocastScope() { leave(before_); }

void forget_cast_weights() { at::autocast::clear_cache(); }

const std::vector<Entry> kAutocast = {
    {"enter_autocast", method<&enter_autocast>},
    {"leave_autocast", method<&leave_autocast>},
    {"autocast_enabled", method<&autocast_enabled>},
};

}  // namespace torchloss
