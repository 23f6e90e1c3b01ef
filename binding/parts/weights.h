// What each sample of a part of a batch contributes: the sum of its losses and its weight.
#pragma once

#include <vector>

#include "parts/settings.h"

namespace torchloss {

// Whether a tensor has 16-bit floats.
bool is_half(const at::Tensor& tensor);

// The tensor, in float32 instead of a 16-bit dtype: it holds the same numbers, and LibTorch has more kernels
// for it.
at::Tensor widened(const at::Tensor& tensor);

// The sum of each sample's elements. The samples are in the first dimension of `losses`.
std::vector<double> sample_sums(const at::Tensor& losses, int64_t samples);

// The weight in a mean of each sample's `width` losses; nothing if all samples count alike.
std::vector<double> sample_weights(const Settings& settings, const std::vector<at::Tensor>& part,
                                   int64_t samples, int64_t width);

// For each target, the class with the largest score.
at::Tensor predicted_classes(const Settings& settings, const std::vector<at::Tensor>& part);

// For each sample, how many of its targets count, and for how many of these the predicted class is right.
struct Hits {
  std::vector<double> counted;
  std::vector<double> right;
};
Hits sample_hits(const Settings& settings, const at::Tensor& target_classes, const at::Tensor& predicted,
                 int64_t samples);

// For each target its class, the predicted class, and a probability: that of the predicted class, or of class
// 1 of two. No probabilities for scores without any. `predicted` is not read if there are two classes.
struct Labels {
  std::vector<double> targets;
  std::vector<double> predicted;
  std::vector<double> confidences;
};
Labels target_labels(const Settings& settings, const std::vector<at::Tensor>& part, at::Tensor predicted);

// Divides by lengths that are above 0.
void divide_by_lengths(std::vector<double>& losses, const at::Tensor& lengths);

}  // namespace torchloss
