#include "optim/optim.h"

namespace torchloss {

namespace optim {

optional<Tensors> gradients(const Tensors& params, const std::string& name, bool takes_sparse) {
  Tensors grads;
  grads.reserve(params.size());
  for (const at::Tensor& param : params) {
    const at::Tensor& grad = param.grad();
    if (!grad.defined()) return {};
    if (!takes_sparse && grad.is_sparse()) wrong_value("grad", "dense gradients for " + name, "a sparse one");
    grads.push_back(grad);
  }
  return grads;
}

void check_state(const Tensors& params, const Tensors& state, const char* name) {
  for (size_t i = 0; i < params.size(); ++i) {
    if (i < state.size() && state[i].sizes() == params[i].sizes()) continue;
    wrong_value(name, "the shape of its parameter, " + c10::str(params[i].sizes()),
                i < state.size() ? c10::str(state[i].sizes()) : "nothing");
  }
}

void check_steps(const Tensors& params, const Tensors& steps) {
  for (size_t i = 0; i < params.size(); ++i) {
    if (i < steps.size() && steps[i].numel() == 1) continue;
    wrong_value("step", "one number for each parameter",
                i < steps.size() ? "a tensor of shape " + c10::str(steps[i].sizes()) : "nothing");
  }
}

void average(const at::Tensor& mean, const at::Tensor& grad, double beta) {
  if constexpr (kOptimizersLerp) {
    mean.lerp_(grad, 1 - beta);
  } else {
    mean.mul_(beta).add_(grad, 1 - beta);
  }
}

double root(double number) { return kOptimizersTakePowerAsRoot ? std::pow(number, 0.5) : std::sqrt(number); }

namespace {

// The buffers that a first step created; empty if all were there.
Tensors sgd(const Tensors& params, const std::vector<OptionalTensor>& buffers, const Numbers& options,
            bool nesterov, bool maximize) {
  const at::NoGradGuard no_grad;
  const double lr = options.at(0), momentum = options.at(1), dampening = options.at(2), decay = options.at(3);
  const auto grads = gradients(params, "SGD", true);
  if (!grads.has_value()) wrong_value("grad", "a gradient", "none");
  Tensors made;
  for (size_t i = 0; i < params.size(); ++i) {
    if (momentum != 0 && buffers.at(i).has_value() && buffers[i]->sizes() != params[i].sizes()) {
      wrong_value("momentum_buffer", "the shape of its parameter, " + c10::str(params[i].sizes()),
                  c10::str(buffers[i]->sizes()));
    }
  }
  for (size_t i = 0; i < params.size(); ++i) {
    const at::Tensor& param = params[i];
    at::Tensor grad = directed((*grads)[i], maximize);
    if (decay != 0) grad = grad.add(param, decay);
    if (momentum != 0) {
      at::Tensor buffer;
      if (buffers[i].has_value()) {
        buffer = *buffers[i];
        buffer.mul_(momentum).add_(grad, 1 - dampening);
        if (!made.empty()) made.emplace_back();
      } else {
        buffer = grad.detach().clone();
        made.resize(i);
        made.push_back(buffer);
      }
      grad = nesterov ? grad.add(buffer, momentum) : buffer;
    }
    param.add_(grad, -lr);
  }
  return made;
}

bool adadelta(const Tensors& params, const Tensors& square_avgs, const Tensors& acc_deltas,
              const Tensors& steps, const Numbers& options, bool maximize) {
  const at::NoGradGuard no_grad;
  const double lr = options.at(0), rho = options.at(1), eps = options.at(2), decay = options.at(3);
  const auto grads = gradients(params, "Adadelta");
  if (!grads.has_value()) return false;
  check_state(params, square_avgs, "square_avg");
  check_state(params, acc_deltas, "acc_delta");
  for (size_t i = 0; i < params.size(); ++i) {
    if (i < steps.size()) steps[i].add_(1);
    at::Tensor grad = directed((*grads)[i], maximize);
    if (decay != 0) grad = grad.add(params[i], decay);
    square_avgs[i].mul_(rho).addcmul_(grad, grad, 1 - rho);
    const at::Tensor std = square_avgs[i].add(eps).sqrt_();
    const at::Tensor delta = acc_deltas[i].add(eps).sqrt_().div_(std).mul_(grad);
    acc_deltas[i].mul_(rho).addcmul_(delta, delta, 1 - rho);
    params[i].add_(delta, -lr);
  }
  return true;
}

bool adagrad(const Tensors& params, const Tensors& sums, const Tensors& steps, const Numbers& options,
             bool foreach, bool maximize) {
  const at::NoGradGuard no_grad;
  const double lr = options.at(0), lr_decay = options.at(1), eps = options.at(2), decay = options.at(3);
  const auto grads = gradients(params, "Adagrad", true);
  if (!grads.has_value()) return false;
  check_state(params, sums, "sum");
  check_steps(params, steps);
  for (const at::Tensor& grad : *grads) {
    if (grad.is_sparse() && decay != 0)
      wrong_value("weight_decay", "0 with sparse gradients", c10::str(decay));
  }
  // With one sparse gradient, Python steps the parameters one by one.
  foreach
    = foreach && std::none_of(grads->begin(), grads->end(), [](auto& grad) { return grad.is_sparse(); });
  for (size_t i = 0; i < params.size(); ++i) {
    const double step = count(steps[i]);
    at::Tensor grad = directed((*grads)[i], maximize);
    if (decay != 0) grad = grad.add(params[i], decay);
    const double rate = lr / (1 + (step - 1) * lr_decay);
    if (grad.is_sparse()) {
      grad = grad.coalesce();
      sums[i].add_(sparse_like(grad, grad._values().pow(2)));
      const at::Tensor std = sums[i].sparse_mask(grad)._values().sqrt_().add_(eps);
      params[i].add_(sparse_like(grad, grad._values() / std), -rate);
    } else {
      sums[i].addcmul_(grad, grad, 1);
      const at::Tensor std = sums[i].sqrt().add_(eps);
      if (foreach && !kAdagradRatesAreNumbers) {
        const at::Tensor single = ((steps[i] - 1) * lr_decay + 1).reciprocal() * -lr;
        params[i].add_(grad.mul(single).div(std));
      } else if (foreach) {
        params[i].addcdiv_(grad.mul(-rate), std);
      } else {
        params[i].addcdiv_(grad, std, -rate);
      }
    }
  }
  return true;
}

bool rmsprop(const Tensors& params, const Tensors& square_avgs, const Tensors& grad_avgs,
             const Tensors& buffers, const Tensors& steps, const Numbers& options, bool centered,
             bool maximize) {
  const at::NoGradGuard no_grad;
  const double lr = options.at(0), alpha = options.at(1), eps = options.at(2), decay = options.at(3),
               momentum = options.at(4);
  const auto grads = gradients(params, "RMSprop");
  if (!grads.has_value()) return false;
  check_state(params, square_avgs, "square_avg");
  if (centered) check_state(params, grad_avgs, "grad_avg");
  if (momentum > 0) check_state(params, buffers, "momentum_buffer");
  for (size_t i = 0; i < params.size(); ++i) {
    if (i < steps.size()) steps[i].add_(1);
    at::Tensor grad = directed((*grads)[i], maximize);
    if (decay != 0) grad = grad.add(params[i], decay);
    square_avgs[i].mul_(alpha).addcmul_(grad, grad, 1 - alpha);
    at::Tensor mean;
    if (centered) {
      average(grad_avgs[i], grad, alpha);
      mean = square_avgs[i].addcmul(grad_avgs[i], grad_avgs[i], -1).sqrt_().add_(eps);
    } else {
      mean = square_avgs[i].sqrt().add_(eps);
    }
    if (momentum > 0) {
      buffers[i].mul_(momentum).addcdiv_(grad, mean);
      params[i].add_(buffers[i], -lr);
    } else {
      params[i].addcdiv_(grad, mean, -lr);
    }
  }
  return true;
}

bool rprop(const Tensors& params, const Tensors& prevs, const Tensors& step_sizes, const Tensors& steps,
           const Numbers& options, bool maximize) {
  const at::NoGradGuard no_grad;
  const double minus = options.at(0), plus = options.at(1), least = options.at(2), most = options.at(3);
  const auto grads = gradients(params, "Rprop");
  if (!grads.has_value()) return false;
  check_state(params, prevs, "prev");
  check_state(params, step_sizes, "step_size");
  for (size_t i = 0; i < params.size(); ++i) {
    if (i < steps.size()) steps[i].add_(1);
    at::Tensor grad = directed((*grads)[i], maximize);
    const at::Tensor sign = grad.mul(prevs[i]).sign();
    sign.masked_fill_(sign.gt(0), plus);
    sign.masked_fill_(sign.lt(0), minus);
    sign.masked_fill_(sign.eq(0), 1);
    step_sizes[i].mul_(sign).clamp_(least, most);
    grad = grad.clone();
    grad.masked_fill_(sign.eq(minus), 0);
    params[i].addcmul_(grad.sign(), step_sizes[i], -1);
    prevs[i].copy_(grad);
  }
  return true;
}

bool asgd(const Tensors& params, const Tensors& axs, const Tensors& mus, const Tensors& etas,
          const Tensors& steps, const Numbers& options, bool foreach, bool maximize) {
  const at::NoGradGuard no_grad;
  const double lr = options.at(0), lambd = options.at(1), alpha = options.at(2), t0 = options.at(3),
               decay = options.at(4);
  const auto grads = gradients(params, "ASGD");
  if (!grads.has_value()) return false;
  check_state(params, axs, "ax");
  check_steps(params, mus);
  check_steps(params, etas);
  check_steps(params, steps);
  const bool as_one = foreach && kASGDMultipliesForEach;
  // The dtype of Python's new tensors, to which it rounds even where a loaded state has another one.
  const at::ScalarType usual = c10::get_default_dtype_as_scalartype();
  // With foreach, LibTorch 1.13's Python uses the first parameter's rate for all.
  const double first = foreach && !etas.empty() ? etas[0].item().toDouble() : 0;
  for (size_t i = 0; i < params.size(); ++i) {
    const at::Tensor &param = params[i], &ax = axs[i], &mu = mus[i], &eta = etas[i];
    at::Tensor grad = directed((*grads)[i], maximize);
    const double step = count(steps[i]);
    if (decay != 0) grad = grad.add(param, decay);
    if (as_one) {
      param.addcmul_(grad.add(param, lambd), eta, -1);
      ax.addcmul_(param.sub(ax), mu);
      eta.copy_((steps[i] * (lambd * lr) + 1).pow(alpha).reciprocal() * lr);
    } else {
      const double rate = foreach ? first : eta.item().toDouble();
      param.mul_(1 - lambd * rate);
      param.add_(grad, -rate);
      if (mu.item().toDouble() != 1) {
        ax.add_(param.sub(ax).mul_(mu));
      } else {
        ax.copy_(param);
      }
      eta.copy_(at::scalar_tensor(lr / std::pow(1 + lambd * lr * step, alpha), usual));
    }
    mu.copy_(at::scalar_tensor(1 / std::max(1.0, step - t0), usual));
  }
  return true;
}

// 0 for a parameter without a gradient, 1 for a dense gradient, 2 for a sparse one.
std::vector<int64_t> gradient_kinds(const Tensors& params) {
  std::vector<int64_t> kinds;
  for (const at::Tensor& param : params) {
    const at::Tensor& grad = param.grad();
    kinds.push_back(!grad.defined() ? 0 : grad.is_sparse() ? 2 : 1);
  }
  return kinds;
}

}  // namespace

}  // namespace optim

const std::vector<Step> kOptimSteps = {
    step<&optim::sgd>("sgd_step"),         step<&optim::adadelta>("adadelta_step"),
    step<&optim::adagrad>("adagrad_step"), step<&optim::rmsprop>("rmsprop_step"),
    step<&optim::rprop>("rprop_step"),     step<&optim::asgd>("asgd_step"),
};

const std::vector<Entry> kOptim = entries_of(kOptimSteps);

const std::vector<Entry> kGradients = {{"gradient_kinds", method<&optim::gradient_kinds>}};

}  // namespace torchloss
