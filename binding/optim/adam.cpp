// Adam and its variants.
#include "optim/adam_pass.h"
#include "optim/optim.h"

namespace torchloss {

namespace optim {

namespace {

// What Adam, NAdam and RAdam have in common: weight decay and both moving averages.
struct Decay {
  double lr;
  double amount;
  bool decoupled;
  bool single = false;  // lr is a float32 tensor: Python rounds products with it to float32

  double kept() const {
    return single ? 1 - static_cast<float>(lr) * static_cast<float>(amount) : 1 - lr * amount;
  }

  at::Tensor apply(const at::Tensor& param, const at::Tensor& grad) const {
    if (amount == 0) return grad;
    if (!decoupled) return grad.add(param, amount);
    param.mul_(kept());
    return grad;
  }
};

// Stores in `tensor` the elementwise maximum of itself and `other`.
void keep_larger(at::Tensor tensor, const at::Tensor& other) { at::maximum_out(tensor, tensor, other); }

bool adam(const Tensors& params, const Tensors& exp_avgs, const Tensors& exp_avg_sqs,
          const Tensors& max_exp_avg_sqs, const Tensors& steps, const Numbers& options, bool amsgrad,
          bool maximize, bool decoupled) {
  const at::NoGradGuard no_grad;
  const double lr = options.at(0), beta1 = options.at(1), beta2 = options.at(2), eps = options.at(3);
  const bool single = options.at(5) != 0;
  const Decay decay{lr, options.at(4), decoupled, single};
  const auto grads = gradients(params, "Adam");
  if (!grads.has_value()) return false;
  check_state(params, exp_avgs, "exp_avg");
  check_state(params, exp_avg_sqs, "exp_avg_sq");
  if (amsgrad) check_state(params, max_exp_avg_sqs, "max_exp_avg_sq");
  check_steps(params, steps);
  for (size_t i = 0; i < params.size(); ++i) {
    const double step = count(steps[i]);
    const double correction1 = 1 - std::pow(beta1, step);
    const double correction2 = root(1 - std::pow(beta2, step));
    const double rate = single ? static_cast<float>(lr) / static_cast<float>(correction1) : lr / correction1;
    if (!amsgrad && !maximize) {
      AdamNumbers numbers{1 - beta1, beta2, 1 - beta2, correction2, eps, -rate};
      if (decoupled && decay.amount != 0) numbers.shrink = decay.kept();
      if (!decoupled) numbers.decay = decay.amount;
      if (adam_in_one_pass(params[i], (*grads)[i], exp_avgs[i], exp_avg_sqs[i], numbers)) continue;
    }
    const at::Tensor grad = decay.apply(params[i], directed((*grads)[i], maximize));
    average(exp_avgs[i], grad, beta1);
    exp_avg_sqs[i].mul_(beta2).addcmul_(grad, grad, 1 - beta2);
    if (amsgrad) keep_larger(max_exp_avg_sqs[i], exp_avg_sqs[i]);
    const at::Tensor& squares = amsgrad ? max_exp_avg_sqs[i] : exp_avg_sqs[i];
    const at::Tensor denominator = squares.sqrt().div_(correction2).add_(eps);
    params[i].addcdiv_(exp_avgs[i], denominator, -rate);
  }
  return true;
}

// `steps` are plain numbers, as in Python, and count the step that is made.
bool sparse_adam(const Tensors& params, const Tensors& exp_avgs, const Tensors& exp_avg_sqs,
                 const std::vector<int64_t>& steps, const Numbers& options, bool maximize) {
  const at::NoGradGuard no_grad;
  const double lr = options.at(0), beta1 = options.at(1), beta2 = options.at(2), eps = options.at(3);
  const auto grads = gradients(params, "SparseAdam", true);
  if (!grads.has_value()) return false;
  for (const at::Tensor& grad : *grads) {
    if (!grad.is_sparse())
      wrong_value("grad", "sparse gradients for SparseAdam; Adam takes dense ones", "a dense one");
  }
  check_state(params, exp_avgs, "exp_avg");
  check_state(params, exp_avg_sqs, "exp_avg_sq");
  for (size_t i = 0; i < params.size(); ++i) {
    const at::Tensor grad = directed((*grads)[i], maximize).coalesce();
    const at::Tensor values = grad._values();
    if (values.numel() == 0) continue;
    const at::Tensor mean = exp_avgs[i].sparse_mask(grad)._values();
    const at::Tensor numerator = values.sub(mean).mul_(1 - beta1);
    exp_avgs[i].add_(sparse_like(grad, numerator));
    const at::Tensor square = exp_avg_sqs[i].sparse_mask(grad)._values();
    const at::Tensor denominator = values.pow(2).sub_(square).mul_(1 - beta2);
    exp_avg_sqs[i].add_(sparse_like(grad, denominator));
    numerator.add_(mean);
    denominator.add_(square).sqrt_().add_(eps);
    const auto step = static_cast<double>(steps.at(i));
    const double size = lr * std::sqrt(1 - std::pow(beta2, step)) / (1 - std::pow(beta1, step));
    params[i].add_(sparse_like(grad, -size * numerator.div_(denominator)));
  }
  return true;
}

bool adamax(const Tensors& params, const Tensors& exp_avgs, const Tensors& exp_infs, const Tensors& steps,
            const Numbers& options, bool maximize) {
  const at::NoGradGuard no_grad;
  const double lr = options.at(0), beta1 = options.at(1), beta2 = options.at(2), eps = options.at(3),
               decay = options.at(4);
  const auto grads = gradients(params, "Adamax");
  if (!grads.has_value()) return false;
  check_state(params, exp_avgs, "exp_avg");
  check_state(params, exp_infs, "exp_inf");
  check_steps(params, steps);
  for (size_t i = 0; i < params.size(); ++i) {
    const double step = count(steps[i]);
    at::Tensor grad = directed((*grads)[i], maximize);
    if (decay != 0) grad = grad.add(params[i], decay);
    average(exp_avgs[i], grad, beta1);
    keep_larger(exp_infs[i].mul_(beta2), grad.abs().add_(eps));
    params[i].addcdiv_(exp_avgs[i], exp_infs[i], -(lr / (1 - std::pow(beta1, step))));
  }
  return true;
}

bool nadam(const Tensors& params, const Tensors& exp_avgs, const Tensors& exp_avg_sqs,
           const Tensors& mu_products, const Tensors& steps, const Numbers& options, bool foreach,
           bool maximize, bool decoupled) {
  const at::NoGradGuard no_grad;
  const double lr = options.at(0), beta1 = options.at(1), beta2 = options.at(2), eps = options.at(3),
               momentum_decay = options.at(5);
  const Decay decay{lr, options.at(4), decoupled};
  const auto grads = gradients(params, "NAdam");
  if (!grads.has_value()) return false;
  check_state(params, exp_avgs, "exp_avg");
  check_state(params, exp_avg_sqs, "exp_avg_sq");
  check_steps(params, mu_products);
  check_steps(params, steps);
  for (size_t i = 0; i < params.size(); ++i) {
    const double step = count(steps[i]);
    const double correction2 = 1 - std::pow(beta2, step);
    const at::Tensor grad = decay.apply(params[i], directed((*grads)[i], maximize));
    const double mu = beta1 * (1.0 - 0.5 * std::pow(0.96, step * momentum_decay));
    const double mu_next = beta1 * (1.0 - 0.5 * std::pow(0.96, (step + 1) * momentum_decay));
    mu_products[i].mul_(mu);
    average(exp_avgs[i], grad, beta1);
    exp_avg_sqs[i].mul_(beta2).addcmul_(grad, grad, 1 - beta2);
    const at::Tensor denominator =
        foreach ? exp_avg_sqs[i].sqrt().div_(root(correction2)) : exp_avg_sqs[i].div(correction2).sqrt();
    denominator.add_(eps);
    const double product = mu_products[i].item().toDouble();
    // Without foreach, LibTorch 1.13's Python multiplies mu into the next product twice.
    const double product_next =
        kNAdamTakesMuOnce || foreach ? product * mu_next : (mu_products[i] * mu * mu_next).item().toDouble();
    params[i].addcdiv_(grad, denominator, -lr * (1.0 - mu) / (1.0 - product));
    params[i].addcdiv_(exp_avgs[i], denominator, (-lr * mu_next) / (1.0 - product_next));
  }
  return true;
}

bool radam(const Tensors& params, const Tensors& exp_avgs, const Tensors& exp_avg_sqs, const Tensors& steps,
           const Numbers& options, bool foreach, bool maximize, bool decoupled) {
  const at::NoGradGuard no_grad;
  const double lr = options.at(0), beta1 = options.at(1), beta2 = options.at(2), eps = options.at(3);
  const Decay decay{lr, options.at(4), decoupled};
  const auto grads = gradients(params, "RAdam");
  if (!grads.has_value()) return false;
  check_state(params, exp_avgs, "exp_avg");
  check_state(params, exp_avg_sqs, "exp_avg_sq");
  check_steps(params, steps);
  const auto own_root = [foreach](double number) {
    return kRAdamTakesPowerAsRoot && !foreach ? std::pow(number, 0.5) : root(number);
  };
  for (size_t i = 0; i < params.size(); ++i) {
    const double step = count(steps[i]);
    const at::Tensor grad = decay.apply(params[i], directed((*grads)[i], maximize));
    average(exp_avgs[i], grad, beta1);
    exp_avg_sqs[i].mul_(beta2).addcmul_(grad, grad, 1 - beta2);
    const double correction1 = 1 - std::pow(beta1, step);
    const double correction2 = 1 - std::pow(beta2, step);
    const double rho_inf = 2 / (1 - beta2) - 1;
    const double rho = rho_inf - 2 * step * std::pow(beta2, step) / correction2;
    const double rectified =
        rho > 5 ? own_root((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)) : 0;
    if (foreach) {
      const double plain = rectified > 0 ? 0 : 1;
      if constexpr (!kRAdamAddsEpsForEach) {
        params[i].addcdiv_(exp_avgs[i], exp_avg_sqs[i].sqrt().div(root(correction2)),
                           lr * rectified / correction1 * -1);
        params[i].addcdiv_(exp_avgs[i], at::ones_like(exp_avgs[i]), lr * plain / correction1 * -1);
        continue;
      }
      const at::Tensor factor = exp_avg_sqs[i].sqrt().add_(eps);
      factor.div_(root(correction2) * (lr * rectified / correction1) * -1).reciprocal_();
      factor.add_((lr * plain / correction1) * -1);
      params[i].addcmul_(exp_avgs[i], factor);
      continue;
    }
    const at::Tensor mean = exp_avgs[i] / correction1;
    if (rho > 5) {
      const at::Tensor rate = exp_avg_sqs[i].sqrt().add_(eps).reciprocal() * own_root(correction2);
      params[i].add_(mean * lr * rate * rectified, -1.0);
    } else {
      params[i].add_(mean * lr, -1.0);
    }
  }
  return true;
}

}  // namespace

}  // namespace optim

const std::vector<Step> kAdamSteps = {
    step<&optim::adam>("adam_step"),     step<&optim::sparse_adam>("sparse_adam_step"),
    step<&optim::adamax>("adamax_step"), step<&optim::nadam>("nadam_step"),
    step<&optim::radam>("radam_step"),
};

const std::vector<Entry> kAdamFamily = entries_of(kAdamSteps);

}  // namespace torchloss
