#include "losses/linear_cross_entropy.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <torch/csrc/jit/frontend/tracer.h>

#include <algorithm>
#include <vector>

#include "losses/checks.h"
#include "losses/chunked_cross_entropy.h"
#include "losses/composed.h"
#include "losses/losses.h"
#include "node/changes.h"
#include "node/errors.h"

namespace torchloss {

namespace {

constexpr int64_t kUsualIgnoredClass = -100;

bool is_half(at::ScalarType dtype) { return dtype == at::kHalf || dtype == at::kBFloat16; }

int64_t divide_up(int64_t number, int64_t by) { return (number + by - 1) / by; }

// The sizes of the logits.
std::vector<int64_t> logits_sizes(const at::Tensor& input, const at::Tensor& linear_weight) {
  std::vector<int64_t> sizes = linear_weight.sizes().slice(0, linear_weight.dim() - 1).vec();
  if (input.dim() == 2) sizes.insert(sizes.begin(), input.size(0));
  return sizes;
}

void check_shapes(const at::Tensor& input, const at::Tensor& linear_weight,
                  const OptionalTensor& linear_bias) {
  if (input.dim() < 1 || input.dim() > 2) {
    wrong_value("input", "the shape [in_features] or [N, in_features]", text(input.sizes()));
  }
  if (linear_weight.dim() < 2) {
    wrong_value("linear_weight", "the shape [C, in_features] or [C, d1, ..., in_features]",
                text(linear_weight.sizes()));
  }
  if (input.size(-1) != linear_weight.size(-1)) {
    wrong_value("linear_weight",
                "a last dimension of " + std::to_string(input.size(-1)) + ", the in_features of input",
                text(linear_weight.sizes()));
  }
  const at::IntArrayRef outputs = linear_weight.sizes().slice(0, linear_weight.dim() - 1);
  if (linear_bias.has_value() && linear_bias->sizes() != outputs) {
    wrong_value("linear_bias", "the shape " + text(outputs) + ", that of linear_weight without in_features",
                text(linear_bias->sizes()));
  }
  if (linear_weight.dim() > 2 && input.dim() == 1) {
    wrong_value("input",
                "a batch [N, in_features], as linear_weight has the shape " + text(linear_weight.sizes()),
                text(input.sizes()));
  }
}

// The classes of the samples, checked, and copied where they may change before they are read again.
at::Tensor checked_labels(const at::Tensor& target, int64_t samples, int64_t classes, int64_t ignore_index,
                          const at::Tensor& differentiated) {
  if (target.dim() != 1 || target.size(0) != samples) {
    wrong_value("target", "one class index for each sample of input, " + std::to_string(samples),
                "a Tensor of shape " + text(target.sizes()));
  }
  const at::Tensor labels = hold_checked(target, differentiated);
  if (labels.is_cpu() || validation()) require_class_indices(labels, 0, classes, ignore_index);
  return labels;
}

// The values of LinearCrossEntropyOptions.
struct Options {
  bool allow_retain_graph;
  int64_t batch_chunk_size, chunking_factor, acc_policy, acc_dtype;
};

// The rows of a chunk that keep the peak of memory below that of linear and cross_entropy: a power of 2.
int64_t most_rows(int64_t samples, int64_t features, int64_t classes) {
  const int64_t most = samples * classes / (4 * std::max<int64_t>(1, features));
  int64_t power = 1;
  while (power * 2 <= most) power *= 2;
  return power;
}

// Makes the choices that were left to the call.
ChunkedCall resolve(const Options& options, const at::Tensor& input, int64_t classes) {
  const at::ScalarType dtype = input.scalar_type();
  const bool half = is_half(dtype);
  const bool half_on_cpu = half && input.is_cpu();
  ChunkedCall call{};
  call.allow_retain_graph = options.allow_retain_graph;

  call.policy = static_cast<AccPolicy>(options.acc_policy);
  if (call.policy == kAuto) call.policy = half_on_cpu ? kAccurate : kCompact;

  const bool widens = options.acc_policy == kAuto && half && (input.is_cpu() || input.is_cuda());
  if (options.acc_dtype != kChosen) {
    call.acc_dtype = static_cast<at::ScalarType>(options.acc_dtype);
  } else {
    call.acc_dtype = widens ? at::kFloat : dtype;
  }
  if (call.acc_dtype != dtype && !(half && call.acc_dtype == at::kFloat)) {
    wrong_value("options.acc_dtype", "the dtype of input or, where that is float16 or bfloat16, float32",
                at::toString(call.acc_dtype));
  }

  const int64_t samples = input.size(0);
  const int64_t given = options.batch_chunk_size;
  int64_t factor = options.chunking_factor;
  const bool chosen = factor == kChosen && given == kAbsent;
  if (factor == kChosen) factor = !chosen ? kAbsent : kAutoChunksAreCapped || half_on_cpu ? 1 : 2;
  call.rows = given == kAbsent ? samples : std::min(given, samples);
  if (factor != kAbsent) {
    // As many rows as make the logits about as large as the input: the next power of 2.
    const int64_t ratio = divide_up(std::max<int64_t>(1, classes), std::max<int64_t>(1, input.size(1)));
    const int64_t rows = divide_up(samples, ratio);
    int64_t power = samples == 0 ? 2 : 1;
    while (power < rows) power *= 2;
    call.rows = std::min(power / factor, samples);
    if (kAutoChunksAreCapped && chosen && call.policy == kCompact) {
      call.rows = std::min(call.rows, most_rows(samples, input.size(1), classes));
    }
    if (given != kAbsent && given != call.rows) {
      wrong_value("options.batch_chunk_size",
                  "the " + std::to_string(call.rows) + " of chunking_method, or a chunking_method of null",
                  std::to_string(given));
    }
  }
  call.rows = std::max<int64_t>(1, call.rows);
  return call;
}

// What keeps a call from being computed in chunks; nothing if it can be.
std::string obstacle(const at::Tensor& target, const at::Tensor& linear_weight, double label_smoothing) {
  if (linear_weight.dim() > 2) return "linear_weight has more than two dimensions";
  if (label_smoothing != 0) return "label_smoothing is not 0";
  if (target.scalar_type() != at::kLong) return "target is not int64";
  if (torch::jit::tracer::isTracing()) return "the call is being traced";
  return {};
}

at::Tensor in_chunks(const at::Tensor& input, const at::Tensor& target, const OptionalTensor& weight,
                     const at::Tensor& linear_weight, const OptionalTensor& linear_bias, int64_t reduction,
                     int64_t ignore_index, const Options& options) {
  const int64_t classes = linear_weight.size(0);
  const bool batched = input.dim() == 2;
  if (!batched && target.dim() != 0) {
    wrong_value("target", "a Tensor without dimensions, as input is a single sample",
                "one of shape " + text(target.sizes()));
  }
  if (weight.has_value() && (weight->dim() != 1 || weight->size(0) != classes)) {
    wrong_value("weight", "one weight for each of " + std::to_string(classes) + " classes",
                text(weight->sizes()));
  }
  const at::Tensor rows = batched ? input : input.unsqueeze(0);
  ChunkedCall call = resolve(options, rows, classes);
  const at::Tensor* differentiated = &input;
  if (linear_weight.requires_grad()) differentiated = &linear_weight;
  if (linear_bias.has_value() && linear_bias->requires_grad()) differentiated = &*linear_bias;
  call.target = checked_labels(batched ? target : target.unsqueeze(0), rows.size(0), classes, ignore_index,
                               *differentiated);
  call.weight = weight;
  call.reduction = reduction;
  call.ignore_index = ignore_index;
  const at::Tensor loss = chunked_cross_entropy(rows, linear_weight, linear_bias, call);
  return batched ? loss : loss.squeeze(0);
}

}  // namespace

at::Tensor linear_cross_entropy(const at::Tensor& input, const at::Tensor& target,
                                const OptionalTensor& weight, const at::Tensor& linear_weight,
                                const OptionalTensor& linear_bias, int64_t reduction,
                                optional<int64_t> ignore_index, double label_smoothing, bool chunked,
                                bool allow_retain_graph, int64_t batch_chunk_size, int64_t chunking_factor,
                                int64_t acc_policy, int64_t acc_dtype) {
  check_shapes(input, linear_weight, linear_bias);
  const std::vector<int64_t> sizes = logits_sizes(input, linear_weight);
  if (ignore_index.has_value() && target.sizes() == at::IntArrayRef(sizes)) {
    wrong_value("ignore_index", "null, as target holds probabilities: it has the shape of the logits",
                std::to_string(*ignore_index));
  }
  const int64_t ignored = ignore_index.value_or(kUsualIgnoredClass);
  if (chunked) {
    const std::string reason = obstacle(target, linear_weight, label_smoothing);
    if (reason.empty()) {
      return in_chunks(input, target, weight, linear_weight, linear_bias, reduction, ignored,
                       {allow_retain_graph, batch_chunk_size, chunking_factor, acc_policy, acc_dtype});
    }
    TORCH_WARN("linear_cross_entropy: options are ignored, and all logits are in memory at once, since ",
               reason, ".");
  }
  const at::Tensor flat_weight =
      linear_weight.dim() == 2 ? linear_weight : linear_weight.reshape({-1, input.size(-1)});
  const OptionalTensor flat_bias =
      linear_bias.has_value() ? OptionalTensor(linear_bias->reshape({-1})) : linear_bias;
  const at::Tensor logits = at::linear(input, flat_weight, flat_bias).reshape(sizes);
  return torchloss::cross_entropy_loss(logits, target, weight, reduction, ignored, label_smoothing);
}

}  // namespace torchloss
