// Every loss that is one operator of LibTorch: the call itself, and before it what torch.nn.functional does in Python
// and what LibTorch leaves unchecked. Arguments come in the operator's order.
#include "losses.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/broadcast_tensors.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/ctc_loss.h>
#include <ATen/ops/_ctc_loss.h>
#include <ATen/ops/kl_div.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/smooth_l1_loss.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <c10/util/irange.h>

#include <sstream>

#include "composed.h"
#include "storage.h"

namespace torchloss {

namespace {

// at::Reduction's numbers, and the one that kl_div alone adds. lib/loss.ts uses the same.
enum Reduction : int64_t { kNone = 0, kMean = 1, kSum = 2, kBatchMean = 3 };

std::string text(at::IntArrayRef sizes) {
  std::ostringstream out;
  out << sizes;
  return out.str();
}

// A class index outside 0..classes-1 is an index error on the CPU, but on CUDA an assertion in the kernel that leaves
// every later CUDA call of the process failing. So labels on a device are checked before the kernel sees them.
void check_class_indices(const at::Tensor& target, int64_t classes, int64_t ignore_index) {
  if (target.is_cpu() || !at::isIntegralType(target.scalar_type(), false) || target.numel() == 0) return;
  const at::Tensor wrong = target.lt(0).logical_or(target.ge(classes)).logical_and(target.ne(ignore_index));
  if (wrong.any().item<bool>()) {
    wrong_value("target", "class indices from 0 to " + std::to_string(classes - 1), "one outside");
  }
}

at::Tensor cross_entropy_loss(const at::Tensor& input, const at::Tensor& target, const OptionalTensor& weight,
                              int64_t reduction, int64_t ignore_index, double label_smoothing) {
  if (!target.is_cpu() && input.dim() > 0) {
    check_class_indices(target, input.size(input.dim() == 1 ? 0 : 1), ignore_index);
  }
  return at::cross_entropy_loss(input, target, weight, reduction, ignore_index, label_smoothing);
}

// The operator's own broadcasting divides a mean's gradient by the wrong count, so both are expanded first, as
// torch.nn.functional does.
at::Tensor smooth_l1_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction, double beta) {
  if (input.sizes() == target.sizes()) return compact(at::smooth_l1_loss(input, target, reduction, beta));
  const std::vector<at::Tensor> expanded = at::broadcast_tensors({input, target});
  return compact(at::smooth_l1_loss(expanded[0], expanded[1], reduction, beta));
}

at::Tensor kl_div(const at::Tensor& input, const at::Tensor& target, int64_t reduction, bool log_target) {
  if (reduction != kBatchMean) return at::kl_div(input, target, reduction, log_target);
  const at::Tensor sum = at::kl_div(input, target, kSum, log_target);
  return input.dim() == 0 ? sum : sum / input.size(0);
}

// The operator broadcasts; torch.nn.functional does not allow it.
at::Tensor binary_cross_entropy_with_logits(const at::Tensor& input, const at::Tensor& target,
                                            const OptionalTensor& weight, const OptionalTensor& pos_weight,
                                            int64_t reduction) {
  if (input.sizes() != target.sizes()) {
    wrong_value("target", "the shape of input, " + text(input.sizes()), text(target.sizes()));
  }
  return at::binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction);
}

