// Losses that only MindSpore has, composed of LibTorch's operators in the order of mindspore.nn.
#pragma once

#include "node/compat.h"

namespace torchloss {

// The activations that MultiClassDiceLoss has by name. lib/losses/mindspore/multi_class_dice.ts has the same
// numbers.
enum Activation : int64_t {
  kNoActivation = 0,
  kSoftmax = 1,
  kLogSoftmax = 2,
  kReLU = 3,
  kReLU6 = 4,
  kTanh = 5,
  kSigmoid = 6
};

at::Tensor mae_loss(const at::Tensor& logits, const at::Tensor& labels, int64_t reduction);

at::Tensor rmse_loss(const at::Tensor& logits, const at::Tensor& labels);

at::Tensor dice_loss(const at::Tensor& logits, const at::Tensor& labels, double smooth);

// The mean of the Dice losses of all classes but `ignored`, divided by the number of all classes.
at::Tensor multi_class_dice_loss(const at::Tensor& logits, const at::Tensor& labels,
                                 const OptionalTensor& weights, optional<int64_t> ignored,
                                 int64_t activation);

// `labels` have one class index per sample in dimension 1, or a share for each class.
at::Tensor focal_loss(const at::Tensor& logits, const at::Tensor& labels, const OptionalTensor& weight,
                      double gamma, int64_t reduction);

at::Tensor softmax_cross_entropy_with_logits(const at::Tensor& logits, const at::Tensor& labels, bool sparse,
                                             int64_t reduction);

// Cross entropy among `num_true` labels per row of `logits` and the `sampled` classes. The expected counts
// are how often the classes occur in such a sample.
at::Tensor sampled_softmax_loss(const at::Tensor& weights, const at::Tensor& biases, const at::Tensor& labels,
                                const at::Tensor& logits, int64_t num_true, const at::Tensor& sampled,
                                const at::Tensor& true_expected, const at::Tensor& sampled_expected,
                                int64_t reduction);

}  // namespace torchloss
