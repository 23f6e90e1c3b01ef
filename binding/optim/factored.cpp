// Adafactor, Muon, and the steps for which LibTorch has a fused operator.
#include <limits>

#include "node/values.h"
#include "optim/optim.h"

namespace torchloss {

namespace optim {

namespace {

at::Tensor norm_of(const at::Tensor& tensor) { return at::linalg_vector_norm(tensor, 2); }

at::Tensor norm_over(const at::Tensor& tensor, int64_t dim) {
  return at::linalg_vector_norm(tensor, 2, std::vector<int64_t>{dim}, true);
}

double epsilon_of(at::ScalarType dtype) {
  switch (dtype) {
    case at::kDouble:
      return std::numeric_limits<double>::epsilon();
    case at::kHalf:
      return 0.0009765625;
    case at::kBFloat16:
      return 0.0078125;
    default:
      return std::numeric_limits<float>::epsilon();
  }
}

bool adafactor(const Tensors& params, const std::vector<OptionalTensor>& rows,
               const std::vector<OptionalTensor>& columns, const std::vector<OptionalTensor>& variances,
               const Tensors& steps, const Numbers& options, bool foreach, bool maximize) {
  const at::NoGradGuard no_grad;
  const double lr = options.at(0), beta2_decay = options.at(1), eps1_given = options.at(2),
               eps2 = options.at(3), d = options.at(4), decay = options.at(5);
  // lr is a float32 tensor: Python rounds products with it to float32.
  const bool single = options.at(6) != 0;
  const auto grads = gradients(params, "Adafactor");
  if (!grads.has_value()) return false;
  check_steps(params, steps);
  for (size_t i = 0; i < params.size(); ++i) {
    const bool factored = (*grads)[i].dim() > 1;
    if (factored ? !rows.at(i).has_value() || !columns.at(i).has_value() : !variances.at(i).has_value()) {
      wrong_value("state", "row_var and col_var for matrices, variance for vectors", "other state");
    }
  }
  for (size_t i = 0; i < params.size(); ++i) {
    const at::Tensor& param = params[i];
    const at::Tensor grad = directed((*grads)[i], maximize);
    const double eps1 = std::isnan(eps1_given) ? epsilon_of(param.scalar_type()) : eps1_given;
    const double step = count(steps[i]);
    const double share = std::pow(step, beta2_decay);
    const double rho = std::min(lr, 1 / std::pow(step, 0.5));
    const double elements = static_cast<double>(param.numel());
    const double size_of_step = std::max(eps2, norm_of(param).item().toDouble() / std::pow(elements, 0.5));
    const double alpha = size_of_step * rho;
    const bool by_rate = single && lr <= 1 / std::pow(step, 0.5);
    if (decay != 0) {
      param.mul_(single ? 1 - static_cast<float>(lr) * static_cast<float>(decay) : 1 - lr * decay);
    }
    at::Tensor estimate;
    if (grad.dim() > 1) {
      rows[i]->lerp_(norm_over(grad, -1).square_().div_(grad.size(-1)), share);
      columns[i]->lerp_(norm_over(grad, -2).square_().div_(grad.size(-2)), share);
      estimate = at::matmul(*rows[i], *columns[i]);
      estimate.div_(rows[i]->mean(std::vector<int64_t>{-2}, true).clamp_(eps1));
    } else {
      variances[i]->lerp_(grad * grad, share);
      estimate = variances[i]->clone();
    }
    const at::Tensor update = estimate.clamp_(eps1 * eps1).rsqrt_();
    update.mul_(grad);
    const double size = std::pow(static_cast<double>(update.numel()), 0.5) * d;
    const double denominator = std::max(1.0, norm_of(update).item().toDouble() / size);
    const double change = by_rate ? -(static_cast<float>(size_of_step) * static_cast<float>(lr)) /
                                        static_cast<float>(denominator)
                                  : -alpha / denominator;
    if (foreach) {
      param.add_(update.mul_(change));
    } else {
      param.add_(update, change);
    }
  }
  return true;
}

// The nearest orthogonal matrix, approximated by Newton-Schulz iterations in bfloat16.
at::Tensor orthogonal(const at::Tensor& grad, double a, double b, double c, double eps, int64_t iterations) {
  const bool tall = grad.size(0) > grad.size(1);
  at::Tensor result = grad.to(at::kBFloat16);
  if (tall) result = result.t();
  result.div_(norm_of(result).clamp(eps));
  for (int64_t i = 0; i < iterations; ++i) {
    const at::Tensor gram = at::matmul(result, result.t());
    const at::Tensor update = at::addmm(gram, gram, gram, b, c);
    result = at::addmm(result, update, result, a, 1);
  }
  return tall ? result.t() : result;
}

bool muon(const Tensors& params, const Tensors& buffers, const Numbers& options, const std::string& adjust,
          bool nesterov) {
  const at::NoGradGuard no_grad;
  const double lr = options.at(0), decay = options.at(1), momentum = options.at(2), a = options.at(3),
               b = options.at(4), c = options.at(5), eps = options.at(6);
  const auto iterations = static_cast<int64_t>(options.at(7));
  const auto grads = gradients(params, "Muon");
  if (!grads.has_value()) return false;
  check_state(params, buffers, "momentum_buffer");
  for (size_t i = 0; i < params.size(); ++i) {
    const at::Tensor& grad = (*grads)[i];
    buffers[i].lerp_(grad, 1 - momentum);
    const at::Tensor direction = nesterov ? grad.lerp(buffers[i], momentum) : buffers[i];
    const at::Tensor update = orthogonal(direction, a, b, c, eps, iterations);
    const double rows = static_cast<double>(params[i].size(0)),
                 columns = static_cast<double>(params[i].size(1));
    const double ratio = adjust == "match_rms_adamw" ? 0.2 * std::sqrt(std::max(rows, columns))
                                                     : std::sqrt(std::max(1.0, rows / columns));
    params[i].mul_(1 - lr * decay);
    params[i].add_(update, -(lr * ratio));
  }
  return true;
}

// Calls `use` once for each device and dtype with its parameters, in the order in which they occur.
template <typename Use>
void by_kind(const Tensors& params, Use use) {
  std::vector<bool> done(params.size());
  for (size_t first = 0; first < params.size(); ++first) {
    if (done[first]) continue;
    std::vector<size_t> kind;
    for (size_t i = first; i < params.size(); ++i) {
      if (done[i] || params[i].device() != params[first].device() ||
          params[i].scalar_type() != params[first].scalar_type()) {
        continue;
      }
      done[i] = true;
      kind.push_back(i);
    }
    use(kind);
  }
}

Tensors pick(const Tensors& all, const std::vector<size_t>& places) {
  Tensors some;
  if (all.empty()) return some;
  for (const size_t i : places) some.push_back(all.at(i));
  return some;
}

[[noreturn]] void no_fused() {
  throw CodedError("ERR_NOT_IMPLEMENTED",
                   "fused: LibTorch " TORCH_VERSION " has no fused step for this optimizer on the CPU");
}

void check_fused(const Tensors& params) {
  for (const at::Tensor& param : params) {
    if (!param.is_floating_point()) {
      wrong_value("params", "floating-point parameters for a fused step", dtype_name(param.scalar_type()));
    }
  }
}

bool fused_adam(const Tensors& params, const Tensors& exp_avgs, const Tensors& exp_avg_sqs,
                const Tensors& max_exp_avg_sqs, const Tensors& steps, const Numbers& options, bool amsgrad,
                bool maximize, bool decoupled) {
#if TORCHLOSS_TORCH >= TORCHLOSS_SINCE_FUSED_ADAM
  const at::NoGradGuard no_grad;
  const auto grads = gradients(params, "Adam");
  if (!grads.has_value()) return false;
  check_fused(params);
  check_state(params, exp_avgs, "exp_avg");
  check_state(params, exp_avg_sqs, "exp_avg_sq");
  if (amsgrad) check_state(params, max_exp_avg_sqs, "max_exp_avg_sq");
  check_steps(params, steps);
  by_kind(params, [&](const std::vector<size_t>& kind) {
    const Tensors own = pick(params, kind), own_grads = pick(*grads, kind), counts = pick(steps, kind);
    const Tensors first = pick(exp_avgs, kind), second = pick(exp_avg_sqs, kind);
    const Tensors most = amsgrad ? pick(max_exp_avg_sqs, kind) : Tensors();
    for (const at::Tensor& step : counts) step.add_(1);
    if (decoupled) {
      at::_fused_adamw_(own, own_grads, first, second, most, counts, options.at(0), options.at(1),
                        options.at(2), options.at(4), options.at(3), amsgrad, maximize);
    } else {
      at::_fused_adam_(own, own_grads, first, second, most, counts, options.at(0), options.at(1),
                       options.at(2), options.at(4), options.at(3), amsgrad, maximize);
    }
  });
  return true;
#else
  (void)params, (void)exp_avgs, (void)exp_avg_sqs, (void)max_exp_avg_sqs, (void)steps, (void)options;
  (void)amsgrad, (void)maximize, (void)decoupled;
  no_fused();
#endif
}

// `first`: the buffers have never been written.
bool fused_sgd(const Tensors& params, const Tensors& buffers, const Numbers& options, bool nesterov,
               bool maximize, bool first) {
#if TORCHLOSS_TORCH >= TORCHLOSS_SINCE_FUSED_ADAM
  const at::NoGradGuard no_grad;
  const auto grads = gradients(params, "a fused SGD");
  if (!grads.has_value()) return false;
  check_fused(params);
  if (!buffers.empty()) check_state(params, buffers, "momentum_buffer");
  by_kind(params, [&](const std::vector<size_t>& kind) {
    at::_fused_sgd_(pick(params, kind), pick(*grads, kind), pick(buffers, kind), options.at(3), options.at(1),
                    options.at(0), options.at(2), nesterov, maximize, first);
  });
  return true;
#else
  (void)params, (void)buffers, (void)options, (void)nesterov, (void)maximize, (void)first;
  no_fused();
#endif
}

bool fused_adagrad(const Tensors& params, const Tensors& sums, const Tensors& steps, const Numbers& options,
                   bool maximize) {
#if TORCHLOSS_TORCH >= TORCHLOSS_SINCE_FUSED_ADAGRAD
  const at::NoGradGuard no_grad;
  const auto grads = gradients(params, "a fused Adagrad");
  if (!grads.has_value()) return false;
  check_fused(params);
  check_state(params, sums, "sum");
  check_steps(params, steps);
  by_kind(params, [&](const std::vector<size_t>& kind) {
    const Tensors counts = pick(steps, kind);
    for (const at::Tensor& step : counts) step.add_(1);
    at::_fused_adagrad_(pick(params, kind), pick(*grads, kind), pick(sums, kind), counts, options.at(0),
                        options.at(1), options.at(3), options.at(2), maximize);
  });
  return true;
#else
  (void)params, (void)sums, (void)steps, (void)options, (void)maximize;
  no_fused();
#endif
}

}  // namespace

}  // namespace optim

const std::vector<Step> kFactoredSteps = {
    step<&optim::adafactor>("adafactor_step"),         step<&optim::muon>("muon_step"),
    step<&optim::fused_adam>("fused_adam_step"),       step<&optim::fused_sgd>("fused_sgd_step"),
    step<&optim::fused_adagrad>("fused_adagrad_step"),
};

const std::vector<Entry> kFactored = entries_of(kFactoredSteps);

}  // namespace torchloss
