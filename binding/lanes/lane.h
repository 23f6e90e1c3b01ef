// Lanes: native threads that run LibTorch calls in order. They are not libuv's pool, whose four threads also
// serve files and DNS.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/environment.h"
#include "node/method.h"

namespace torchloss {

// A call with everything it needs: read from JavaScript beforehand, handed back afterwards.
class Job {
 public:
  virtual ~Job() = default;

  // On the lane's thread.
  virtual void run() = 0;

  // On JavaScript's thread, after the run.
  virtual napi_value result(Environment& environment) = 0;

  double id = 0;
  bool grad_enabled = true;  // as where the call was made; so is `validates`
  bool validates = true;
  std::exception_ptr error;
  std::vector<std::string> warnings;
};

// Queues a job on a lane.
void submit(Environment& environment, int64_t lane, std::unique_ptr<Job> job);

namespace detail {

template <auto Function, bool IsLoss, typename Result, typename... Arguments>
struct Deferred {
  static constexpr size_t kArguments = sizeof...(Arguments);

  class Call final : public Job {
   public:
    explicit Call(std::tuple<std::decay_t<Arguments>...> arguments) : arguments_(std::move(arguments)) {}

    void run() override {
      // If the caller has disposed of a tensor meanwhile, its memory is freed here, not on JavaScript's
      // thread.
      const auto arguments = std::move(*arguments_);
      arguments_.reset();
      if constexpr (std::is_void_v<Result>) {
        std::apply(Function, arguments);
      } else {
        result_.emplace(std::apply(Function, arguments));
      }
    }

    napi_value result(Environment& environment) override {
      if constexpr (std::is_void_v<Result>) {
        napi_value undefined = nullptr;
        check(napi_get_undefined(environment.env, &undefined));
        return undefined;
      } else {
        Result value = std::move(*result_);
        result_.reset();
        if constexpr (IsLoss) {
          return write_loss(environment, std::move(value));
        } else {
          return write(environment, std::move(value));
        }
      }
    }

   private:
    std::optional<std::tuple<std::decay_t<Arguments>...>> arguments_;
    std::optional<std::conditional_t<std::is_void_v<Result>, bool, Result>> result_;
  };

  template <size_t... Index>
  static std::unique_ptr<Job> read(Environment& environment, napi_value* values,
                                   std::index_sequence<Index...>) {
    return std::make_unique<Call>(std::tuple<std::decay_t<Arguments>...>{
        Read<std::decay_t<Arguments>>::from(environment, values[Index], Index)...});
  }

  // (lane, id, ...the function's arguments)
  static napi_value call(napi_env env, napi_callback_info info) noexcept {
    napi_value values[kArguments + 2];
    size_t count = kArguments + 2;
    void* data = nullptr;
    if (napi_get_cb_info(env, info, &count, values, nullptr, &data) != napi_ok) return nullptr;
    auto& environment = *static_cast<Environment*>(data);
    try {
      auto job = read(environment, values + 2, std::index_sequence_for<Arguments...>{});
      job->id = Read<double>::from(environment, values[1], 1);
      submit(environment, Read<int64_t>::from(environment, values[0], 0), std::move(job));
    } catch (...) {
      raise_current_exception(environment);
    }
    return nullptr;
  }
};

template <auto Function, bool IsLoss, typename Result, typename... Arguments>
constexpr napi_callback deferred_callback_of(Result (*)(Arguments...)) {
  return &Deferred<Function, IsLoss, Result, Arguments...>::call;
}

}  // namespace detail

// Makes a callback that queues a call of the function on a lane; `method` calls it at once.
template <auto Function>
constexpr napi_callback deferred_method = detail::deferred_callback_of<Function, false>(Function);

// Like `deferred_method`, with the result handed back by `write_loss`.
template <auto Function>
constexpr napi_callback deferred_loss = detail::deferred_callback_of<Function, true>(Function);

extern const std::vector<Entry> kLanes;

}  // namespace torchloss
