// Statistics of the losses of samples, in memory that does not grow with their number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "parts/exact_sum.h"

namespace torchloss {

// A histogram of losses by magnitude: each power of two from 2^-64 to 2^64 is split into 128 equal buckets,
// for either sign, and there is one bucket for zero. lib/evaluate/sketch.ts reads the bucket numbers.
class Sketch {
 public:
  static constexpr int64_t kParts = 128;
  static constexpr int64_t kPowers = 128;
  static constexpr int64_t kZero = kParts * kPowers;
  static constexpr int64_t kLowestPower = -(kPowers / 2);

  void add(double value) { add(&value, 1); }
  void add(const double* values, int64_t count);
  void add(const Sketch& other);

  // The non-empty buckets with their counts, in turn.
  std::vector<double> pairs() const;

 private:
  std::vector<int64_t> counts_;
  std::vector<int64_t> used_;
};

// The losses of some samples. Merging is independent of the order.
class Statistics {
 public:
  // Reports at most `worst` samples as the worst, and as many non-finite ones.
  explicit Statistics(int64_t worst) : most_(static_cast<size_t>(worst)) {}

  // The losses of consecutive samples, the first of which has the index `first`.
  void add(const double* losses, int64_t count, double first);
  void add(const Statistics& other);

  // The numbers of nan, inf and -inf among the losses, then the smallest and the largest finite one.
  std::vector<double> counts() const;
  // Losses and sample indices in turn, the worst first.
  std::vector<double> worst() const;
  // The first samples whose loss is not finite, in order: losses and indices in turn.
  std::vector<double> special() const;
  const Sketch& sketch() const { return sketch_; }

 private:
  using Sample = std::pair<double, double>;

  // Of equal losses, the earlier sample's counts as the worse.
  static bool is_worse(const Sample& a, const Sample& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  }

  void add_worst(const Sample& sample);
  void add_special(double value, double index);

  size_t most_;
  std::vector<Sample> worst_;  // a heap with the least bad on top
  std::vector<Sample> special_;
  int64_t nan_ = 0;
  int64_t infinite_[2] = {};
  double least_ = std::numeric_limits<double>::infinity();
  double greatest_ = -std::numeric_limits<double>::infinity();
  Sketch sketch_;
};

}  // namespace torchloss
