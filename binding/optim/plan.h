// Steps of optimizers that are read from JavaScript now and made later, on any thread: for those parameters
// that have a gradient by then.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "node/method.h"

namespace torchloss {

class PlannedStep {
 public:
  virtual ~PlannedStep() = default;

  virtual void run() = 0;

  // On JavaScript's thread, once it has run: what the function gave, and which parameters had no gradient.
  virtual napi_value result(Environment& environment) = 0;
};

using PlanStep = std::unique_ptr<PlannedStep> (*)(Environment&, const std::vector<napi_value>&);

namespace detail {

// Without the items whose parameter has no gradient, where there is one for each.
template <typename T>
T with_gradients(const T& value, const std::vector<bool>&) {
  return value;
}

template <typename T>
std::vector<T> kept(const std::vector<T>& items, const std::vector<bool>& keeps) {
  if (items.size() != keeps.size()) return items;
  std::vector<T> result;
  for (size_t i = 0; i < items.size(); ++i)
    if (keeps[i]) result.push_back(items[i]);
  return result;
}

inline std::vector<at::Tensor> with_gradients(const std::vector<at::Tensor>& items,
                                              const std::vector<bool>& keeps) {
  return kept(items, keeps);
}

inline std::vector<OptionalTensor> with_gradients(const std::vector<OptionalTensor>& items,
                                                  const std::vector<bool>& keeps) {
  return kept(items, keeps);
}

inline std::vector<int64_t> with_gradients(const std::vector<int64_t>& items,
                                           const std::vector<bool>& keeps) {
  return kept(items, keeps);
}

template <auto Function, typename Result, typename... Arguments>
class Planned final : public PlannedStep {
 public:
  explicit Planned(std::tuple<std::decay_t<Arguments>...> arguments) : arguments_(std::move(arguments)) {}

  void run() override {
    for (const at::Tensor& param : std::get<0>(arguments_)) has_.push_back(param.grad().defined());
    if (std::none_of(has_.begin(), has_.end(), [](bool has) { return has; })) return;
    const auto call = [this](const auto&... values) {
      result_.emplace(Function(with_gradients(values, has_)...));
    };
    std::apply(call, arguments_);
  }

  napi_value result(Environment& environment) override {
    std::vector<int64_t> without;
    for (size_t i = 0; i < has_.size(); ++i)
      if (!has_[i]) without.push_back(static_cast<int64_t>(i));
    const Napi::Env env(environment.env);
    const auto pair = Napi::Array::New(env, 2);
    pair.Set(0u, Napi::Value(env, write(environment, std::move(without))));
    if constexpr (std::is_same_v<Result, std::vector<at::Tensor>>) {
      if (result_.has_value() && !result_->empty()) {
        pair.Set(1u, Napi::Value(env, write(environment, spread(*std::move(result_)))));
      }
    }
    return pair;
  }

 private:
  // A result for each parameter that had a gradient, as one for each parameter.
  std::vector<at::Tensor> spread(std::vector<at::Tensor> results) const {
    std::vector<at::Tensor> all;
    size_t next = 0;
    for (const bool has : has_) {
      all.push_back(has && next < results.size() ? results[next] : at::Tensor());
      if (has) ++next;
    }
    return all;
  }

  const std::tuple<std::decay_t<Arguments>...> arguments_;
  std::vector<bool> has_;
  std::optional<Result> result_;
};

template <auto Function, typename Result, typename... Arguments, size_t... Index>
std::unique_ptr<PlannedStep> plan(Environment& environment, const std::vector<napi_value>& values,
                                  Result (*)(Arguments...), std::index_sequence<Index...>) {
  if (values.size() < sizeof...(Arguments)) wrong_type("step", "all arguments", "fewer");
  return std::make_unique<Planned<Function, Result, Arguments...>>(std::tuple<std::decay_t<Arguments>...>{
      Read<std::decay_t<Arguments>>::from(environment, values[Index], Index)...});
}

template <typename Result, typename... Arguments>
constexpr size_t arity(Result (*)(Arguments...)) {
  return sizeof...(Arguments);
}

template <auto Function>
std::unique_ptr<PlannedStep> plan_step(Environment& environment, const std::vector<napi_value>& values) {
  return plan<Function>(environment, values, Function, std::make_index_sequence<arity(Function)>{});
}

}  // namespace detail

// A step of an optimizer: the call at once, and the one for later.
struct Step {
  const char* name;
  napi_callback call;
  PlanStep plan;
};

template <auto Function>
constexpr Step step(const char* name) {
  return {name, method<Function>, &detail::plan_step<Function>};
}

extern const std::vector<Step> kOptimSteps;
extern const std::vector<Step> kAdamSteps;
extern const std::vector<Step> kFactoredSteps;

// The steps as functions of the addon.
std::vector<Entry> entries_of(const std::vector<Step>& steps);

// The step of that name, for later.
std::unique_ptr<PlannedStep> plan_step(Environment& environment, const std::string& name,
                                       const std::vector<napi_value>& arguments);

}  // namespace torchloss
