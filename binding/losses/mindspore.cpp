#include "losses/mindspore.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/relu6.h>
#include <ATen/ops/rsub.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <limits>

#include "losses/checks.h"
#include "losses/composed.h"
#include "node/values.h"

namespace torchloss {

namespace {

// Class indices as int64, in memory of their own, since a graph reads them again. Below 0 they count from the
// last class, if `from_end`. Those on a CUDA device are checked unless the caller vouches for them.
at::Tensor class_indices(const char* parameter, const at::Tensor& labels, int64_t classes, bool from_end) {
  const at::Tensor given = labels.to(at::kLong);
  const at::Tensor indices = from_end ? at::where(given.lt(0), given + classes, given) : given.clone();
  if (!indices.is_cpu() && !validation()) return indices;
  const at::Tensor wrong = indices.lt(0).logical_or(indices.ge(classes));
  if (!wrong.any().item<bool>()) return indices;
  const auto first = given.masked_select(wrong)[0].item<int64_t>();
  wrong_value(
      parameter,
      "class indices from " + std::to_string(from_end ? -classes : 0) + " to " + std::to_string(classes - 1),
      std::to_string(first));
}

at::Tensor activate(const at::Tensor& logits, int64_t activation) {
  switch (activation) {
    case kSoftmax:
      return at::softmax(logits, -1);
    case kLogSoftmax:
      return at::log_softmax(logits, -1);
    case kReLU:
      return at::relu(logits);
    case kReLU6:
      return at::relu6(logits);
    case kTanh:
      return at::tanh(logits);
    case kSigmoid:
      return at::sigmoid(logits);
    default:
      return logits;
  }
}

// [N, C, ...] as [N, C, M].
at::Tensor with_positions(const at::Tensor& tensor) {
  return tensor.dim() == 2 ? tensor.unsqueeze(2) : tensor.flatten(2);
}

}  // namespace

at::Tensor mae_loss(const at::Tensor& logits, const at::Tensor& labels, int64_t reduction) {
  return reduce((logits - labels).abs(), reduction);
}

at::Tensor rmse_loss(const at::Tensor& logits, const at::Tensor& labels) {
  return (logits - labels).square().mean().sqrt();
}

at::Tensor dice_loss(const at::Tensor& logits, const at::Tensor& labels, double smooth) {
  const at::Tensor x = logits.reshape(-1);
  const at::Tensor y = labels.reshape(-1);
  const at::Tensor intersection = (x * y).sum();
  const at::Tensor both = (x * x).sum() + (y * y).sum();
  return at::rsub(2 * intersection / (both + smooth), 1);
}

at::Tensor multi_class_dice_loss(const at::Tensor& logits, const at::Tensor& labels,
                                 const OptionalTensor& weights, optional<int64_t> ignored,
                                 int64_t activation) {
  constexpr double kSmooth = 1e-5;
  const int64_t classes = labels.size(1);
  if (weights.has_value() && weights->size(0) != classes) {
    wrong_value("weights", std::to_string(classes) + " rows, one for each class", text(weights->sizes()));
  }
  const at::Tensor activated = activate(logits, activation);
  at::Tensor total;
  for (int64_t at = 0; at < classes; ++at) {
    if (ignored == at) continue;
    at::Tensor loss = dice_loss(activated.select(1, at), labels.select(1, at), kSmooth);
    if (weights.has_value()) loss = loss * weights->select(0, at);
    total = total.defined() ? total + loss : loss;
  }
  if (!total.defined()) {
    wrong_value("labels", "a class that is not ignored", text(labels.sizes()));
  }
  return total / classes;
}

at::Tensor focal_loss(const at::Tensor& logits, const at::Tensor& labels, const OptionalTensor& weight,
                      double gamma, int64_t reduction) {
  const int64_t classes = logits.size(1);
  if (weight.has_value() && weight->size(0) != classes) {
    wrong_value("weight", std::to_string(classes) + " elements, one for each class", text(weight->sizes()));
  }
  const bool sparse = labels.size(1) == 1;
  const at::Tensor shares = with_positions(labels);
  at::Tensor log_probability = at::log_softmax(with_positions(logits), 1);
  at::Tensor indices;
  if (sparse) {
    indices = class_indices("labels", shares, classes, true);
    log_probability = log_probability.gather(1, indices).squeeze(1);
  }
  const at::Tensor probability = log_probability.exp();
  if (weight.has_value()) {
    at::Tensor factors = weight->view({1, -1, 1});
    if (sparse) {
      factors = factors.expand({shares.size(0), classes, shares.size(2)}).gather(1, indices).squeeze(1);
    }
    log_probability = log_probability * factors;
  }
  const at::Tensor modulated = -1 * (-1 * probability + 1.0).pow(gamma);
  if (sparse) return reduce((modulated * log_probability).mean(1), reduction);
  return reduce((modulated * shares * log_probability).mean(-1), reduction);
}

at::Tensor softmax_cross_entropy_with_logits(const at::Tensor& logits, const at::Tensor& labels, bool sparse,
                                             int64_t reduction) {
  constexpr int64_t kNoneIgnored = std::numeric_limits<int64_t>::min();
  const at::ScalarType dtype = labels.scalar_type();
  if (!sparse) {
    if (dtype != logits.scalar_type()) {
      wrong_type("labels",
                 "the dtype of logits, " + dtype_name(logits.scalar_type()) + ", if sparse is false",
                 dtype_name(dtype));
    }
    check_same_size("labels", labels, "logits", logits);
    return at::cross_entropy_loss(logits, labels, {}, reduction, -100, 0);
  }
  if (dtype != at::kInt && dtype != at::kLong) {
    wrong_type("labels", "class indices in int32 or int64 if sparse is true", dtype_name(dtype));
  }
  if (labels.dim() != 1 || labels.size(0) != logits.size(0)) {
    wrong_value("labels", "one class index for each row of logits, [" + std::to_string(logits.size(0)) + "]",
                text(labels.sizes()));
  }
  const at::Tensor indices = class_indices("labels", labels, logits.size(1), false);
  return at::cross_entropy_loss(logits, indices, {}, reduction, kNoneIgnored, 0);
}

at::Tensor sampled_softmax_loss(const at::Tensor& weights, const at::Tensor& biases, const at::Tensor& labels,
                                const at::Tensor& logits, int64_t num_true, const at::Tensor& sampled,
                                const at::Tensor& true_expected, const at::Tensor& sampled_expected,
                                int64_t reduction) {
  constexpr double kSmallest = 1.0e-20;
  const int64_t classes = weights.size(0);
  const int64_t width = weights.size(1);
  const int64_t samples = logits.size(0);
  const int64_t labelled = samples * num_true;
  if (labels.numel() != labelled) {
    wrong_value("labels", std::to_string(num_true) + " for each row of logits, " + std::to_string(labelled),
                text(labels.sizes()));
  }
  if (sampled.dim() != 1) {
    wrong_value("sampled_values[0]", "a Tensor of 1 dimension", text(sampled.sizes()));
  }
  const auto here = [&](const at::Tensor& values) { return values.to(logits.device()); };
  const at::Tensor ids = at::cat({class_indices("labels", labels, classes, false).reshape({-1}),
                                  class_indices("sampled_values[0]", here(sampled), classes, false)});
  const at::Tensor rows = weights.index_select(0, ids);
  const at::Tensor offsets = biases.index_select(0, ids);
  const auto true_part = [&](const at::Tensor& all) { return all.narrow(0, 0, labelled); };
  const auto sampled_part = [&](const at::Tensor& all) { return all.narrow(0, labelled, sampled.size(0)); };

  const at::Tensor products = logits.unsqueeze(1) * true_part(rows).reshape({samples, num_true, width});
  const at::Tensor true_logits = products.sum(2) + true_part(offsets).reshape({samples, num_true});
  const at::Tensor sampled_logits = at::matmul(logits, sampled_part(rows).t()) + sampled_part(offsets);
  const at::Tensor corrected_true = true_logits - here(true_expected).log();
  const at::Tensor corrected_sampled = sampled_logits - here(sampled_expected).log();

  const at::Tensor scores = at::cat({corrected_true, corrected_sampled}, 1);
  const at::Tensor targets =
      at::cat({at::ones_like(corrected_true) / num_true, at::zeros_like(corrected_sampled)}, 1);
  const at::Tensor exponentials = (scores - at::amax(scores, 1, true)).exp();
  const at::Tensor probabilities = exponentials / exponentials.sum(1, true);
  return reduce(-1 * (targets * (probabilities + kSmallest).log()).sum(1), reduction);
}

}  // namespace torchloss
