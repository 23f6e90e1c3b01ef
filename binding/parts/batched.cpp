#include "parts/batched.h"

#include <c10/util/irange.h>

#include <algorithm>

#include "losses/checks.h"

namespace torchloss {

namespace {

// Where the targets of each sequence begin, if they are concatenated.
std::vector<int64_t> starts_of(const at::Tensor& targets, const at::Tensor& lengths) {
  const at::Tensor counts = readable_integers(lengths);
  std::vector<int64_t> starts{0};
  for (const auto i : c10::irange(counts.numel())) {
    const int64_t count = std::max<int64_t>(0, counts.data_ptr<int64_t>()[i]);
    if (count > targets.numel() - starts.back()) {
      wrong_value("targets", "as many class indices as the sum of target_lengths",
                  std::to_string(targets.numel()));
    }
    starts.push_back(starts.back() + count);
  }
  return starts;
}

}  // namespace

Batch::Batch(BatchedCall call, Layout layout, int64_t inputs)
    : call_(std::move(call)), layout_(layout), inputs_(static_cast<size_t>(inputs)) {
  // Values only: the caller's own gradients are not needed here.
  for (at::Tensor& tensor : call_.tensors) {
    if (tensor.defined()) tensor = tensor.detach();
  }
  const std::vector<at::Tensor>& tensors = call_.tensors;
  const size_t shaped = layout == kVariance ? 2 : inputs_;
  for (const auto i : c10::irange(shaped)) dims_ = std::max(dims_, tensors[i].dim());
  if (layout == kSequences) {
    batched_ = tensors[0].dim() == 3;
    if (batched_) samples_ = tensors[0].size(1);
    if (batched_ && tensors[1].dim() == 1 && tensors[3].numel() == samples_) {
      starts_ = starts_of(tensors[1], tensors[3]);
    }
  } else if (layout == kRows || layout == kProjected) {
    batched_ = tensors[inputs_ - 1].dim() > 0 && tensors[0].dim() > 1;
    // cosine_embedding_loss broadcasts a size of 1 to the other's.
    for (const auto i : c10::irange(batched_ ? inputs_ : 0)) {
      if (tensors[i].dim() > 0 && samples_ == 1) samples_ = tensors[i].size(0);
    }
  } else {
    batched_ = dims_ > (layout == kVectors ? 1 : 0);
    for (const auto i : c10::irange(shaped)) {
      if (!batched_ || tensors[i].dim() < dims_) continue;
      // A size of 1 is broadcast to the others'.
      samples_ = samples_ == 1 ? tensors[i].size(0) : samples_;
    }
  }
  int64_t elements = 0;
  for (const auto i : c10::irange(inputs_)) elements = std::max<int64_t>(elements, tensors[i].numel());
  width_ = std::max<int64_t>(1, elements / std::max<int64_t>(1, samples_));
  if (layout == kProjected && tensors[3].dim() > 0) {
    width_ = std::max(width_, tensors[3].numel() / std::max<int64_t>(1, tensors[3].size(-1)));
  }
}

bool Batch::has_samples(size_t index) const {
  const at::Tensor& tensor = call_.tensors[index];
  if (!batched_) return true;
  if (layout_ == kSequences && index == 0) return true;
  if (!tensor.defined() || tensor.dim() == 0 || tensor.size(0) != samples_) return false;
  if (layout_ == kRows || layout_ == kProjected || layout_ == kSequences) return index < inputs_;
  if (tensor.dim() == dims_) return true;
  return layout_ == kVariance && index == 2 && tensor.dim() == dims_ - 1;
}

std::vector<at::Tensor> Batch::part(int64_t begin, int64_t count) const {
  std::vector<at::Tensor> part = call_.tensors;
  for (const auto i : c10::irange(part.size())) part[i] = part_like(i, part[i], begin, count);
  return part;
}

at::Tensor Batch::part_like(size_t index, const at::Tensor& tensor, int64_t begin, int64_t count) const {
  if (!batched_ || count == samples_) return tensor;
  if (layout_ == kSequences && index == 0) return tensor.narrow(1, begin, count);
  if (layout_ == kSequences && index == 1 && !starts_.empty()) {
    return tensor.narrow(0, starts_[begin], starts_[begin + count] - starts_[begin]);
  }
  return has_samples(index) ? tensor.narrow(0, begin, count) : tensor;
}

bool Batch::is_in_one_pass() const {
  return torchloss::is_in_one_pass(call_.element, call_.tensors) &&
         call_.tensors[0].numel() == samples_ * width_;
}

optional<Batch> Batch::flat() const {
  if (!batched_ || (layout_ != kElements && layout_ != kVariance)) return {};
  BatchedCall call = call_;
  const at::IntArrayRef sizes = call_.tensors[0].sizes();
  for (at::Tensor& tensor : call.tensors) {
    if (!tensor.defined()) continue;
    if (tensor.sizes() != sizes || !tensor.is_contiguous()) return {};
    tensor = tensor.view(-1);
  }
  return Batch(std::move(call), kElements, static_cast<int64_t>(inputs_));
}

}  // namespace torchloss
