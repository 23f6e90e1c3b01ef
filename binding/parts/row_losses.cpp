#include "parts/row_losses.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "parts/processors.h"

// CMakeLists.txt compiles this file with -fno-trapping-math, so that choices need no branches.

namespace torchloss {

namespace {

constexpr int64_t kLanes = 16;
constexpr int64_t kBlock = 256;
constexpr float kNothing = -std::numeric_limits<float>::infinity();
// Exponentials of scores beyond this are replaced by the ones at it; see is_exact.
constexpr float kMost = 87;

// exp(x) with an error below 1 ulp for scores of at most kMost in magnitude: 2^n (1 + r + r^2 w(r)), where
// ln(2) is subtracted n times in two parts, of which n times the first is exact. Not a number gives
// exp(kMost).
TORCHLOSS_INLINE float exponential(float x) {
  constexpr float kRounds = 12582912;  // adding it rounds to integers, which are its lowest bits
  x = x < kMost ? x : kMost;
  x = x > -kMost ? x : -kMost;
  const float rounded = x * 1.44269504F + kRounds;
  const float n = rounded - kRounds;
  const float high = x - n * 0.693359375F;
  const float low = n * -2.12194440e-4F;
  const float r = high - low;
  float w = 0.00138143206F;
  w = w * r + 0.00836885069F;
  w = w * r + 0.0416684002F;
  w = w * r + 0.166665196F;
  w = w * r + 0.49999994F;
  const float fraction = 1 + (high + (r * r * w - low));
  const uint32_t exponent = std::bit_cast<uint32_t>(rounded) - std::bit_cast<uint32_t>(kRounds);
  return std::bit_cast<float>(std::bit_cast<uint32_t>(fraction) + (exponent << 23));
}

// Adds the exponentials of a multiple of kLanes scores.
TORCHLOSS_INLINE void add_exponentials(const float* scores, int64_t count, double (&lanes)[kLanes]) {
  float terms[kBlock];
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t here = std::min(kBlock, count - begin);
    for (int64_t i = 0; i < here; ++i) terms[i] = exponential(scores[begin + i]);
    for (int64_t i = 0; i < here; i += kLanes) {
      for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += static_cast<double>(terms[i + lane]);
    }
  }
}

// The sum of the exponentials of all scores but that of the target.
TORCHLOSS_INLINE double sum_of_others(const float* row, int64_t classes, int64_t target) {
  double lanes[kLanes] = {};
  const int64_t whole = classes / kLanes * kLanes;
  const int64_t place = target / kLanes * kLanes;
  const auto add_lanes = [&](int64_t begin) {
    float scores[kLanes];
    const int64_t count = std::min(kLanes, classes - begin);
    for (int64_t i = 0; i < kLanes; ++i) scores[i] = kNothing;
    for (int64_t i = 0; i < count; ++i) scores[i] = row[begin + i];
    if (place == begin) scores[target - begin] = kNothing;
    add_exponentials(scores, kLanes, lanes);
  };
  add_exponentials(row, std::min(place, whole), lanes);
  if (place < whole) {
    add_lanes(place);
    add_exponentials(row + place + kLanes, whole - place - kLanes, lanes);
  }
  if (whole < classes) add_lanes(whole);
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

// Whether no score above kMost went into the sum, and those below -kMost do not matter.
TORCHLOSS_INLINE bool is_exact(double sum_of_others, float own) {
  return sum_of_others > 1e-24 && sum_of_others < 1e36 && own < kMost && own > -kMost;
}

// The same loss of any scores, in float64.
double cross_entropy_of_any(const float* row, int64_t classes, int64_t target) {
  const double most = *std::max_element(row, row + classes);
  double others = 0;
  for (int64_t i = 0; i < classes; ++i) {
    if (i != target) others += std::exp(row[i] - most);
  }
  const double own = row[target] - most;
  return own > -700 ? std::log1p(others * std::exp(-own)) : std::log(others + std::exp(own)) - own;
}

struct Rows {
  const float* scores;
  const int64_t* targets;
  const float* weights;  // of the classes, or null
  int64_t rows;
  int64_t classes;
  int64_t ignore_index;
  double* losses;

  // Whether all targets are classes, or ignored.
  bool are_valid() const {
    return std::all_of(targets, targets + rows, [&](int64_t target) {
      return target == ignore_index || (target >= 0 && target < classes);
    });
  }
};

struct CrossEntropy : Rows {
  TORCHLOSS_INLINE void operator()() const {
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t target = targets[i];
      losses[i] = 0;
      if (target == ignore_index) continue;
      const float* const row = scores + i * classes;
      const double others = sum_of_others(row, classes, target);
      losses[i] = is_exact(others, row[target])
                      ? std::log1p(others * std::exp(-static_cast<double>(row[target])))
                      : cross_entropy_of_any(row, classes, target);
      if (weights != nullptr) losses[i] *= static_cast<double>(weights[target]);
    }
  }
};

void compute_negative_likelihoods(const Rows& own) {
  for (int64_t i = 0; i < own.rows; ++i) {
    const int64_t target = own.targets[i];
    const bool counts = target != own.ignore_index;
    const float weight = counts && own.weights != nullptr ? own.weights[target] : 1;
    own.losses[i] = counts ? -own.scores[i * own.classes + target] * weight : 0;
  }
}

bool is_plain(const at::Tensor& tensor, at::ScalarType dtype, int64_t dims) {
  return tensor.is_cpu() && tensor.scalar_type() == dtype && tensor.dim() == dims && tensor.is_contiguous();
}

bool fits(const RowLoss& loss, const std::vector<at::Tensor>& tensors) {
  if (loss.kind == RowLoss::Kind::kNone) return false;
  const at::Tensor& input = tensors[0];
  const at::Tensor& target = tensors[1];
  const at::Tensor& weight = tensors[2];
  return is_plain(input, at::kFloat, 2) && is_plain(target, at::kLong, 1) &&
         target.size(0) == input.size(0) &&
         (!weight.defined() || (is_plain(weight, at::kFloat, 1) && weight.numel() == input.size(1)));
}

}  // namespace

at::Tensor row_losses(const RowLoss& loss, std::vector<at::Tensor> tensors) {
  if (loss.kind == RowLoss::Kind::kNone || !tensors[0].is_cpu()) return {};
  for (at::Tensor& tensor : tensors) {
    if (tensor.defined()) tensor = tensor.contiguous();
  }
  if (!fits(loss, tensors)) return {};
  const at::Tensor& input = tensors[0];
  const at::Tensor& weight = tensors[2];
  at::Tensor losses = at::empty({input.size(0)}, at::kDouble);
  const Rows rows{input.data_ptr<float>(),
                  tensors[1].data_ptr<int64_t>(),
                  weight.defined() ? weight.data_ptr<float>() : nullptr,
                  input.size(0),
                  input.size(1),
                  loss.ignore_index,
                  losses.data_ptr<double>()};
  if (!rows.are_valid()) return {};
  if (loss.kind == RowLoss::Kind::kCrossEntropy) {
    run_on_processor(CrossEntropy{rows});
  } else {
    compute_negative_likelihoods(rows);
  }
  return losses;
}

int64_t read_in_row_pass(const RowLoss& loss, const std::vector<at::Tensor>& tensors) {
  if (!fits(loss, tensors)) return 0;
  return loss.kind == RowLoss::Kind::kCrossEntropy ? tensors[0].size(1) : 1;
}

}  // namespace torchloss
