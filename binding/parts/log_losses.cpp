#include "parts/log_losses.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "parts/exact_sum.h"
#include "parts/processors.h"

// CMakeLists.txt compiles this file with -fno-trapping-math, so that choices need no branches.

namespace torchloss {

namespace {

// The losses that are written to a buffer before they are added.
constexpr int64_t kBuffer = 512;
// Samples narrower than this are computed many at a time.
constexpr int64_t kNarrow = 64;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// exp of more than this is infinite in float32.
constexpr double kMostFloat = 88.72283905206835;
// exp of this is still a normal float64.
constexpr double kMost = 708;

// exp(x) for at most kMost in magnitude: 2^n (1 + r + r^2 w(r)), with a relative error below 2^-29. Not a
// number gives exp(kMost).
TORCHLOSS_INLINE double exponential(double x) {
  constexpr double kRounds = 6755399441055744;  // adding it rounds to integers, which are its lowest bits
  x = x < kMost ? x : kMost;
  x = x > -kMost ? x : -kMost;
  const double rounded = x * 1.4426950408889634 + kRounds;
  const double r = x - (rounded - kRounds) * 0.6931471805599453;
  double w = 0.0001979024380512109;
  w = w * r + 0.0013944758542134834;
  w = w * r + 0.00833349767401758;
  w = w * r + 0.04166629363508326;
  w = w * r + 0.16666665864593658;
  w = w * r + 0.5000000068037134;
  const double fraction = 1 + (r + r * r * w);
  const uint64_t exponent = std::bit_cast<uint64_t>(rounded) - std::bit_cast<uint64_t>(kRounds);
  return std::bit_cast<double>(std::bit_cast<uint64_t>(fraction) + (exponent << 52));
}

// log(1 + u) for u from 0 to 1: 2s + s^3 p(s^2) with s = u / (2 + u), with a relative error below 2^-29.
TORCHLOSS_INLINE double log_of_one_and(double u) {
  const double s = u / (2 + u);
  const double square = s * s;
  double p = 0.2179318841727962;
  p = p * square + 0.17147611679086863;
  p = p * square + 0.223015267422802;
  p = p * square + 0.2856839476336926;
  p = p * square + 0.40000053028913024;
  p = p * square + 0.6666666635893315;
  return s * (2 + square * p);
}

// log(x) of a normal x above 0, within 2 ulp of float64, as differences of logarithms lose digits: x is 2^n m
// with m from sqrt(1/2) to sqrt(2), and log(m) is 2s + s^3 p(s^2) with s = (m - 1) / (m + 1). Finite for any
// other x.
TORCHLOSS_INLINE double logarithm(double x) {
  constexpr uint64_t kOne = std::bit_cast<uint64_t>(1.0);
  constexpr uint64_t kRootOfHalf = std::bit_cast<uint64_t>(0.7071067811865476);
  constexpr double kInteger = 4503599627370496;  // the lowest bits of its sum with an integer are the integer
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  const uint64_t exponent = (bits - kRootOfHalf + kOne) >> 52;
  const double n = std::bit_cast<double>(std::bit_cast<uint64_t>(kInteger) | exponent) - (kInteger + 1023);
  const double m = std::bit_cast<double>(bits - (exponent << 52) + kOne);
  const double s = (m - 1) / (m + 1);
  const double square = s * s;
  double p = 0.14795953620910107;
  p = p * square + 0.1531405014197848;
  p = p * square + 0.1818356434333915;
  p = p * square + 0.22222198572815371;
  p = p * square + 0.28571428742391847;
  p = p * square + 0.39999999999414654;
  p = p * square + 0.6666666666666734;
  return n * 0.6931471805599453 + (2 * s + s * square * p);
}

// Where the elements of some losses lie.
struct Elements {
  const float* input;
  const float* target;
  const float* weight;
  const float* pos_weight;
};

// (1 - t) x + l log(1 + exp(-x)) with l = 1 + (p - 1) t, in terms of |x|: no difference of large numbers.
TORCHLOSS_INLINE double binary_logits_loss(double x, double t, double p) {
  const double size = std::fabs(x);
  const double own = p == 1 ? 1 : 1 + (p - 1) * t;
  const double linear = x > 0 ? 1 - t : p * t;
  const double loss = linear * size + own * log_of_one_and(exponential(-size));
  // Of infinities, LibTorch's terms are what counts.
  const double below = x > 0 ? 0 : own * size;
  return size < kInfinity ? loss : (1 - t) * x + below;
}

struct BinaryLogits {
  TORCHLOSS_INLINE static double of(const Elements& elements, int64_t i) {
    return binary_logits_loss(elements.input[i], elements.target[i], 1);
  }
};

struct WeightedBinaryLogits {
  TORCHLOSS_INLINE static double of(const Elements& elements, int64_t i) {
    return elements.weight[i] *
           binary_logits_loss(elements.input[i], elements.target[i], elements.pos_weight[i]);
  }
};

// t log(t) - t x
struct Divergence {
  TORCHLOSS_INLINE static double of(const Elements& elements, int64_t i) {
    const double t = elements.target[i];
    const double other = t < 0 ? kNan : 0;
    return t * (t > 0 ? logarithm(t) : other) - t * elements.input[i];
  }
};

// exp(t) (t - x)
struct LogDivergence {
  TORCHLOSS_INLINE static double of(const Elements& elements, int64_t i) {
    const double t = elements.target[i];
    const double within = t < -kMost ? 0 : exponential(t);
    return (t > kMostFloat ? kInfinity : within) * (t - elements.input[i]);
  }
};

// A factor of each loss, as buffers or tensors have it.
struct Factor {
  const float* values;
  int64_t sample_step;  // from the same element of one sample to that of the next
  int64_t step;         // from one element to the next: 1, or 0 where the first kBuffer serve all

