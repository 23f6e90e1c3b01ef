// Cross entropy of a linear layer's outputs, a few rows at a time, so that the logits of all samples are
// never in memory at once. The operators and their dtypes are those of PyTorch 2.13's Python, so the bits are
// too.
#pragma once

#include "losses/linear_cross_entropy.h"
#include "node/compat.h"

namespace torchloss {

// A call in chunks, with every choice made.
struct ChunkedCall {
  at::Tensor target;  // checked class indices, [N]
  OptionalTensor weight;
  int64_t reduction;
  int64_t ignore_index;
  int64_t rows;  // of a chunk
  AccPolicy policy;
  at::ScalarType acc_dtype;
  bool allow_retain_graph;
};

// The loss of `input`, [N, in_features], differentiable by it, by linear_weight and by linear_bias.
at::Tensor chunked_cross_entropy(const at::Tensor& input, const at::Tensor& linear_weight,
                                 const OptionalTensor& linear_bias, const ChunkedCall& call);

}  // namespace torchloss
