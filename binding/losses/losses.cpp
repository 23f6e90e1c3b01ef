// The losses that are one operator of LibTorch: the call itself, and before it what torch.nn.functional does
// in Python. Arguments come in the operator's order.
#include "losses/losses.h"

#include <ATen/ExpandUtils.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/_ctc_loss.h>
#include <ATen/ops/binary_cross_entropy.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/broadcast_tensors.h>
#include <ATen/ops/cosine_embedding_loss.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/ctc_loss.h>
#include <ATen/ops/hinge_embedding_loss.h>
#include <ATen/ops/huber_loss.h>
#include <ATen/ops/kl_div.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/margin_ranking_loss.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/multi_margin_loss.h>
#include <ATen/ops/multilabel_margin_loss.h>
#include <ATen/ops/nll_loss_nd.h>
#include <ATen/ops/poisson_nll_loss.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/smooth_l1_loss.h>
#include <ATen/ops/soft_margin_loss.h>
#include <ATen/ops/triplet_margin_loss.h>
#include <ATen/ops/where.h>
#include <c10/util/irange.h>

#include <limits>
#include <tuple>

#include "lanes/lane.h"
#include "lanes/small_calls.h"
#include "losses/checks.h"
#include "losses/composed.h"
#include "losses/linear_cross_entropy.h"
#include "losses/mindspore.h"
#include "node/changes.h"
#include "node/label_error.h"
#include "parts/evaluate.h"

namespace torchloss {

at::Tensor cross_entropy_loss(const at::Tensor& input, const at::Tensor& target, const OptionalTensor& weight,
                              int64_t reduction, int64_t ignore_index, double label_smoothing) {
  const at::Tensor labels = hold_labels(target, input);
  check_nll(input, labels, ignore_index);
  return with_labels(labels, [&] {
    return at::cross_entropy_loss(input, labels, weight, reduction, ignore_index, label_smoothing);
  });
}

namespace {

// Calls an elementwise operator with its tensors expanded to one shape, like torch.nn.functional: the
// operator's own broadcasting divides a mean's gradient by the wrong count.
template <typename Operator>
at::Tensor broadcast(const at::Tensor& input, const at::Tensor& target, Operator&& op) {
  if (input.sizes() == target.sizes()) return op(input, target);
  TORCH_WARN("Using a target size (", target.sizes(), ") that is different to the input size (",
             input.sizes(),
             "). This will likely lead to incorrect results due to broadcasting. Please ensure they have the "
             "same size.");
  const std::vector<at::Tensor> expanded = at::broadcast_tensors({input, target});
  return op(expanded[0], expanded[1]);
}

at::Tensor l1_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction,
                   const OptionalTensor& weight) {
  if (weight.has_value()) return weighted_l1_loss(input, target, reduction, *weight);
  return broadcast(input, target, [&](const auto& x, const auto& y) { return at::l1_loss(x, y, reduction); });
}

at::Tensor mse_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction,
                    const OptionalTensor& weight) {
  if (weight.has_value()) return weighted_mse_loss(input, target, reduction, *weight);
  return broadcast(input, target,
                   [&](const auto& x, const auto& y) { return at::mse_loss(x, y, reduction); });
}

at::Tensor huber_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction, double delta,
                      const OptionalTensor& weight) {
  if (weight.has_value()) return weighted_huber_loss(input, target, reduction, delta, *weight);
  return broadcast(input, target,
                   [&](const auto& x, const auto& y) { return at::huber_loss(x, y, reduction, delta); });
}

at::Tensor smooth_l1_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction, double beta) {
  return broadcast(input, target, [&](const auto& x, const auto& y) {
    if (kSmoothL1OfZeroBetaIsL1 && beta == 0) return at::l1_loss(x, y, reduction);
    return at::smooth_l1_loss(x, y, reduction, beta);
  });
}

at::Tensor nll_loss_nd(const at::Tensor& input, const at::Tensor& target, const OptionalTensor& weight,
                       int64_t reduction, int64_t ignore_index, double label_smoothing) {
  const at::Tensor labels = hold_labels(target, input);
  check_nll(input, labels, ignore_index);
  if (label_smoothing != 0) {
    return smoothed_nll_loss(input, labels, weight, reduction, ignore_index, label_smoothing);
  }
  return with_labels(labels, [&] { return at::nll_loss_nd(input, labels, weight, reduction, ignore_index); });
}

at::Tensor poisson_nll_loss(const at::Tensor& input, const at::Tensor& target, bool log_input, bool full,
                            double eps, int64_t reduction) {
  return at::poisson_nll_loss(input, target, log_input, full, eps, reduction);
}

