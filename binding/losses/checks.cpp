#include "losses/checks.h"

#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/irange.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <utility>

#include "lanes/threads.h"
#include "node/changes.h"

namespace torchloss {

std::string text(at::IntArrayRef sizes) {
  std::ostringstream out;
  out << sizes;
  return out.str();
}

at::Tensor readable_integers(const at::Tensor& tensor) { return tensor.to(at::kCPU, at::kLong).contiguous(); }

namespace {

thread_local bool validates = true;

bool is_trusted(const at::Tensor& tensor) { return tensor.is_cpu() || !validates || tensor.numel() == 0; }

}  // namespace

bool set_validation(bool enabled) { return std::exchange(validates, enabled); }

bool validation() { return validates; }

namespace {

bool is_differentiated(const at::Tensor& input) {
  return at::GradMode::is_enabled() && input.requires_grad();
}

// A copy with the same strides and the same gaps between elements: when ctc_loss of LibTorch 1.13 computes
// the gradient, it reads its targets as if they were contiguous, and Python has the resulting numbers.
at::Tensor copy_layout(const at::Tensor& integers) {
  if (integers.is_contiguous() || integers.numel() == 0) return integers.clone();
  int64_t extent = 1;
  for (int64_t dim = 0; dim < integers.dim(); ++dim) {
    extent += (integers.size(dim) - 1) * integers.stride(dim);
  }
  const at::Tensor block = integers.as_strided({extent}, {1}, integers.storage_offset());
  return block.clone().as_strided(integers.sizes(), integers.strides(), 0);
}

at::Tensor copy_if(bool wanted, const at::Tensor& integers) {
  const bool copies =
      wanted && integers.is_cpu() && at::isIntegralType(integers.scalar_type(), /*includeBool=*/false);
  return copies ? copy_layout(integers) : integers;
}

}  // namespace

at::Tensor hold_labels(const at::Tensor& labels, const at::Tensor& input) {
  return copy_if(is_differentiated(input), labels);
}

at::Tensor hold_checked(const at::Tensor& labels, const at::Tensor& input) {
  return copy_if(is_differentiated(input) || !threads::runs_javascript(), labels);
}

at::Tensor hold_lengths(const at::Tensor& lengths) { return copy_if(!threads::runs_javascript(), lengths); }

void check_same_size(const char* parameter, const at::Tensor& tensor, const char* reference_name,
                     const at::Tensor& reference) {
  if (tensor.sizes() == reference.sizes()) return;
  wrong_value(parameter, std::string("the shape of ") + reference_name + ", " + text(reference.sizes()),
              text(tensor.sizes()));
}

void check_class_indices(const at::Tensor& target, int64_t lowest, int64_t classes,
                         optional<int64_t> ignore_index) {
  if (is_trusted(target) || !at::isIntegralType(target.scalar_type(), false)) return;
  require_class_indices(target, lowest, classes, ignore_index);
}

void require_class_indices(const at::Tensor& target, int64_t lowest, int64_t classes,
                           optional<int64_t> ignore_index) {
  const at::Tensor indices = target.to(at::kLong);  // in uint8 a bound of 256 or more would wrap
  at::Tensor wrong = indices.lt(lowest).logical_or(indices.ge(classes));
  if (ignore_index.has_value()) wrong = wrong.logical_and(indices.ne(*ignore_index));
  if (!wrong.any().item<bool>()) return;
  const auto first = indices.masked_select(wrong)[0].item<int64_t>();
  wrong_value("target", "class indices from " + std::to_string(lowest) + " to " + std::to_string(classes - 1),
              std::to_string(first));
}

void check_probabilities(const char* parameter, const at::Tensor& tensor) {
  if (is_trusted(tensor)) return;
  const at::Tensor inside = tensor.ge(0).logical_and(tensor.le(1));
  TORCH_CHECK(inside.all().item<bool>(), "all elements of ", parameter, " should be between 0 and 1");
}

void check_nll(const at::Tensor& input, const at::Tensor& target, int64_t ignore_index) {
  if (input.dim() == 1 && target.dim() == 1 && target.numel() == 0) {
    wrong_value("target", "the class index of 1 sample", text(target.sizes()));
  }
  const int64_t classes = input.dim() == 0 ? 0 : input.size(input.dim() == 1 ? 0 : 1);
  check_class_indices(target, 0, classes, ignore_index);
}

void check_binary_cross_entropy(const at::Tensor& input, const at::Tensor& target) {
  check_same_size("target", target, "input", input);
  check_probabilities("input", input);
  check_probabilities("target", target);
}

namespace {

void check_reducible_batch(const at::Tensor& input, int64_t reduction) {
  if (reduction == at::Reduction::None || input.dim() != 2 || input.size(0) > 0) return;
  wrong_value("input", "a batch of at least 1 sample to reduce", text(input.sizes()));
}

}  // namespace

void check_multi_margin(const at::Tensor& input, const at::Tensor& target, const OptionalTensor& weight,
                        int64_t reduction) {
  check_reducible_batch(input, reduction);
  const int64_t classes = input.dim() == 0 ? 1 : input.size(-1);
  check_class_indices(target, 0, classes);
  if (!weight.has_value()) return;
  if (weight->dim() != 1) wrong_value("weight", "one dimension", text(weight->sizes()));
  TORCH_CHECK(kMultiMarginChecksWeight || weight->numel() == classes, "inconsistent weight size, expected ",
              classes, " but got ", weight->sizes());
}

void check_multilabel_margin(const at::Tensor& input, const at::Tensor& target, int64_t reduction) {
  check_reducible_batch(input, reduction);
  if (input.dim() > 0) check_class_indices(target, -1, input.size(-1));
}

namespace {

// Lengths that are too long are left to the operator, unless their sum overflows.
void check_lengths(const char* parameter, const int64_t* lengths, int64_t count, int64_t lowest) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  for (const auto n : c10::irange(count)) {
    if (lengths[n] >= lowest && lengths[n] <= kMost) continue;
    wrong_value(parameter,
                lengths[n] < lowest ? "lengths of at least " + std::to_string(lowest)
                                    : "lengths of at most " + std::to_string(kMost),
                std::to_string(lengths[n]) + " at [" + std::to_string(n) + "]");
  }
}

}  // namespace

