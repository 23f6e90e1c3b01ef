// Losses that are not a single operator of LibTorch, composed from operators as in Python's
// torch.nn.functional.
#pragma once

#include "node/compat.h"

namespace torchloss {

// at::Reduction's numbers, and the one that only kl_div has. lib/loss/params.ts uses the same.
enum Reduction : int64_t { kNone = 0, kMean = 1, kSum = 2, kBatchMean = 3 };

// A number as Python passes it to an operator: as a tensor that takes the other's dtype. The graph then has
// the same nodes as PyTorch's.
at::Tensor number(const at::Scalar& value);

// Reduces the losses; kNone returns them unchanged.
at::Tensor reduce(const at::Tensor& losses, int64_t reduction);

// The per-element weights of newer PyTorch, of input's size. The mean of the first two divides by the sum of
// the weights, that of huber_loss by the number of elements.
at::Tensor weighted_l1_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction,
                            const at::Tensor& weight);
at::Tensor weighted_mse_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction,
                             const at::Tensor& weight);
at::Tensor weighted_huber_loss(const at::Tensor& input, const at::Tensor& target, int64_t reduction,
                               double delta, const at::Tensor& weight);

// mindspore.ops.nll_loss with label smoothing, which PyTorch does not have.
at::Tensor smoothed_nll_loss(const at::Tensor& input, const at::Tensor& target, const OptionalTensor& weight,
                             int64_t reduction, int64_t ignore_index, double label_smoothing);

at::Tensor gaussian_nll_loss(const at::Tensor& input, const at::Tensor& target, const at::Tensor& var,
                             bool full, double eps, int64_t reduction);

at::Tensor multilabel_soft_margin_loss(const at::Tensor& input, const at::Tensor& target,
                                       const OptionalTensor& weight, int64_t reduction);

// From the distances that the caller's distance function returned: anchor to positive, anchor to negative
// and, for the swap, positive to negative.
at::Tensor triplet_margin_with_distance_loss(const at::Tensor& positive_distance,
                                             const at::Tensor& negative_distance,
                                             const OptionalTensor& swap_distance, double margin,
                                             int64_t reduction);

// With LibTorch's pairwise_distance, which torch.nn.functional uses if the caller passes no distance
// function.
at::Tensor triplet_margin_with_pairwise_distance_loss(const at::Tensor& anchor, const at::Tensor& positive,
                                                      const at::Tensor& negative, double margin, bool swap,
                                                      int64_t reduction);

}  // namespace torchloss
