// Loops over several numbers at a time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__linux__)
// Also compiled for newer processors; the version is chosen when the addon is loaded. The results are the
// same: the code fixes the order of the sums.
#define TORCHLOSS_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define TORCHLOSS_WIDE
#endif

namespace torchloss {

// This many numbers are processed side by side, each independent of its neighbours: a loop that waits for its
// own last result is several times slower.
constexpr int64_t kWide = 8;

// The range of some numbers.
struct Range {
  double least = std::numeric_limits<double>::infinity();
  double greatest = -std::numeric_limits<double>::infinity();
  bool finite = true;  // otherwise the others mean nothing
};

Range range_of(const double* values, int64_t count);

}  // namespace torchloss