at::Tensor kl_div(const at::Tensor& input, const at::Tensor& target, int64_t reduction, bool log_target) {
  if (reduction != kBatchMean) return at::kl_div(input, target, reduction, log_target);
  const at::Tensor sum = at::kl_div(input, target, kSum, log_target);
  return input.dim() == 0 ? sum : sum / number(input.size(0));
}

at::Tensor binary_cross_entropy(const at::Tensor& input, const at::Tensor& target,
                                const OptionalTensor& weight, int64_t reduction) {
  check_binary_cross_entropy(input, target);
  OptionalTensor expanded = weight;
  if (weight.has_value()) expanded = weight->expand(at::infer_size(target.sizes(), weight->sizes()));
  return at::binary_cross_entropy(input, target, expanded, reduction);
}

// The operator broadcasts; torch.nn.functional refuses to.
at::Tensor binary_cross_entropy_with_logits(const at::Tensor& input, const at::Tensor& target,
                                            const OptionalTensor& weight, const OptionalTensor& pos_weight,
                                            int64_t reduction) {
  check_same_size("target", target, "input", input);
  return at::binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction);
}

at::Tensor margin_ranking_loss(const at::Tensor& input1, const at::Tensor& input2, const at::Tensor& target,
                               double margin, int64_t reduction) {
  TORCH_CHECK(input1.dim() == input2.dim() && input1.dim() == target.dim(),
              "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: ",
              input1.sizes(), ", input2: ", input2.sizes(), ", target: ", target.sizes());
  return at::margin_ranking_loss(input1, input2, target, margin, reduction);
}

at::Tensor hinge_embedding_loss(const at::Tensor& input, const at::Tensor& target, double margin,
                                int64_t reduction) {
  return at::hinge_embedding_loss(input, target, margin, reduction);
}

at::Tensor cosine_embedding_loss(const at::Tensor& input1, const at::Tensor& input2, const at::Tensor& target,
                                 double margin, int64_t reduction) {
  return at::cosine_embedding_loss(input1, input2, target, margin, reduction);
}

at::Tensor soft_margin_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction) {
  return at::soft_margin_loss(input, target, reduction);
}

at::Tensor multilabel_margin_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction) {
  const at::Tensor labels = hold_checked(target, input);
  check_multilabel_margin(input, labels, reduction);
  return with_labels(labels, [&] { return at::multilabel_margin_loss(input, labels, reduction); });
}

at::Tensor multi_margin_loss(const at::Tensor& input, const at::Tensor& target, double p, double margin,
                             const OptionalTensor& weight, int64_t reduction) {
  const at::Tensor labels = hold_labels(target, input);
  check_multi_margin(input, labels, weight, reduction);
  return with_labels(labels,
                     [&] { return at::multi_margin_loss(input, labels, p, margin, weight, reduction); });
}

at::Tensor triplet_margin_loss(const at::Tensor& anchor, const at::Tensor& positive,
                               const at::Tensor& negative, double margin, double p, double eps, bool swap,
                               int64_t reduction) {
  return at::triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction);
}

at::Tensor ctc_loss(const at::Tensor& log_probs, const at::Tensor& targets, const at::Tensor& input_lengths,
                    const at::Tensor& target_lengths, int64_t blank, int64_t reduction, bool zero_infinity) {
  const at::Tensor labels = hold_checked(targets, log_probs);
  const at::Tensor inputs = hold_lengths(input_lengths);
  const at::Tensor lengths = hold_lengths(target_lengths);
  check_ctc(log_probs, labels, inputs, lengths);
  // A step of a path costs as much as a dozen elements elsewhere, and each time step has two steps per label.
  constexpr int64_t kElementsPerStep = 12;
  const int64_t steps = log_probs.dim() == 0 ? 0 : log_probs.size(0) * (2 * labels.numel() + 1);
  const OneThread guard(is_small(log_probs.numel()) && is_small(steps * kElementsPerStep));
  return at::ctc_loss(log_probs, labels, inputs, lengths, blank, reduction, zero_infinity);
}

// log_alpha where it is defined, and -inf (no path) past the end of an input or a target, where LibTorch
// leaves memory uninitialized. A copy, since the graph keeps the original for the backward pass.
at::Tensor defined_alpha(const at::Tensor& log_alpha, const std::vector<int64_t>& input_lengths,
                         const std::vector<int64_t>& target_lengths) {
  constexpr double kNoPath = -std::numeric_limits<double>::infinity();
  const at::Tensor alpha = log_alpha.detach().clone();
  const at::Tensor rows = alpha.dim() == 3 ? alpha : alpha.unsqueeze(0);
  for (const auto n : c10::irange(rows.size(0))) {
    const at::Tensor row = rows[n];
    row.slice(0, input_lengths[n]).fill_(kNoPath);
    row.slice(1, 2 * target_lengths[n] + 1).fill_(kNoPath);
  }
  return alpha;
}