  TORCHLOSS_INLINE const float* at(int64_t sample, int64_t begin) const {
    return values + sample * sample_step + begin * step;
  }
};

template <typename Loss>
struct Sum {
  const float* input;
  const float* target;
  Factor weight;
  Factor pos_weight;
  int64_t samples;
  int64_t width;
  double* sums;

  TORCHLOSS_INLINE void write(int64_t sample, int64_t begin, int64_t count, double* losses) const {
    const int64_t place = sample * width + begin;
    const Elements elements{input + place, target + place, weight.at(sample, begin),
                            pos_weight.at(sample, begin)};
    for (int64_t i = 0; i < count; ++i) losses[i] = Loss::of(elements, i);
  }

  TORCHLOSS_INLINE double sum_block(int64_t sample, int64_t first, int64_t count) const {
    double losses[kBuffer];
    SumLanes sums;
    for (int64_t begin = 0; begin < count; begin += kBuffer) {
      const int64_t here = std::min(kBuffer, count - begin);
      write(sample, first + begin, here, losses);
      const int64_t whole = here / SumLanes::kCount * SumLanes::kCount;
      for (int64_t i = 0; i < whole; i += SumLanes::kCount) {
        for (int64_t lane = 0; lane < SumLanes::kCount; ++lane) sums.lanes[lane] += losses[i + lane];
      }
      for (int64_t i = whole; i < here; ++i) sums.lanes[i - whole] += losses[i];
    }
    return sums.total();
  }

  TORCHLOSS_INLINE void operator()() const {
    if (width >= kNarrow) {
      for (int64_t sample = 0; sample < samples; ++sample) {
        double sum = 0;
        for (int64_t begin = 0; begin < width; begin += kSumBlock) {
          sum += sum_block(sample, begin, std::min(kSumBlock, width - begin));
        }
        sums[sample] = sum;
      }
      return;
    }
    double losses[kBuffer];
    const int64_t at_once = kBuffer / width;
    for (int64_t sample = 0; sample < samples; sample += at_once) {
      const int64_t count = std::min(at_once, samples - sample);
      write(sample, 0, count * width, losses);
      for (int64_t i = 0; i < count; ++i) sums[sample + i] = sample_sum(losses + i * width, width);
    }
  }
};

bool is_plain(const at::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == at::kFloat && tensor.is_contiguous();
}

bool is_factor(const at::Tensor& factor, at::IntArrayRef sizes) {
  if (!factor.defined()) return true;
  if (!is_plain(factor)) return false;
  return factor.numel() == 1 || factor.sizes() == sizes ||
         (!sizes.empty() && factor.sizes() == sizes.slice(1));
}

// A weight that fits, or one of 1. What has to be repeated is written to the buffer.
Factor factor_of(const at::Tensor& factor, const at::Tensor& input, int64_t first, int64_t width,
                 std::vector<float>& buffer) {
  const float* const values = factor.defined() ? factor.data_ptr<float>() : nullptr;
  const bool constant = !factor.defined() || factor.numel() == 1;
  if (!constant && factor.sizes() == input.sizes()) return {values + first, width, 1};
  if (!constant && width >= kNarrow) return {values, 0, 1};
  buffer.resize(kBuffer);
  for (int64_t i = 0; i < kBuffer; ++i) buffer[i] = values == nullptr ? 1 : values[constant ? 0 : i % width];
  return {buffer.data(), 0, 0};
}

}  // namespace

bool is_log_loss(const ElementLoss& loss, const std::vector<at::Tensor>& tensors) {
  if (!is_plain(tensors[0]) || !is_plain(tensors[1]) || tensors[0].sizes() != tensors[1].sizes())
    return false;
  if (loss.kind != ElementLoss::Kind::kBinaryLogits) return true;
  return is_factor(tensors[2], tensors[0].sizes()) && is_factor(tensors[3], tensors[0].sizes());
}

void sum_log_losses(const ElementLoss& loss, const std::vector<at::Tensor>& tensors, int64_t first,
                    int64_t samples, int64_t width, double* sums) {
  const auto run = [&](auto kind, const Factor& weight, const Factor& pos_weight) {
    run_on_processor(Sum<decltype(kind)>{tensors[0].data_ptr<float>() + first,
                                         tensors[1].data_ptr<float>() + first, weight, pos_weight, samples,
                                         width, sums});
  };
  if (loss.kind == ElementLoss::Kind::kDivergence) return run(Divergence{}, {}, {});
  if (loss.kind == ElementLoss::Kind::kLogDivergence) return run(LogDivergence{}, {}, {});
  if (!tensors[2].defined() && !tensors[3].defined()) return run(BinaryLogits{}, {}, {});
  std::vector<float> buffers[2];
  run(WeightedBinaryLogits{}, factor_of(tensors[2], tensors[0], first, width, buffers[0]),
      factor_of(tensors[3], tensors[0], first, width, buffers[1]));
}

}  // namespace torchloss
