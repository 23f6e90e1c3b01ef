#include "tensor/upload.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_strided.h>
#include <torch/csrc/jit/frontend/tracer.h>

#include <algorithm>

#include "node/changes.h"

#if TORCHLOSS_TORCH >= TORCHLOSS_SINCE_HOST_ALLOCATOR
#include <ATen/core/CachingHostAllocator.h>
#endif

namespace torchloss {

namespace {

// LibTorch pins a power of two of bytes, so 70 MiB at once would take 128.
constexpr int64_t kPieceBytes = int64_t{1} << 25;

// All elements of a dense tensor as one dimension, in the order of its memory.
at::Tensor flat(const at::Tensor& tensor) { return tensor.as_strided({tensor.numel()}, {1}); }

}  // namespace

bool can_upload(const at::Tensor& tensor) {
  const bool recorded =
      (at::GradMode::is_enabled() && tensor.requires_grad()) || torch::jit::tracer::isTracing();
  return !recorded && tensor.layout() == at::kStrided && !tensor.is_neg() && !tensor.is_conj() &&
         !tensor._is_zerotensor();
}

at::Tensor upload(const at::Tensor& tensor, c10::Device device, at::ScalarType dtype) {
  const at::NoGradGuard guard;
  // LibTorch, too, converts on the CPU before a copy to a device.
  const bool ready = tensor.scalar_type() == dtype && tensor.is_non_overlapping_and_dense();
  const at::Tensor source = ready ? tensor : tensor.to(tensor.options().dtype(dtype), false, /*copy=*/true);
  const at::Tensor result =
      at::empty_strided(source.sizes(), source.strides(), source.options().device(device));
  const at::Tensor from = flat(source);
  const at::Tensor to = flat(result);
  const int64_t at_once = kPieceBytes / static_cast<int64_t>(source.element_size());
  bool pins = !source.is_pinned();
  for (int64_t begin = 0; begin < from.numel(); begin += at_once) {
    const int64_t count = std::min(at_once, from.numel() - begin);
    at::Tensor piece = from.narrow(0, begin, count);
    if (pins) {
      try {
        piece = piece.pin_memory();
      } catch (const c10::Error&) {
        pins = false;  // the system pins no more: the driver copies the rest by itself, which takes longer
      }
    }
    to.narrow(0, begin, count).copy_(piece, /*non_blocking=*/true);
  }
  return result;
}

void release_pinned_memory() {
#if TORCHLOSS_TORCH >= TORCHLOSS_SINCE_HOST_ALLOCATOR
  at::getHostAllocator(at::kCUDA)->empty_cache();
#endif
}

}  // namespace torchloss