// mindspore.ops.ctc_loss returns log_alpha besides the loss. at::ctc_loss computes and drops it, so its inner
// operator is called and the loss reduced as in at::ctc_loss. A test checks that both give the same bits.
std::tuple<at::Tensor, at::Tensor> ctc_loss_with_alpha(const at::Tensor& log_probs, const at::Tensor& targets,
                                                       const at::Tensor& input_lengths,
                                                       const at::Tensor& target_lengths, int64_t blank,
                                                       int64_t reduction, bool zero_infinity) {
  const at::Tensor labels = hold_checked(targets, log_probs);
  const at::Tensor held_inputs = hold_lengths(input_lengths);
  const at::Tensor held_lengths = hold_lengths(target_lengths);
  check_ctc(log_probs, labels, held_inputs, held_lengths);
  const auto list = [](const at::Tensor& given) {
    const at::Tensor values = readable_integers(given);
    return std::vector<int64_t>(values.data_ptr<int64_t>(), values.data_ptr<int64_t>() + values.numel());
  };
  const std::vector<int64_t> inputs = list(held_inputs);
  const std::vector<int64_t> lengths = list(held_lengths);
  auto [loss, log_alpha] =
      at::_ctc_loss(log_probs, labels.to(log_probs.device()), inputs, lengths, blank, zero_infinity);
  const at::Tensor alpha = defined_alpha(log_alpha, inputs, lengths);
  if (zero_infinity) {
    loss = at::where(loss.eq(std::numeric_limits<double>::infinity()), at::scalar_tensor(0, loss.options()),
                     loss);
  }
  if (reduction == kMean) loss = loss / held_lengths.to(loss.device(), loss.scalar_type()).clamp_min(1);
  return {reduce(loss, reduction), alpha};
}

template <auto Function, typename... Arguments, size_t... Index>
PlannedLoss plan(Environment& environment, const std::vector<napi_value>& values,
                 at::Tensor (*)(const at::Tensor&, Arguments...), std::index_sequence<Index...>) {
  std::tuple<std::decay_t<Arguments>...> rest{
      Read<std::decay_t<Arguments>>::from(environment, values.at(Index + 1), Index + 1)...};
  return [rest = std::move(rest)](const at::Tensor& input) {
    return std::apply([&](const auto&... values) { return Function(input, values...); }, rest);
  };
}

template <typename... Arguments>
constexpr size_t arity_after_first(at::Tensor (*)(const at::Tensor&, Arguments...)) {
  return sizeof...(Arguments);
}

template <auto Function>
PlannedLoss plan(Environment& environment, const std::vector<napi_value>& values) {
  return plan<Function>(environment, values, Function,
                        std::make_index_sequence<arity_after_first(Function)>{});
}

}  // namespace

// Parameters that are not above 0 are left to the operators, which refuse them or have another formula.
template <size_t Index, ElementLoss::Kind kKind>
struct ElementLossWithParameter {
  template <typename Arguments>
  static ElementLoss from(const Arguments& arguments) {
    const double parameter = std::get<Index>(arguments);
    return parameter > 0 ? ElementLoss{kKind, parameter} : ElementLoss{};
  }
};

template <ElementLoss::Kind kKind>
struct ElementLossAlone {
  template <typename Arguments>
  static ElementLoss from(const Arguments&) {
    return {kKind};
  }
};

template <>
struct ElementLossOf<&l1_loss> : ElementLossAlone<ElementLoss::Kind::kAbsolute> {};
template <>
struct ElementLossOf<&mse_loss> : ElementLossAlone<ElementLoss::Kind::kSquared> {};
template <>
struct ElementLossOf<&huber_loss> : ElementLossWithParameter<3, ElementLoss::Kind::kHuber> {};
template <>
struct ElementLossOf<&smooth_l1_loss> : ElementLossWithParameter<3, ElementLoss::Kind::kSmoothL1> {};

template <>
struct ElementLossOf<&binary_cross_entropy_with_logits> : ElementLossAlone<ElementLoss::Kind::kBinaryLogits> {
};
template <>
struct ElementLossOf<&kl_div> {
  template <typename Arguments>
  static ElementLoss from(const Arguments& arguments) {
    const bool log_target = std::get<3>(arguments);
    return {log_target ? ElementLoss::Kind::kLogDivergence : ElementLoss::Kind::kDivergence};
  }
};

