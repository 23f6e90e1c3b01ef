#include "parts/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "parts/wide.h"

namespace torchloss {

namespace {

// The exponent and the first seven bits of the fraction, taken from the number's bits.
inline int64_t bucket_of(double value) {
  static_assert(Sketch::kParts == 128, "seven bits");
  constexpr int64_t kLowest = (1023 - Sketch::kPowers / 2) * Sketch::kParts;
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  const auto size = static_cast<int64_t>((bits & ~(uint64_t{1} << 63)) >> 45) - kLowest;
  if (size < 0) return Sketch::kZero;
  const int64_t place = 1 + std::min(size, Sketch::kZero - 1);
  return bits >> 63 == 0 ? Sketch::kZero + place : Sketch::kZero - place;
}

}  // namespace

void Sketch::add(const double* values, int64_t count) {
  if (counts_.empty()) counts_.resize(2 * kZero + 1);
  int64_t* counts = counts_.data();
  for (int64_t i = 0; i < count; ++i) {
    const int64_t bucket = bucket_of(values[i]);
    if (counts[bucket]++ == 0) used_.push_back(bucket);
  }
}

void Sketch::add(const Sketch& other) {
  if (counts_.empty()) counts_.resize(2 * kZero + 1);
  for (const int64_t bucket : other.used_) {
    if (counts_[bucket] == 0) used_.push_back(bucket);
    counts_[bucket] += other.counts_[bucket];
  }
}

std::vector<double> Sketch::pairs() const {
  std::vector<double> pairs;
  pairs.reserve(2 * used_.size());
  for (const int64_t bucket : used_) {
    pairs.push_back(static_cast<double>(bucket));
    pairs.push_back(static_cast<double>(counts_[bucket]));
  }
  return pairs;
}

void Statistics::add(const double* losses, int64_t count, double first) {
  const Range range = range_of(losses, count);
  if (!range.finite) {
    for (int64_t i = 0; i < count; ++i) {
      if (losses[i] - losses[i] != 0) {
        add_special(losses[i], first + static_cast<double>(i));
      } else {
        add(losses + i, 1, first + static_cast<double>(i));
      }
    }
    return;
  }
  least_ = std::min(least_, range.least);
  greatest_ = std::max(greatest_, range.greatest);
  sketch_.add(losses, count);
  if (most_ == 0 || (worst_.size() == most_ && range.greatest < worst_.front().first)) return;
  for (int64_t i = 0; i < count; ++i) {
    const Sample sample{losses[i], first + static_cast<double>(i)};
    if (worst_.size() < most_ || is_worse(sample, worst_.front())) add_worst(sample);
  }
}

void Statistics::add_worst(const Sample& sample) {
  if (worst_.size() == most_) {
    std::pop_heap(worst_.begin(), worst_.end(), is_worse);
    worst_.pop_back();
  }
  worst_.push_back(sample);
  std::push_heap(worst_.begin(), worst_.end(), is_worse);
}

void Statistics::add_special(double value, double index) {
  if (std::isnan(value)) {
    ++nan_;
  } else {
    ++infinite_[value < 0 ? 1 : 0];
  }
  const auto earlier = [](const Sample& a, const Sample& b) { return a.second < b.second; };
  if (special_.size() == most_) {
    if (most_ == 0 || index > special_.front().second) return;
    std::pop_heap(special_.begin(), special_.end(), earlier);
    special_.pop_back();
  }
  special_.emplace_back(value, index);
  std::push_heap(special_.begin(), special_.end(), earlier);
}

void Statistics::add(const Statistics& other) {
  for (const Sample& sample : other.worst_) {
    if (worst_.size() < most_ || is_worse(sample, worst_.front())) add_worst(sample);
  }
  const int64_t counts[3] = {nan_ + other.nan_, infinite_[0] + other.infinite_[0],
                             infinite_[1] + other.infinite_[1]};
  for (const auto& [value, index] : other.special_) add_special(value, index);
  nan_ = counts[0];
  infinite_[0] = counts[1];
  infinite_[1] = counts[2];
  least_ = std::min(least_, other.least_);
  greatest_ = std::max(greatest_, other.greatest_);
  sketch_.add(other.sketch_);
}

std::vector<double> Statistics::counts() const {
  return {static_cast<double>(nan_), static_cast<double>(infinite_[0]), static_cast<double>(infinite_[1]),
          least_, greatest_};
}

namespace {

template <typename Before>
std::vector<double> in_turn(std::vector<std::pair<double, double>> samples, Before before) {
  std::sort(samples.begin(), samples.end(), before);
  std::vector<double> flat;
  for (const auto& [value, index] : samples) flat.insert(flat.end(), {value, index});
  return flat;
}

}  // namespace

std::vector<double> Statistics::worst() const { return in_turn(worst_, is_worse); }

std::vector<double> Statistics::special() const {
  return in_turn(special_, [](const Sample& a, const Sample& b) { return a.second < b.second; });
}

}  // namespace torchloss