// The operator reads log_probs at every class index and every length it is given, unchecked.
void check_ctc(const at::Tensor& log_probs, const at::Tensor& targets, const at::Tensor& input_lengths,
               const at::Tensor& target_lengths) {
  const bool batched = log_probs.dim() == 3;
  if (!batched && log_probs.dim() != 2) {
    wrong_value("log_probs", "a shape of (T, N, C) or (T, C)", text(log_probs.sizes()));
  }
  for (const at::Tensor* lengths : {&input_lengths, &target_lengths}) {
    if (!at::isIntegralType(lengths->scalar_type(), false)) return;  // the operator's own error
  }
  const int64_t batch = batched ? log_probs.size(1) : 1;
  if (input_lengths.numel() != batch || target_lengths.numel() != batch) return;  // the operator's own error
  const auto on_cpu = [](const at::Tensor& tensor) { return tensor.to(at::kCPU, at::kLong).contiguous(); };
  const at::Tensor inputs = on_cpu(input_lengths);
  const at::Tensor lengths = on_cpu(target_lengths);
  const at::Tensor labels = on_cpu(targets);
  const auto* input_length = inputs.data_ptr<int64_t>();
  const auto* target_length = lengths.data_ptr<int64_t>();
  int64_t total = 0;
  for (const auto n : c10::irange(batch)) {
    if (input_length[n] < (kCtcTakesEmptyInput ? 0 : 1)) {
      wrong_value("input_lengths", kCtcTakesEmptyInput ? "lengths of at least 0" : "lengths of at least 1",
                  std::to_string(input_length[n]) + " at [" + std::to_string(n) + "]");
    }
    if (target_length[n] < 0) {
      wrong_value("target_lengths", "lengths of at least 0",
                  std::to_string(target_length[n]) + " at [" + std::to_string(n) + "]");
    }
    total += target_length[n];
  }
  const bool padded = labels.dim() == 2;
  const int64_t classes = log_probs.size(-1);
  const auto* label = labels.data_ptr<int64_t>();
  int64_t start = 0;
  for (const auto n : c10::irange(batch)) {
    // A row too short for its length is the operator's own error: what is there is still checked.
    const int64_t begin = padded ? n * labels.size(1) : start;
    const int64_t room = padded ? (n < labels.size(0) ? labels.size(1) : 0) : std::max<int64_t>(labels.numel() - start, 0);
    for (const auto s : c10::irange(std::min(target_length[n], room))) {
      if (label[begin + s] < 0 || label[begin + s] >= classes) {
        wrong_value("targets", "class indices from 0 to " + std::to_string(classes - 1),
                    std::to_string(label[begin + s]) + " in sequence " + std::to_string(n));
      }
    }
    start += target_length[n];
  }
}

at::Tensor ctc_loss(const at::Tensor& log_probs, const at::Tensor& targets, const at::Tensor& input_lengths,
                    const at::Tensor& target_lengths, int64_t blank, int64_t reduction, bool zero_infinity) {
  check_ctc(log_probs, targets, input_lengths, target_lengths);
  return at::ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity);
}

// mindspore.ops.ctc_loss gives log_alpha beside the loss. at::ctc_loss computes it and drops it, so its inner operator
// is called and the loss joined as at::ctc_loss does it; a test holds both to the same bits.
std::tuple<at::Tensor, at::Tensor> ctc_loss_with_alpha(const at::Tensor& log_probs, const at::Tensor& targets,
                                                       const at::Tensor& input_lengths,
                                                       const at::Tensor& target_lengths, int64_t blank,
                                                       int64_t reduction, bool zero_infinity) {
  check_ctc(log_probs, targets, input_lengths, target_lengths);
  const auto list = [](const at::Tensor& lengths) {
    const at::Tensor values = lengths.to(at::kCPU, at::kLong).contiguous();
    return std::vector<int64_t>(values.data_ptr<int64_t>(), values.data_ptr<int64_t>() + values.numel());
  };
  const std::vector<int64_t> target_length_list = list(target_lengths);
  auto [loss, log_alpha] =
      at::_ctc_loss(log_probs, targets, list(input_lengths), target_length_list, blank, zero_infinity);
  if (zero_infinity) {
    loss = at::where(loss.eq(std::numeric_limits<double>::infinity()), at::scalar_tensor(0, loss.options()), loss);
  }
  if (reduction == kMean) {
    const at::Tensor lengths = target_lengths.to(loss.device(), loss.scalar_type()).clamp_min(1);
    loss = (loss / lengths).mean();
  } else if (reduction == kSum) {
    loss = loss.sum();
  }
  return {loss, log_alpha.detach()};
}

}  // namespace

const std::vector<Entry> kLosses = {
    {"cross_entropy_loss", method<&cross_entropy_loss>},
    {"smooth_l1_loss", method<&smooth_l1_loss>},
    {"kl_div", method<&kl_div>},
    {"binary_cross_entropy_with_logits", method<&binary_cross_entropy_with_logits>},
    {"ctc_loss", method<&ctc_loss>},
    {"ctc_loss_with_alpha", method<&ctc_loss_with_alpha>},
    {"triplet_margin_with_distance_loss", method<&triplet_margin_with_distance_loss>},
};

}  // namespace torchloss
