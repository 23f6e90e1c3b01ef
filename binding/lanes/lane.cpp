#include "lanes/lane.h"

#include <ATen/core/grad_mode.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "lanes/threads.h"
#include "losses/checks.h"
#include "node/compat.h"
#include "node/warnings.h"
#include "tensor/autocast.h"

namespace torchloss {

namespace {

// A job that waits, and what the thread of its call had set.
struct Waiting {
  std::unique_ptr<Job> job;
  AutocastState autocast;
};

// Collects the warnings of a job until JavaScript's thread can emit them.
class JobWarnings final : public WarningListener {
 public:
  Job* job = nullptr;

 private:
  void warn(const std::string& message) override {
    if (job != nullptr) job->warnings.push_back(message);
  }
};

}  // namespace

// Finished jobs that wait to be settled on JavaScript's thread.
class Completions {
 public:
  Completions(Environment& environment, napi_value settle) : environment_(environment) {
    const napi_env env = environment.env;
    check(napi_create_reference(env, settle, 1, &settle_));
    napi_value name = nullptr;
    check(napi_create_string_utf8(env, "torchloss lane", NAPI_AUTO_LENGTH, &name));
    check(napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this, drain,
                                          &wake_));
    check(napi_unref_threadsafe_function(env, wake_));
  }

  ~Completions() {
    napi_release_threadsafe_function(wake_, napi_tsfn_abort);
    napi_delete_reference(environment_.env, settle_);
  }

  // On JavaScript's thread. A job keeps the process alive until it is settled.
  void expect() {
    if (pending_++ == 0) napi_ref_threadsafe_function(environment_.env, wake_);
  }

  void forget() {
    if (--pending_ == 0) napi_unref_threadsafe_function(environment_.env, wake_);
  }

  // On a lane's thread.
  void add(std::unique_ptr<Job> job) {
    bool first = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      first = done_.empty();
      done_.push_back(std::move(job));
    }
    if (first) napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
  }

 private:
  static void drain(napi_env env, napi_value, void* context, void*) {
    if (env == nullptr) return;  // the environment is ending
    auto* self = static_cast<Completions*>(context);
    std::deque<std::unique_ptr<Job>> done;
    {
      const std::lock_guard<std::mutex> lock(self->mutex_);
      done.swap(self->done_);
    }
    for (const auto& job : done) self->settle(*job);
  }

  // Calls settle(id, warnings, error) or settle(id, warnings, undefined, result).
  void settle(Job& job) {
    forget();
    const napi_env env = environment_.env;
    const Napi::HandleScope scope(env);
    napi_value values[4] = {};
    napi_get_undefined(env, &values[2]);
    try {
      values[0] = write(environment_, job.id);
      values[1] = write(environment_, std::move(job.warnings));
      if (job.error) std::rethrow_exception(job.error);
      values[3] = job.result(environment_);
    } catch (...) {
      raise_current_exception(environment_);
      napi_get_and_clear_last_exception(env, &values[2]);
    }
    napi_value undefined = nullptr;
    napi_value settle = nullptr;
    napi_get_undefined(env, &undefined);
    napi_get_reference_value(env, settle_, &settle);
    napi_call_function(env, undefined, settle, values[3] == nullptr ? 3 : 4, values, nullptr);
    report_uncaught();
  }

  // An exception thrown by a listener for warnings belongs to the program; the next job must not report it.
  void report_uncaught() {
    const napi_env env = environment_.env;
    environment_.after_call();
    bool pending = false;
    napi_is_exception_pending(env, &pending);
    if (!pending) return;
    napi_value error = nullptr;
    napi_get_and_clear_last_exception(env, &error);
    napi_fatal_exception(env, error);
  }

  Environment& environment_;
  napi_ref settle_ = nullptr;
  napi_threadsafe_function wake_ = nullptr;
  int64_t pending_ = 0;
  std::mutex mutex_;
  std::deque<std::unique_ptr<Job>> done_;
};

class Lane {
 public:
  Lane(Completions& completions, int threads) : completions_(completions), threads_(threads) {
    thread_ = std::thread([this] { work(); });
    threads::lane_opened();
  }

