#include "parts/one_pass.h"

#include <ATen/ExpandUtils.h>
#include <c10/macros/Macros.h>

#include <algorithm>
#include <cmath>

#include "parts/exact_sum.h"
#include "parts/log_losses.h"
#include "parts/wide.h"

// CMakeLists.txt compiles this file with -ffp-contract=off: LibTorch rounds each product.

namespace torchloss {

namespace {

// Samples narrower than this have their losses written to a buffer, many samples at a time.
constexpr int64_t kNarrow = 64;
constexpr int64_t kBuffer = 4096;

template <typename T>
struct Absolute {
  C10_ALWAYS_INLINE T operator()(T difference) const { return std::abs(difference); }
};

template <typename T>
struct Squared {
  C10_ALWAYS_INLINE T operator()(T difference) const { return difference * difference; }
};

// Both branches are computed: a loop with a branch would take one element at a time.
template <typename T>
struct SmoothL1 {
  T beta;

  C10_ALWAYS_INLINE T operator()(T difference) const {
    const T size = std::abs(difference);
    const T near = T(0.5) * size * size / beta;
    const T far = size - T(0.5) * beta;
    return size >= beta ? far : near;
  }
};

template <typename T>
struct Huber {
  T delta;

  C10_ALWAYS_INLINE T operator()(T difference) const {
    const T size = std::abs(difference);
    const T near = T(0.5) * size * size;
    const T far = delta * (size - T(0.5) * delta);
    return size >= delta ? far : near;
  }
};

template <typename T, typename Loss>
C10_ALWAYS_INLINE void add(const T* input, const T* target, int64_t count, Loss loss, SumLanes& result) {
  SumLanes sums = result;  // a local, so the compiler need not assume that it aliases the elements
  for (int64_t i = 0; i < count; i += kWide) {
    for (int64_t lane = 0; lane < kWide; ++lane) {
      sums.lanes[lane] += static_cast<double>(loss(input[i + lane] - target[i + lane]));
    }
  }
  result = sums;
}

template <typename T, typename Loss>
C10_ALWAYS_INLINE void write(const T* input, const T* target, int64_t count, Loss loss, T* losses) {
  for (int64_t i = 0; i < count; ++i) losses[i] = loss(input[i] - target[i]);
}

// The loops of one loss: functions of their own, as those of several processors have to be.
#define TORCHLOSS_LOOPS(Loss, T)                                                                            \
  TORCHLOSS_WIDE void add_wide(Loss<T> loss, const T* input, const T* target, int64_t count,                \
                               SumLanes& result) {                                                          \
    add(input, target, count, loss, result);                                                                \
  }                                                                                                         \
  TORCHLOSS_WIDE void write_wide(Loss<T> loss, const T* input, const T* target, int64_t count, T* losses) { \
    write(input, target, count, loss, losses);                                                              \
  }
#define TORCHLOSS_LOOPS_OF_BOTH(Loss) \
  TORCHLOSS_LOOPS(Loss, float)        \
  TORCHLOSS_LOOPS(Loss, double)

TORCHLOSS_LOOPS_OF_BOTH(Absolute)
TORCHLOSS_LOOPS_OF_BOTH(Squared)
TORCHLOSS_LOOPS_OF_BOTH(SmoothL1)
TORCHLOSS_LOOPS_OF_BOTH(Huber)

template <typename T, typename Loss>
double sum_block(Loss loss, const T* input, const T* target, int64_t count) {
  SumLanes sums;
  const int64_t wide = count / kWide * kWide;
  add_wide(loss, input, target, wide, sums);
  for (int64_t i = wide; i < count; ++i) {
    sums.lanes[i % kWide] += static_cast<double>(loss(input[i] - target[i]));
  }
  return sums.total();
}

template <typename T, typename Loss>
void sum_all(Loss loss, const T* input, const T* target, int64_t samples, int64_t width, double* sums) {
  if (width >= kNarrow) {
    for (int64_t sample = 0; sample < samples; ++sample) {
      double sum = 0;
      for (int64_t begin = 0; begin < width; begin += kSumBlock) {
        const int64_t place = sample * width + begin;
        sum += sum_block(loss, input + place, target + place, std::min(kSumBlock, width - begin));
      }
      sums[sample] = sum;
    }
    return;
  }
  T losses[kBuffer];
  const int64_t at_once = kBuffer / width;
  for (int64_t begin = 0; begin < samples; begin += at_once) {
    const int64_t count = std::min(at_once, samples - begin);
    write_wide(loss, input + begin * width, target + begin * width, count * width, losses);
    for (int64_t i = 0; i < count; ++i) sums[begin + i] = sample_sum(losses + i * width, width);
  }
}

template <typename T>
void sum_differences(const ElementLoss& loss, const std::vector<at::Tensor>& tensors, int64_t first,
                     int64_t samples, int64_t width, double* sums) {
  const auto parameter = static_cast<T>(loss.parameter);
  const auto run = [&](auto kind) {
    sum_all(kind, tensors[0].data_ptr<T>() + first, tensors[1].data_ptr<T>() + first, samples, width, sums);
  };
  if (loss.kind == ElementLoss::Kind::kAbsolute) return run(Absolute<T>{});
  if (loss.kind == ElementLoss::Kind::kSquared) return run(Squared<T>{});
  if (loss.kind == ElementLoss::Kind::kSmoothL1) return run(SmoothL1<T>{parameter});
  return run(Huber<T>{parameter});
}

bool is_of_difference(const ElementLoss& loss) {
  switch (loss.kind) {
    case ElementLoss::Kind::kAbsolute:
    case ElementLoss::Kind::kSquared:
    case ElementLoss::Kind::kSmoothL1:
    case ElementLoss::Kind::kHuber:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::vector<at::Tensor> for_one_pass(const ElementLoss& loss, std::vector<at::Tensor> tensors) {
  const auto broadcasts = [](at::IntArrayRef sizes, at::IntArrayRef to) {
    return at::are_expandable(sizes, to) && at::infer_size(sizes, to) == to;
  };
  const at::Tensor& input = tensors[0];
  const at::Tensor& target = tensors[1];
  if (!input.is_cpu()) return tensors;
  // This loss refuses other shapes.
  const bool of_one_shape = loss.kind == ElementLoss::Kind::kBinaryLogits;
  if (of_one_shape ? input.sizes() != target.sizes() : !at::are_expandable(input.sizes(), target.sizes())) {
    return tensors;
  }
  const std::vector<int64_t> sizes = at::infer_size(input.sizes(), target.sizes());
  for (at::Tensor& tensor : tensors) {
    if (tensor.defined() && broadcasts(tensor.sizes(), sizes)) tensor = tensor.expand(sizes).contiguous();
  }
  return tensors;
}

bool is_in_one_pass(const ElementLoss& loss, const std::vector<at::Tensor>& tensors) {
  if (loss.kind == ElementLoss::Kind::kNone) return false;
  if (!is_of_difference(loss)) return is_log_loss(loss, tensors);
  const at::Tensor& input = tensors[0];
  const at::Tensor& target = tensors[1];
  const at::ScalarType dtype = input.scalar_type();
  const bool weighted = tensors.size() > 2 && tensors[2].defined();
  return input.is_cpu() && target.is_cpu() && (dtype == at::kFloat || dtype == at::kDouble) &&
         target.scalar_type() == dtype && input.sizes() == target.sizes() && input.is_contiguous() &&
         target.is_contiguous() && !weighted;
}

void sum_losses(const ElementLoss& loss, const std::vector<at::Tensor>& tensors, int64_t first,
                int64_t samples, int64_t width, double* sums) {
  if (!is_of_difference(loss)) return sum_log_losses(loss, tensors, first, samples, width, sums);
  if (tensors[0].scalar_type() == at::kFloat) {
    sum_differences<float>(loss, tensors, first, samples, width, sums);
  } else {
    sum_differences<double>(loss, tensors, first, samples, width, sums);
  }
}

}  // namespace torchloss
