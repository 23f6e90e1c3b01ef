// Of a part of a batch: what each sample's losses add up to and count for.
#pragma once

#include <vector>

#include "parts/settings.h"

namespace torchloss {

// The sum of each sample's elements. `losses` has the samples in the first dimension.
std::vector<double> sample_sums(const at::Tensor& losses, int64_t samples);

// What each sample's losses, `width` of them, count as in a mean; nothing where all samples count alike.
std::vector<double> sample_weights(const Settings& settings, const std::vector<at::Tensor>& part,
                                   int64_t samples, int64_t width);

// Of each sample's targets, how many count, and for how many of these the largest score is that of the
// target's class.
struct Hits {
  std::vector<double> counted;
  std::vector<double> right;
};
Hits sample_hits(const Settings& settings, const std::vector<at::Tensor>& part, int64_t samples);

// Divides by lengths, where these are above 0.
void divide_by_lengths(std::vector<double>& losses, const at::Tensor& lengths);

}  // namespace torchloss
