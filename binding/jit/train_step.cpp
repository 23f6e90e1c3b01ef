// A step of training as one call: forward, loss, backward, clipping, the optimizer.
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <optional>

#include "jit/script.h"
#include "jit/values.h"
#include "lanes/lane.h"
#include "losses/losses.h"
#include "optim/optim.h"
#include "tensor/autocast.h"
#include "tensor/autograd.h"

namespace torchloss {

namespace jit {

namespace {

using Tensors = std::vector<at::Tensor>;

std::vector<napi_value> values_of(const Napi::Value& value, uint32_t from) {
  const auto array = value.As<Napi::Array>();
  std::vector<napi_value> values;
  for (uint32_t i = from; i < array.Length(); ++i) values.push_back(array.Get(i));
  return values;
}

std::string name_of(const Napi::Value& call) {
  return call.As<Napi::Array>().Get(0u).As<Napi::String>().Utf8Value();
}

// lib/jit/train_step.ts says what each field is.
class StepJob final : public Job {
 public:
  StepJob(Environment& environment, const Napi::Object& given) {
    const auto number = [&](const char* name) { return given.Get(name).As<Napi::Number>().DoubleValue(); };
    const auto flag = [&](const char* name) { return given.Get(name).As<Napi::Boolean>().Value(); };
    const auto tensors = [&](const char* name) {
      return Read<Tensors>::from(environment, given.Get(name), 0);
    };
    if (given.Has("script")) {
      script_ = Read<Script>::from(environment, given.Get("script"), 0);
      inputs_ = read_arguments(environment, *script_, "forward", given.Get("inputs"));
    } else {
      output_ = environment.unwrap(given.Get("output"), 0);
    }
    if (given.Has("loss")) {
      std::vector<napi_value> arguments = values_of(given.Get("loss"), 1);
      loss_ = plan_loss(environment, name_of(given.Get("loss")), arguments);
    }
    cleared_ = tensors("cleared");
    clears_ = flag("clears");
    divisor_ = number("divisor");
    updates_ = flag("updates");
    params_ = tensors("params");
    wants_norm_ = flag("wants_norm");
    if (given.Has("most")) most_ = number("most");
    order_ = number("order");
    finite_ = flag("finite");
    for (const napi_value step : values_of(given.Get("steps"), 0)) {
      const Napi::Value call(environment.env, step);
      steps_.push_back(plan_step(environment, name_of(call), values_of(call, 1)));
    }
  }

  void run() override {
    const at::AutoGradMode recorded(true);
    if (clears_)
      for (const at::Tensor& tensor : cleared_) tensor.mutable_grad().reset();
    const at::Tensor loss = compute();
    // Mixed precision is for what came so far, and its copies of weights are about to be old.
    std::optional<AutocastScope> plain;
    if (AutocastState::now().any()) {
      forget_cast_weights();
      plain.emplace(AutocastState{});
    }
    if (loss.numel() != 1) {
      wrong_value("loss", "one number, as reduction 'mean' or 'sum' gives",
                  "shape " + c10::str(loss.sizes()));
    }
    torchloss::backward(divisor_ == 1 ? loss : loss / divisor_, {}, false, false);
    value_ = loss.item().toDouble();
    if (updates_) update();
    // The graph ends here, not on JavaScript's thread.
    inputs_.clear();
    output_.reset();
  }

  napi_value result(Environment& environment) override {
    const Napi::Env env(environment.env);
    const auto object = Napi::Object::New(env);
    object.Set("loss", value_);
    if (norm_.has_value()) object.Set("norm", *norm_);
    const auto results = Napi::Array::New(env, steps_.size());
    for (size_t i = 0; i < steps_.size(); ++i)
      results.Set(static_cast<uint32_t>(i), Napi::Value(env, steps_[i]->result(environment)));
    object.Set("results", results);
    return object;
  }

 private:
  at::Tensor compute() {
    at::Tensor output = std::exchange(output_, {});
    if (script_.has_value()) {
      const c10::IValue result = run_method(*script_, "forward", std::exchange(inputs_, {}));
      if (!result.isTensor()) {
        wrong_type("model", "a forward that gives one Tensor",
                   "one that gives " + result.type()->annotation_str());
      }
      output = result.toTensor();
    }
    return loss_ ? loss_(output) : output;
  }

  void update() {
    if (wants_norm_) {
      const at::Tensor norm = optim::total_grad_norm(params_, order_);
      norm_ = norm.item().toDouble();
      if (finite_ && !std::isfinite(*norm_)) {
        throw CodedError(
            "ERR_INVALID_ARG_VALUE",
            "error_if_nonfinite: the total norm of order " + c10::str(order_) +
                " of the gradients is non-finite, so it cannot be clipped; the optimizer has made no "
                "step. To scale by it anyway, set error_if_nonfinite: false");
      }
      if (most_.has_value()) optim::scale_grads(params_, *most_, norm);
    }
    for (const auto& step : steps_) step->run();
  }

  std::optional<Script> script_;
  std::vector<c10::IValue> inputs_;
  at::Tensor output_;
  PlannedLoss loss_;
  Tensors cleared_;
  bool clears_ = false;
  double divisor_ = 1;
  bool updates_ = true;
  Tensors params_;
  bool wants_norm_ = false;
  std::optional<double> most_;
  double order_ = 2;
  bool finite_ = false;
  std::vector<std::unique_ptr<PlannedStep>> steps_;
  double value_ = 0;
  std::optional<double> norm_;
};

napi_value train_step(Environment& environment, napi_value given) {
  StepJob job(environment, Napi::Object(environment.env, given));
  job.run();
  return job.result(environment);
}

void defer_train_step(Environment& environment, int64_t lane, double id, napi_value given) {
  auto job = std::make_unique<StepJob>(environment, Napi::Object(environment.env, given));
  job->id = id;
  submit(environment, lane, std::move(job));
}

}  // namespace

}  // namespace jit

const std::vector<Entry> kTrainStep = {
    {"train", method<&jit::train_step>},
    {"defer_train", method<&jit::defer_train_step>},
};

}  // namespace torchloss
