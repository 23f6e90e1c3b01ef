#include "exact_sum.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace torchloss {

void ExactSum::add(double value) {
  size_t kept = 0;
  for (double part : parts_) {
    if (std::fabs(value) < std::fabs(part)) std::swap(value, part);
    const double high = value + part;
    if (!std::isfinite(high)) {  // out of range, from where on it is float64's own sum
      parts_.assign(1, high);
      return;
    }
    const double low = part - (high - value);
    if (low != 0) parts_[kept++] = low;
    value = high;
  }
  parts_.resize(kept);
  if (value != 0) parts_.push_back(value);
}

void ExactSum::add(const ExactSum& other) {
  for (const double part : other.parts_) add(part);
}

void ExactSum::add(const double* values, int64_t count) {
  constexpr int64_t kBlock = 4096;
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    add_block(values + begin, std::min(kBlock, count - begin));
  }
}

// Cuts each value at three places that are the same for the whole block, 30 bits apart: what lies between two
// of them can be added up in float64 without rounding.
void ExactSum::add_block(const double* values, int64_t count) {
  constexpr int kBits = 30;
  constexpr int64_t kFew = 16;
  double most = 0;
  for (int64_t i = 0; i < count; ++i) most = std::max(most, std::fabs(values[i]));
  if (most == 0) return;
  int exponent = 0;
  std::frexp(most, &exponent);
  if (count < kFew || exponent > 900 || exponent < -800) {
    for (int64_t i = 0; i < count; ++i) add(values[i]);
    return;
  }
  // Adding 1.5 * 2^(52 + k) rounds to a multiple of 2^k, which taking it away again leaves.
  const double first = std::ldexp(1.5, 52 + exponent - kBits);
  const double second = std::ldexp(1.5, 52 + exponent - 2 * kBits);
  const double third = std::ldexp(1.5, 52 + exponent - 3 * kBits);
  constexpr int64_t kLanes = 4;
  double sums[3][kLanes] = {};
  double rests[kLanes] = {};
  const auto cut = [&](int64_t i, int64_t lane) {
    const double value = values[i];
    const double high = (value + first) - first;
    const double below = value - high;
    const double middle = (below + second) - second;
    const double under = below - middle;
    const double low = (under + third) - third;
    sums[0][lane] += high;
    sums[1][lane] += middle;
    sums[2][lane] += low;
    rests[lane] = std::max(rests[lane], std::fabs(under - low));
  };
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) cut(i + lane, lane);
  }
  for (; i < count; ++i) cut(i, 0);
  if (*std::max_element(rests, rests + kLanes) != 0) {
    for (int64_t j = 0; j < count; ++j) add(values[j]);
    return;
  }
  for (const auto& sum : sums) {
    for (const double part : sum) add(part);
  }
}

}  // namespace torchloss
