#include "composed.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/sum.h>

namespace torchloss {

namespace {

at::Tensor reduce(const at::Tensor& losses, int64_t reduction) {
  if (reduction == at::Reduction::Mean) return losses.mean();
  if (reduction == at::Reduction::Sum) return losses.sum();
  return losses;
}

}  // namespace

at::Tensor triplet_margin_with_distance_loss(const at::Tensor& positive_distance, const at::Tensor& negative_distance,
                                             const OptionalTensor& swap_distance, double margin, int64_t reduction) {
  const at::Tensor negative =
      swap_distance.has_value() ? at::minimum(negative_distance, *swap_distance) : negative_distance;
  const at::Tensor gap = kStrictTripletMargin ? positive_distance + margin - negative
                                              : positive_distance - negative + margin;
  return reduce(at::clamp_min(gap, 0), reduction);
}

}  // namespace torchloss
