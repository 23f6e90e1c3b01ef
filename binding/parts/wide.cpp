#include "parts/wide.h"

namespace torchloss {

namespace {

struct Lanes {
  double least[kWide];
  double greatest[kWide];
  double difference[kWide];  // nan once a value is not finite
};

TORCHLOSS_WIDE void take(const double* values, int64_t count, Lanes& result) {
  Lanes lanes = result;  // a local, so the compiler need not assume that it aliases `values`
  for (int64_t i = 0; i < count; i += kWide) {
    for (int64_t lane = 0; lane < kWide; ++lane) {
      const double value = values[i + lane];
      lanes.least[lane] = value < lanes.least[lane] ? value : lanes.least[lane];
      lanes.greatest[lane] = value > lanes.greatest[lane] ? value : lanes.greatest[lane];
      lanes.difference[lane] += value - value;
    }
  }
  result = lanes;
}

}  // namespace

Range range_of(const double* values, int64_t count) {
  Range range;
  Lanes lanes;
  std::fill_n(lanes.least, kWide, range.least);
  std::fill_n(lanes.greatest, kWide, range.greatest);
  std::fill_n(lanes.difference, kWide, 0.0);
  const int64_t wide = count / kWide * kWide;
  take(values, wide, lanes);
  for (int64_t i = wide; i < count; ++i) {
    lanes.least[0] = std::min(lanes.least[0], values[i]);
    lanes.greatest[0] = std::max(lanes.greatest[0], values[i]);
    lanes.difference[0] += values[i] - values[i];
  }
  for (int64_t lane = 0; lane < kWide; ++lane) {
    range.least = std::min(range.least, lanes.least[lane]);
    range.greatest = std::max(range.greatest, lanes.greatest[lane]);
    range.finite = range.finite && lanes.difference[lane] == 0;
  }
  return range;
}

}  // namespace torchloss
