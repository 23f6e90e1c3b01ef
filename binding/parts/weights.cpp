#include "parts/weights.h"

#include <ATen/ops/amax.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <c10/util/irange.h>

#include <algorithm>

#include "losses/checks.h"
#include "parts/exact_sum.h"

namespace torchloss {

namespace {

template <typename T>
std::vector<double> sums(const at::Tensor& values, int64_t samples) {
  const int64_t width = values.numel() / samples;
  const T* data = values.data_ptr<T>();
  std::vector<double> sums(samples);
  if (width == 1) {
    std::copy(data, data + samples, sums.begin());
  } else {
    for (const auto i : c10::irange(samples)) sums[i] = sample_sum(data + i * width, width);
  }
  return sums;
}

std::vector<double> class_weights(const Settings& settings, const std::vector<at::Tensor>& part,
                                  int64_t samples, int64_t width) {
  const at::Tensor targets = readable_integers(part[1]);
  const auto* target = targets.data_ptr<int64_t>();
  const at::Tensor& given = part[2];
  at::Tensor weights;
  if (given.defined()) weights = given.to(at::kCPU, at::kDouble).contiguous();
  const double* weight = given.defined() ? weights.data_ptr<double>() : nullptr;
  const int64_t classes = given.defined() ? weights.numel() : 0;
  std::vector<double> own(width);
  std::vector<double> result(samples);
  for (const auto i : c10::irange(samples)) {
    for (const auto j : c10::irange(width)) {
      const int64_t label = target[i * width + j];
      // A class that does not exist, or has no weight, is left to the loss.
      const bool counts =
          label != settings.ignore_index && (weight == nullptr || (label >= 0 && label < classes));
      own[j] = !counts ? 0 : weight == nullptr ? 1 : weight[label];
    }
    result[i] = sample_sum(own.data(), width);
  }
  return result;
}

// The dimension of the classes.
int64_t class_dim(const at::Tensor& scores) { return scores.dim() == 1 ? 0 : 1; }

}  // namespace

bool is_half(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kHalf || tensor.scalar_type() == at::kBFloat16;
}

at::Tensor widened(const at::Tensor& tensor) { return is_half(tensor) ? tensor.to(at::kFloat) : tensor; }

std::vector<double> sample_sums(const at::Tensor& losses, int64_t samples) {
  if (!losses.is_cpu()) {
    const at::Tensor all = losses.reshape({samples, -1}).to(at::kDouble).sum(1).cpu();
    return {all.data_ptr<double>(), all.data_ptr<double>() + samples};
  }
  if (losses.scalar_type() == at::kFloat) return sums<float>(losses.contiguous(), samples);
  return sums<double>(losses.to(at::kDouble).contiguous(), samples);
}

std::vector<double> sample_weights(const Settings& settings, const std::vector<at::Tensor>& part,
                                   int64_t samples, int64_t width) {
  switch (settings.weighing) {
    case kClassWeights:
      return class_weights(settings, part, samples, width);
    case kElementWeights:
      return sample_sums(part[settings.inputs], samples);
    default:
      return {};
  }
}

at::Tensor predicted_classes(const Settings& settings, const std::vector<at::Tensor>& part) {
  if (settings.wants_right && !at::isIntegralType(part[1].scalar_type(), false)) {
    wrong_value("target", "class indices, for the accuracy", "probabilities");
  }
  const at::Tensor scores = widened(part[0]);
  return at::argmax(scores, class_dim(scores));
}

Hits sample_hits(const Settings& settings, const at::Tensor& target_classes, const at::Tensor& predicted,
                 int64_t samples) {
  const at::Tensor guesses = readable_integers(predicted);
  const at::Tensor targets = readable_integers(target_classes);
  const int64_t width = targets.numel() / samples;
  const auto* guess = guesses.data_ptr<int64_t>();
  const auto* target = targets.data_ptr<int64_t>();
  Hits hits{std::vector<double>(samples), std::vector<double>(samples)};
  for (const auto i : c10::irange(targets.numel())) {
    if (target[i] == settings.ignore_index) continue;
    hits.counted[i / width] += 1;
    hits.right[i / width] += guess[i] == target[i] ? 1 : 0;
  }
  return hits;
}

Labels target_labels(const Settings& settings, const std::vector<at::Tensor>& part, at::Tensor predicted) {
  const at::Tensor scores = widened(part[0]);
  const int64_t dim = class_dim(scores);
  at::Tensor confidences;
  switch (settings.scores) {
    case kProbabilities:
    case kBinaryLogits:
      confidences = settings.scores == kBinaryLogits ? at::sigmoid(scores) : scores;
      predicted = at::gt(confidences, 0.5);
      break;
    case kLogits:
      confidences = at::amax(at::softmax(scores, dim), dim);
      break;
    case kLogProbabilities:
      confidences = at::exp(at::amax(scores, dim));
      break;
    default:
      break;
  }
  const auto numbers = [](const at::Tensor& tensor) {
    const at::Tensor values = tensor.to(at::kCPU, at::kDouble).contiguous();
    return std::vector<double>(values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
  };
  Labels labels{numbers(part[1]), numbers(predicted), {}};
  if (confidences.defined()) labels.confidences = numbers(confidences);
  if (labels.targets.size() != labels.predicted.size()) {
    wrong_value("target", "one class for each prediction", text(part[1].sizes()));
  }
  return labels;
}

void divide_by_lengths(std::vector<double>& losses, const at::Tensor& lengths) {
  const at::Tensor counts = readable_integers(lengths);
  for (const auto i : c10::irange(counts.numel())) {
    losses[i] /= static_cast<double>(std::max<int64_t>(1, counts.data_ptr<int64_t>()[i]));
  }
}

}  // namespace torchloss
