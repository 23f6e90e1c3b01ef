#include "parts/exact_sum.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "parts/wide.h"

namespace torchloss {

void ExactSum::add(double value) {
  size_t kept = 0;
  for (double part : parts_) {
    if (std::fabs(value) < std::fabs(part)) std::swap(value, part);
    const double high = value + part;
    if (!std::isfinite(high)) {  // out of range: from here on it is the plain float64 sum
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

namespace {

struct Cuts {
  double sums[3][kWide] = {};
  double rests[kWide] = {};
};

// Cuts each of the values, a multiple of kWide in number, at the places that `marks` stands for.
TORCHLOSS_WIDE void cut(const double* values, int64_t count, const double (&marks)[3], Cuts& result) {
  Cuts cuts;  // a local, so the compiler need not assume that it aliases `values`
  const double first = marks[0];
  const double second = marks[1];
  const double third = marks[2];
  for (int64_t i = 0; i < count; i += kWide) {
    for (int64_t lane = 0; lane < kWide; ++lane) {
      const double value = values[i + lane];
      const double high = (value + first) - first;
      const double below = value - high;
      const double middle = (below + second) - second;
      const double under = below - middle;
      const double low = (under + third) - third;
      const double rest = under - low;
      cuts.sums[0][lane] += high;
      cuts.sums[1][lane] += middle;
      cuts.sums[2][lane] += low;
      cuts.rests[lane] += std::fabs(rest);
    }
  }
  result = cuts;
}

}  // namespace

// Cuts each value at three places 30 bits apart that are the same for the whole block: the pieces between two
// of them can be added in float64 without rounding.
void ExactSum::add_block(const double* values, int64_t count) {
  constexpr int kBits = 30;
  constexpr int64_t kFew = 16;
  const Range range = range_of(values, count);
  const double most = std::max(-range.least, range.greatest);
  if (most == 0) return;
  int exponent = 0;
  std::frexp(most, &exponent);
  const int64_t wide = count < kFew || exponent > 900 || exponent < -800 ? 0 : count / kWide * kWide;
  // Adding 1.5 * 2^(52 + k) rounds to a multiple of 2^k, which remains after subtracting it again.
  double marks[3];
  for (int i = 0; i < 3; ++i) marks[i] = std::ldexp(1.5, 52 + exponent - (i + 1) * kBits);
  Cuts cuts;
  cut(values, wide, marks, cuts);
  if (*std::max_element(cuts.rests, cuts.rests + kWide) != 0) {
    for (int64_t i = 0; i < wide; ++i) add(values[i]);
  } else {
    for (const auto& sum : cuts.sums) {
      for (const double part : sum) add(part);
    }
  }
  for (int64_t i = wide; i < count; ++i) add(values[i]);
}

}  // namespace torchloss
