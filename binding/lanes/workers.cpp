#include "lanes/workers.h"

#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/ops/arange.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <set>
#include <string>

#include "node/compat.h"

namespace torchloss {

namespace {

// Collects the warnings of the threads: LibTorch has one handler per thread.
class SharedWarnings final : public c10::WarningHandler {
 public:
#if TORCHLOSS_TORCH < 200
  void process(const c10::SourceLocation&, const std::string& message, bool) override { keep(message); }
#else
  void process(const c10::Warning& warning) override { keep(warning.msg()); }
#endif
  std::set<std::string> messages;

 private:
  void keep(const std::string& message) {
    const std::lock_guard<std::mutex> lock(mutex_);
    messages.insert(message);
  }

  std::mutex mutex_;
};

class HandlerGuard {
 public:
  explicit HandlerGuard(c10::WarningHandler* handler) : before_(handlers::get_warning_handler()) {
    handlers::set_warning_handler(handler);
  }
  ~HandlerGuard() { handlers::set_warning_handler(before_); }
  HandlerGuard(const HandlerGuard&) = delete;
  HandlerGuard& operator=(const HandlerGuard&) = delete;

 private:
  c10::WarningHandler* before_;
};

// Calls `body(worker)` once for each worker. at::parallel_for is a template over OpenMP, or over whatever
// else LibTorch was built with, so this code would have to be compiled and linked for the same. LibTorch's
// own loop over a tensor's elements has it compiled in.
void on_each(int64_t workers, const std::function<void(int64_t)>& body) {
  if (workers <= 1) {
    body(0);
    return;
  }
  at::Tensor numbers = at::arange(workers, at::kLong);
  at::TensorIterator::nullary_op(numbers).for_each(
      [&body](char** data, const int64_t* strides, int64_t count) {
        for (int64_t i = 0; i < count; ++i) body(*reinterpret_cast<int64_t*>(data[0] + i * strides[0]));
      },
      1);
}

}  // namespace

int64_t workers_for(int64_t tasks) {
  return std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), tasks));
}

void share_out(int64_t tasks, int64_t workers, const std::function<void(int64_t, int64_t)>& task) {
  SharedWarnings warnings;
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;
  on_each(workers, [&](int64_t worker) {
    const HandlerGuard guard(&warnings);
    try {
      for (int64_t index = next++; index < tasks; index = next++) task(index, worker);
    } catch (...) {
      next = tasks;
      const std::lock_guard<std::mutex> lock(mutex);
      if (!error) error = std::current_exception();
    }
  });
  for (const std::string& message : warnings.messages) TORCH_WARN(message);
  if (error) std::rethrow_exception(error);
}

}  // namespace torchloss
