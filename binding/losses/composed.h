// Losses that are no single operator of LibTorch, composed from its operators as torch.nn.functional does in
// Python.
#pragma once

#include "node/compat.h"

namespace torchloss {

// at::Reduction's numbers, and the one that kl_div alone adds. lib/loss/params.ts uses the same.
enum Reduction : int64_t { kNone = 0, kMean = 1, kSum = 2, kBatchMean = 3 };

// A number as Python hands it to an operator: as a tensor that takes the other's dtype. The graph then shows
// the nodes that PyTorch's shows.
at::Tensor number(const at::Scalar& value);

// The losses joined: kNone leaves them as they are.
at::Tensor reduce(const at::Tensor& losses, int64_t reduction);

// The newer PyTorch's weights for each element, of the input's size. The mean of the first two divides by the
// sum of the weights, that of huber_loss by the number of elements.
at::Tensor weighted_l1_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction,
                            const at::Tensor& weight);
at::Tensor weighted_mse_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction,
                             const at::Tensor& weight);
at::Tensor weighted_huber_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction,
                               double delta, const at::Tensor& weight);

// mindspore.ops.nll_loss with label smoothing; PyTorch has none.
at::Tensor smoothed_nll_loss(const at::Tensor& input, const at::Tensor& target, const OptionalTensor& weight,
                             int64_t reduction, int64_t ignore_index, double label_smoothing);

at::Tensor gaussian_nll_loss(const at::Tensor& input, const at::Tensor& target, const at::Tensor& var,
                             bool full, double eps, int64_t reduction);

at::Tensor multilabel_soft_margin_loss(const at::Tensor& input, const at::Tensor& target,
                                       const OptionalTensor& weight, int64_t reduction);

// From distances that the caller's distance function gave: anchor to positive, anchor to negative and, for
// the swap, positive to negative.
at::Tensor triplet_margin_with_distance_loss(const at::Tensor& positive_distance,
                                             const at::Tensor& negative_distance,
                                             const OptionalTensor& swap_distance, double margin,
                                             int64_t reduction);

// With LibTorch's pairwise_distance, which torch.nn.functional takes where the caller gives no distance
// function.
at::Tensor triplet_margin_with_pairwise_distance_loss(const at::Tensor& anchor, const at::Tensor& positive,
                                                      const at::Tensor& negative, double margin, bool swap,
                                                      int64_t reduction);

}  // namespace torchloss
