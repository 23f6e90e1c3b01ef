// Sums of float64 values without rounding, so neither order nor grouping matters.
#pragma once

#include <cstdint>
#include <vector>

namespace torchloss {

// A sum kept as a few float64 numbers that add up to it exactly: Shewchuk's expansions. Exact as long as no
// partial sum leaves float64's range.
class ExactSum {
 public:
  // Finite values only.
  void add(double value);
  void add(const ExactSum& other);
  // Many values, several at a time where their magnitudes allow it.
  void add(const double* values, int64_t count);

  const std::vector<double>& parts() const { return parts_; }

 private:
  void add_block(const double* values, int64_t count);

  std::vector<double> parts_;  // non-overlapping, the smallest first
};

// The sum of a sample's elements in float64. The order depends only on the elements' positions: sums of
// blocks of kSumBlock, in each of which every eighth element is added separately.
constexpr int64_t kSumBlock = 65536;

struct SumLanes {
  static constexpr int64_t kCount = 8;

  double lanes[kCount] = {};

  double total() const {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
  }
};

template <typename T>
double block_sum(const T* values, int64_t count) {
  constexpr int64_t kWays = SumLanes::kCount;
  SumLanes sums;
  int64_t i = 0;
  for (; i + kWays <= count; i += kWays) {
    for (int64_t lane = 0; lane < kWays; ++lane) sums.lanes[lane] += static_cast<double>(values[i + lane]);
  }
  for (; i < count; ++i) sums.lanes[i % kWays] += static_cast<double>(values[i]);
  return sums.total();
}

template <typename T>
double sample_sum(const T* values, int64_t count) {
  if (count == 1) return static_cast<double>(*values);
  double sum = 0;
  for (int64_t begin = 0; begin < count; begin += kSumBlock) {
    sum += block_sum(values + begin, count - begin < kSumBlock ? count - begin : kSumBlock);
  }
  return sum;
}

}  // namespace torchloss