  // Ends the thread after the current job: an operator of LibTorch cannot be interrupted.
  ~Lane() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
      waits_ = true;
    }
    ready_.notify_one();
    thread_.join();
    threads::lane_closed();
  }

  void add(std::unique_ptr<Job> job) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      jobs_.push_back({std::move(job), AutocastState::now()});
      waits_ = true;
    }
    ready_.notify_one();
  }

  // Cancels a job that has not started.
  std::unique_ptr<Job> take_back(double id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto job = jobs_.begin(); job != jobs_.end(); ++job) {
      if (job->job->id != id) continue;
      std::unique_ptr<Job> found = std::move(job->job);
      jobs_.erase(job);
      return found;
    }
    return nullptr;
  }

 private:
  void work() {
    handlers::set_warning_handler(&warnings_);
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      if (jobs_.empty() && !stopping_) look_out(lock);
      ready_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) break;
      Waiting next = std::move(jobs_.front());
      jobs_.pop_front();
      waits_ = !jobs_.empty();
      lock.unlock();
      run(*next.job, next.autocast);
      completions_.add(std::move(next.job));
      lock.lock();
    }
    handlers::set_warning_handler(nullptr);
  }

  // Waking a thread takes tens of microseconds, and a program that awaited one call often makes the next at
  // once. So the thread stays awake that long.
  void look_out(std::unique_lock<std::mutex>& lock) {
    constexpr auto kAwake = std::chrono::microseconds(100);
    lock.unlock();
    const auto end = std::chrono::steady_clock::now() + kAwake;
    while (!waits_.load(std::memory_order_relaxed) && std::chrono::steady_clock::now() < end) {
      std::this_thread::yield();
    }
    lock.lock();
  }

  void run(Job& job, const AutocastState& autocast) {
    warnings_.job = &job;
    try {
      std::optional<AutocastScope> cast;
      if (autocast.any()) cast.emplace(autocast);
      threads::use_part(threads_);
      const at::AutoGradMode mode(job.grad_enabled);
      set_validation(job.validates);
      job.run();
    } catch (...) {
      job.error = std::current_exception();
    }
    warnings_.job = nullptr;
  }

  Completions& completions_;
  const int threads_;
  JobWarnings warnings_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Waiting> jobs_;
  bool stopping_ = false;
  std::atomic<bool> waits_{false};  // for a job or for the end
  std::thread thread_;
};

// The lanes of one environment.
class Lanes {
 public:
  Lanes(Environment& environment, napi_value settle)
      : completions_(environment, settle), environment_(environment) {
    // Added after the hook of the thread-safe function and therefore run before it: the threads end first.
    check(napi_add_env_cleanup_hook(environment.env, end, this));
  }

  int64_t open(int threads) {
    lanes_.emplace(++last_, std::make_unique<Lane>(completions_, threads));
    return last_;
  }

  // For a lane without jobs: its thread is asleep, so joining it takes no time.
  void close(int64_t id) { lanes_.erase(id); }

  void add(int64_t id, std::unique_ptr<Job> job) {
    const auto lane = lanes_.find(id);
    if (lane == lanes_.end()) throw CodedError("ERR_DISPOSED", "lane: the lane has been disposed");
    job->grad_enabled = at::GradMode::is_enabled();
    job->validates = validation();
    completions_.expect();
    lane->second->add(std::move(job));
  }

  bool cancel(int64_t id, double job) {
    const auto lane = lanes_.find(id);
    if (lane == lanes_.end()) return false;
    if (lane->second->take_back(job) == nullptr) return false;
    completions_.forget();
    return true;
  }

 private:
  static void end(void* data) {
    auto* self = static_cast<Lanes*>(data);
    self->environment_.lanes = nullptr;
    delete self;
  }

  Completions completions_;
  Environment& environment_;
  std::unordered_map<int64_t, std::unique_ptr<Lane>> lanes_;
  int64_t last_ = 0;
};

void submit(Environment& environment, int64_t lane, std::unique_ptr<Job> job) {
  if (environment.lanes == nullptr) throw CodedError("ERR_DISPOSED", "lane: this environment has no lanes");
  environment.lanes->add(lane, std::move(job));
}

namespace {

// lib/addon/lane.ts passes the function that settles its promises.
void on_settled(Environment& environment, napi_value settle) {
  environment.lanes = new Lanes(environment, settle);
}

int64_t open_lane(Environment& environment, int64_t threads) {
  return environment.lanes->open(static_cast<int>(threads));
}

void close_lane(Environment& environment, int64_t lane) {
  if (environment.lanes != nullptr) environment.lanes->close(lane);
}

bool cancel_job(Environment& environment, int64_t lane, double job) {
  return environment.lanes != nullptr && environment.lanes->cancel(lane, job);
}

int64_t get_num_threads() { return threads::total(); }

void set_num_threads(int64_t count) { threads::set_total(static_cast<int>(count)); }

void settle_num_threads(int64_t count) { threads::settle_total(static_cast<int>(count)); }

}  // namespace

const std::vector<Entry> kLanes = {
    {"on_settled", method<&on_settled>},
    {"open_lane", method<&open_lane>},
    {"close_lane", method<&close_lane>},
    {"cancel_job", method<&cancel_job>},
    {"get_num_threads", method<&get_num_threads>},
    {"set_num_threads", method<&set_num_threads>},
    {"settle_num_threads", method<&settle_num_threads>},
};

}  // namespace torchloss