template <>
struct RowLossOf<&cross_entropy_loss> {
  template <typename Arguments>
  static RowLoss from(const Arguments& arguments) {
    if (std::get<5>(arguments) != 0) return {};  // label_smoothing
    return {RowLoss::Kind::kCrossEntropy, std::get<4>(arguments)};
  }
};
template <>
struct RowLossOf<&nll_loss_nd> {
  template <typename Arguments>
  static RowLoss from(const Arguments& arguments) {
    if (std::get<5>(arguments) != 0) return {};  // label_smoothing
    return {RowLoss::Kind::kNegativeLikelihood, std::get<4>(arguments)};
  }
};

namespace {

// A loss, and how to put it off where it gives one tensor.
struct Loss {
  Entry entry;
  PlannedLoss (*plan)(Environment&, const std::vector<napi_value>&) = nullptr;
};

template <auto Function, auto kCall = small_calls_alone<Function>>
Loss entry(const char* name) {
  return {
      {name, loss_method<kCall>, deferred_loss<kCall>, evaluate_loss<Function>, differentiate_loss<Function>},
      &plan<kCall>};
}

// A loss that is never computed in parts.
template <auto Function, auto kCall = small_calls_alone<Function>>
Loss whole(const char* name) {
  return {{name, loss_method<kCall>, deferred_loss<kCall>}, &plan<kCall>};
}

const std::vector<Loss> kAll = {
    entry<&l1_loss>("l1_loss"),
    entry<&mse_loss>("mse_loss"),
    entry<&huber_loss>("huber_loss"),
    entry<&smooth_l1_loss>("smooth_l1_loss"),
    entry<&cross_entropy_loss>("cross_entropy_loss"),
    entry<&nll_loss_nd>("nll_loss_nd"),
    entry<&poisson_nll_loss>("poisson_nll_loss"),
    entry<&gaussian_nll_loss>("gaussian_nll_loss"),
    entry<&kl_div>("kl_div"),
    entry<&binary_cross_entropy>("binary_cross_entropy"),
    entry<&binary_cross_entropy_with_logits>("binary_cross_entropy_with_logits"),
    entry<&margin_ranking_loss>("margin_ranking_loss"),
    entry<&hinge_embedding_loss>("hinge_embedding_loss"),
    entry<&cosine_embedding_loss>("cosine_embedding_loss"),
    entry<&soft_margin_loss>("soft_margin_loss"),
    entry<&multilabel_soft_margin_loss>("multilabel_soft_margin_loss"),
    entry<&multilabel_margin_loss>("multilabel_margin_loss"),
    entry<&multi_margin_loss>("multi_margin_loss"),
    entry<&triplet_margin_loss>("triplet_margin_loss"),
    entry<&triplet_margin_with_distance_loss>("triplet_margin_with_distance_loss"),
    entry<&triplet_margin_with_pairwise_distance_loss>("triplet_margin_with_pairwise_distance_loss"),
    // With another number of threads a matrix product may have other bits.
    entry<&linear_cross_entropy, &linear_cross_entropy>("linear_cross_entropy"),
    entry<&ctc_loss, &ctc_loss>("ctc_loss"),
    whole<&mae_loss>("mae_loss"),
    whole<&rmse_loss>("rmse_loss"),
    whole<&dice_loss>("dice_loss"),
    whole<&multi_class_dice_loss>("multi_class_dice_loss"),
    whole<&focal_loss>("focal_loss"),
    whole<&softmax_cross_entropy_with_logits>("softmax_cross_entropy_with_logits"),
    // A matrix product, as in linear_cross_entropy.
    whole<&sampled_softmax_loss, &sampled_softmax_loss>("sampled_softmax_loss"),
    {{"ctc_loss_with_alpha", method<&ctc_loss_with_alpha>, deferred_method<&ctc_loss_with_alpha>}},
};

std::vector<Entry> entries() {
  std::vector<Entry> entries;
  for (const Loss& loss : kAll) entries.push_back(loss.entry);
  return entries;
}

}  // namespace

const std::vector<Entry> kLosses = entries();

PlannedLoss plan_loss(Environment& environment, const std::string& name,
                      const std::vector<napi_value>& arguments) {
  for (const Loss& loss : kAll)
    if (name == loss.entry.name && loss.plan != nullptr) return loss.plan(environment, arguments);
  wrong_value("loss", "the name of a loss", "'" + name + "'");
}

}  // namespace torchloss