void check_ctc(const at::Tensor& log_probs, const at::Tensor& targets, const at::Tensor& input_lengths,
               const at::Tensor& target_lengths) {
  const bool batched = log_probs.dim() == 3;
  // Wrong dimensions, and lengths of another dtype or number, are left to the operator.
  if (!batched && log_probs.dim() != 2) return;
  for (const at::Tensor* lengths : {&input_lengths, &target_lengths}) {
    if (!at::isIntegralType(lengths->scalar_type(), false)) return;
  }
  const int64_t batch = batched ? log_probs.size(1) : 1;
  if (input_lengths.numel() != batch || target_lengths.numel() != batch) return;

  const at::Tensor inputs = readable_integers(input_lengths);
  const at::Tensor lengths = readable_integers(target_lengths);
  check_lengths("input_lengths", inputs.data_ptr<int64_t>(), batch, kCtcTakesEmptyInput ? 0 : 1);
  const auto* length = lengths.data_ptr<int64_t>();
  check_lengths("target_lengths", length, batch, 0);

  // The operator itself reads the lengths on the CPU; the labels are copied for this check alone.
  if (!targets.is_cpu() && !validates) return;
  const at::Tensor labels = readable_integers(targets);
  const bool padded = labels.dim() == 2;
  const int64_t classes = log_probs.size(-1);
  const auto* label = labels.data_ptr<int64_t>();
  int64_t begin = 0;
  for (const auto n : c10::irange(batch)) {
    // A row too short for its length is left to the operator; the labels it has are checked.
    if (padded) begin = n * labels.size(1);
    const int64_t room = std::max<int64_t>(labels.numel() - begin, 0);
    const int64_t count = std::min({length[n], room, padded ? labels.size(1) : room});
    for (const auto s : c10::irange(count)) {
      if (label[begin + s] >= 0 && label[begin + s] < classes) continue;
      wrong_value("targets", "class indices from 0 to " + std::to_string(classes - 1),
                  std::to_string(label[begin + s]) + " in sequence " + std::to_string(n));
    }
    begin += length[n];
  }
}

}  // namespace torchloss
