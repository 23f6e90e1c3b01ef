#include "losses/composed.h"

#include <ATen/ScalarOps.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/broadcast_tensors.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/huber_loss.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/nll_loss_nd.h>
#include <ATen/ops/pairwise_distance.h>
#include <ATen/ops/rsub.h>
#include <ATen/ops/sum.h>

#include <cmath>
#include <numbers>

#include "losses/checks.h"
#include "node/changes.h"

namespace torchloss {

at::Tensor number(const at::Scalar& value) { return at::native::wrapped_scalar_tensor(value); }

at::Tensor reduce(const at::Tensor& losses, int64_t reduction) {
  if (reduction == kMean) return losses.mean();
  if (reduction == kSum) return losses.sum();
  return losses;
}

namespace {

at::Tensor weighted_mean(const at::Tensor& weighted, const at::Tensor& weight, int64_t reduction) {
  return reduction == kMean ? weighted.sum() / weight.sum() : reduce(weighted, reduction);
}

// input - target, after a check that weight has input's size.
at::Tensor difference(const at::Tensor& input, const at::Tensor& target, const at::Tensor& weight) {
  check_same_size("weight", weight, "input", input);
  return input - target;
}

// The variance in a shape that broadcasts to that of input.
at::Tensor fit_variance(const at::Tensor& var, const at::Tensor& input) {
  if (var.sizes() == input.sizes()) return var;
  if (input.dim() > 0 && var.sizes() == input.sizes().slice(0, input.dim() - 1)) return var.unsqueeze(-1);
  if (var.dim() == input.dim()) {
    int64_t apart = 0;  // PyTorch sums the sizes that differ; the sum 1 means one of size 1
    for (int64_t dim = 0; dim < input.dim(); ++dim) {
      if (var.size(dim) != input.size(dim)) apart += var.size(dim);
    }
    const bool last = input.dim() > 0 && var.size(-1) == 1 &&
                      var.sizes().slice(0, var.dim() - 1) == input.sizes().slice(0, input.dim() - 1);
    if (kVarianceBroadcastsAnywhere ? apart == 1 : last) return var;
  }
  wrong_value("var", "the shape of input, " + text(input.sizes()) + ", or one that differs by a size of 1",
              text(var.sizes()));
}

}  // namespace

at::Tensor weighted_l1_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction,
                            const at::Tensor& weight) {
  return weighted_mean(difference(input, target, weight).abs() * weight, weight, reduction);
}

at::Tensor weighted_mse_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction,
                             const at::Tensor& weight) {
  return weighted_mean(difference(input, target, weight).pow(2) * weight, weight, reduction);
}

at::Tensor weighted_huber_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction,
                               double delta, const at::Tensor& weight) {
  check_same_size("weight", weight, "input", input);
  const std::vector<at::Tensor> expanded = at::broadcast_tensors({input, target});
  return reduce(at::huber_loss(expanded[0], expanded[1], kNone, delta) * weight, reduction);
}

at::Tensor smoothed_nll_loss(const at::Tensor& input, const at::Tensor& target, const OptionalTensor& weight,
                             int64_t reduction, int64_t ignore_index, double label_smoothing) {
  const at::Tensor plain = at::nll_loss_nd(input, target, weight, reduction, ignore_index);
  const int64_t dim = input.dim() == 1 ? 0 : 1;
  at::Tensor weighted = input;
  if (weight.has_value()) {
    std::vector<int64_t> sizes(input.dim(), 1);
    sizes[dim] = input.size(dim);
    weighted = input * weight->view(sizes);
  }
  const at::Tensor ignored = target.eq(ignore_index);
  const at::Tensor all = weighted.sum(dim).neg().masked_fill(ignored, 0);
  at::Tensor smooth = reduce(all, reduction);
  if (reduction == kMean) {
    // As in the plain loss, the mean is weighted by the weights of the labels.
    at::Tensor counted = ignored.logical_not();
    if (weight.has_value()) {
      counted =
          weight->index_select(0, target.masked_fill(ignored, 0).flatten()).masked_fill(ignored.flatten(), 0);
    }
    smooth = all.sum() / counted.sum();
  }
  const double share = label_smoothing / static_cast<double>(input.size(dim));
  return plain * (1 - label_smoothing) + smooth * share;
}

at::Tensor gaussian_nll_loss(const at::Tensor& input, const at::Tensor& target, const at::Tensor& var,
                             bool full, double eps, int64_t reduction) {
  at::Tensor variance = fit_variance(var, input);
  if (variance.lt(0).any().item<bool>()) wrong_value("var", "no negative entries", "some");
  variance = variance.clone();
  {
    // Outside the graph: the gradient flows as if nothing had been clamped to eps.
    const at::NoGradGuard guard;
    variance.clamp_min_(eps);
  }
  at::Tensor loss = (variance.log() + (input - target).pow(2) / variance) * number(0.5);
  if (full) loss = loss + number(0.5 * std::log(2 * std::numbers::pi));
  return reduce(loss, reduction);
}

at::Tensor multilabel_soft_margin_loss(const at::Tensor& input, const at::Tensor& target,
                                       const OptionalTensor& weight, int64_t reduction) {
  const int64_t dim = input.dim() - 1;
  const int64_t classes = input.size(dim);
  at::Tensor losses =
      (target * at::log_sigmoid(input) + at::rsub(target, 1) * at::log_sigmoid(input.neg())).neg();
  if (weight.has_value()) losses = losses * *weight;
  return reduce(losses.sum(dim) / number(classes), reduction);
}

at::Tensor triplet_margin_with_distance_loss(const at::Tensor& positive_distance,
                                             const at::Tensor& negative_distance,
                                             const OptionalTensor& swap_distance, double margin,
                                             int64_t reduction) {
  const at::Tensor negative =
      swap_distance.has_value() ? at::minimum(negative_distance, *swap_distance) : negative_distance;
  const at::Tensor gap =
      kTripletAddsMarginFirst ? positive_distance + margin - negative : positive_distance - negative + margin;
  return reduce(at::clamp_min(gap, 0), reduction);
}

at::Tensor triplet_margin_with_pairwise_distance_loss(const at::Tensor& anchor, const at::Tensor& positive,
                                                      const at::Tensor& negative, double margin, bool swap,
                                                      int64_t reduction) {
  OptionalTensor swap_distance;
  if (swap) swap_distance = at::pairwise_distance(positive, negative);
  return triplet_margin_with_distance_loss(at::pairwise_distance(anchor, positive),
                                           at::pairwise_distance(anchor, negative), swap_distance, margin,
                                           reduction);
}

}  // namespace torchloss
