// Loops over several numbers at a time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__linux__)
// Compiled for newer processors as well, and chosen when the addon is loaded. What is computed is the same:
// the order of the sums is the code's.
#define TORCHLOSS_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define TORCHLOSS_WIDE
#endif

namespace torchloss {

// So many numbers go side by side, each kept apart from its neighbours, since a loop that waits for its own
// last result is several times slower.
constexpr int64_t kWide = 8;

// What there is among some numbers.
struct Range {
  double least = std::numeric_limits<double>::infinity();
  double greatest = -std::numeric_limits<double>::infinity();
  bool finite = true;  // else the others mean nothing
};

Range range_of(const double* values, int64_t count);

}  // namespace torchloss
