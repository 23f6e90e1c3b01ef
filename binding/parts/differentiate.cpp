#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones.h>
#include <c10/util/irange.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "lanes/small_calls.h"
#include "lanes/workers.h"
#include "node/errors.h"
#include "parts/evaluate.h"
#include "parts/exact_sum.h"
#include "parts/settings.h"
#include "parts/weights.h"

namespace torchloss {

namespace {

class Differentiation final : public Job {
 public:
  Differentiation(const Settings& settings, BatchedCall call) : settings_(settings), call_(std::move(call)) {}

  void run() override {
    const Batch batch(std::move(call_), settings_.layout, settings_.inputs);
    const OneThread guard(is_small(batch.samples() * batch.width()));
    for (const auto i : c10::irange(settings_.inputs)) {
      if ((settings_.wanted >> i & 1) == 0) continue;
      if (!batch.has_samples(i)) {
        wrong_value("input " + std::to_string(i), "an input with its own samples, to compute its gradient",
                    "one that is broadcast over the samples of the others");
      }
      wanted_.push_back(i);
      gradients_.push_back(at::empty_like(batch.tensors()[i], at::MemoryFormat::Contiguous));
    }
    weight_ = settings_.means ? total_weight(batch) : 1;
    if (batch.samples() == 0) return;
    const auto flat = batch.width() > settings_.part ? batch.flat() : optional<Batch>();
    if (flat.has_value()) {
      std::vector<at::Tensor> gradients;
      for (const at::Tensor& gradient : gradients_) gradients.push_back(gradient.view(-1));
      differentiate(*flat, gradients);
    } else {
      differentiate(batch, gradients_);
    }
  }

  napi_value result(Environment& environment) override {
    const napi_env env = environment.env;
    napi_value object = nullptr;
    check(napi_create_object(env, &object));
    check(napi_set_named_property(env, object, "sum", write(environment, sum_.parts())));
    check(napi_set_named_property(env, object, "special", write(environment, special_)));
    check(napi_set_named_property(env, object, "weight", write(environment, weight_)));
    check(napi_set_named_property(env, object, "gradients", write(environment, std::move(gradients_))));
    return object;
  }

 private:
  // The divisor of the mean.
  double total_weight(const Batch& batch) const {
    const std::vector<at::Tensor>& tensors = batch.tensors();
    if (settings_.weighing == kElementWeights) return tensors[settings_.inputs].sum().item<double>();
    if (settings_.weighing != kClassWeights) return settings_.count;
    const int64_t samples = std::max<int64_t>(1, batch.samples());
    ExactSum total;
    for (const double weight : sample_weights(settings_, tensors, samples, tensors[1].numel() / samples)) {
      total.add(weight);
    }
    double sum = 0;
    for (const double part : total.parts()) sum += part;
    return sum;
  }

  void differentiate(const Batch& batch, const std::vector<at::Tensor>& gradients) {
    const int64_t at_once = std::max<int64_t>(1, settings_.part / batch.width());
    const int64_t parts = (batch.samples() + at_once - 1) / at_once;
    const int64_t workers = settings_.on_cpu ? workers_for(parts) : 1;
    std::vector<ExactSum> sums(workers);
    std::vector<double> specials(workers);
    share_out(parts, workers, [&](int64_t index, int64_t worker) {
      const at::AutoGradMode mode(true);
      const int64_t begin = index * at_once;
      const int64_t count = std::min(at_once, batch.samples() - begin);
      std::vector<at::Tensor> part = batch.part(begin, count);
      torch::autograd::variable_list leaves;
      for (const int64_t i : wanted_) {
        part[i] = part[i].detach().requires_grad_();
        leaves.push_back(part[i]);
      }
      const at::Tensor losses = batch.loss(part);
      const auto found = torch::autograd::grad({losses}, leaves, {seed(losses, part)}, false, false, true);
      const at::AutoGradMode off(false);
      for (const auto i : c10::irange(wanted_.size())) {
        const at::Tensor target = batch.part_like(wanted_[i], gradients[i], begin, count);
        if (!found[i].defined()) {
          target.zero_();
        } else if (divides(losses)) {
          target.copy_(found[i].div(weight_));
        } else {
          target.copy_(found[i]);
        }
      }
      std::vector<double> values = sample_sums(losses.detach(), count);
      if (settings_.weighing == kTargetLengths) divide_by_lengths(values, part[3]);
      for (const double value : values) {
        if (value - value == 0) {
          sums[worker].add(value);
        } else {
          specials[worker] += value;
        }
      }
    });
    for (const ExactSum& sum : sums) sum_.add(sum);
    for (const double special : specials) special_ += special;
  }

  // In float16 the inverse of a large weight loses its digits or becomes 0.
  bool divides(const at::Tensor& losses) const {
    return settings_.divides || (settings_.means && losses.scalar_type() == at::kHalf);
  }

  // The gradient of the mean or the sum with respect to the losses, as in LibTorch's own backward passes.
  at::Tensor seed(const at::Tensor& losses, const std::vector<at::Tensor>& part) const {
    at::Tensor seed = at::ones({}, losses.options().requires_grad(false));
    if (!divides(losses)) seed = seed / weight_;
    if (settings_.weighing == kTargetLengths) {
      seed = seed / part[3].to(losses.device(), losses.scalar_type()).clamp_min(1);
    }
    return seed.dim() > losses.dim() ? seed.reshape(losses.sizes()) : seed.expand(losses.sizes());
  }

  const Settings settings_;
  BatchedCall call_;
  std::vector<int64_t> wanted_;
  std::vector<at::Tensor> gradients_;
  ExactSum sum_;
  double special_ = 0;
  double weight_ = 1;
};

}  // namespace

std::unique_ptr<Job> detail::differentiation(Environment& environment, napi_value settings,
                                             BatchedCall call) {
  return std::make_unique<Differentiation>(Settings::read(environment, settings), std::move(call));
}

}  // namespace torchloss
