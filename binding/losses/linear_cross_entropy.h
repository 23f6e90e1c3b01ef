// Cross entropy of a linear layer's outputs, with or without the logits of all samples in memory at once.
#pragma once

#include "node/compat.h"

namespace torchloss {

// Which intermediate values of the chunked computation are wider than the inputs.
// lib/losses/linear_cross_entropy_options.ts has the same numbers.
enum AccPolicy : int64_t { kAuto = 0, kAccurate = 1, kBalanced = 2, kCompact = 3 };

// What stands for a value of LinearCrossEntropyOptions that the call has to choose, and for an absent one.
// lib/losses/linear_cross_entropy_options.ts has the same numbers.
constexpr int64_t kChosen = -1;
constexpr int64_t kAbsent = 0;

// torch.nn.functional.linear_cross_entropy. The tensors come in an order of our own: first those that have
// samples, then the weight of the classes, as in cross_entropy_loss, then what all samples share.
//
// `chunked` says whether there are options: `batch_chunk_size` is their number of rows or kAbsent,
// `chunking_factor` the N of "aspect_ratio:N", kChosen or kAbsent, and `acc_dtype` a ScalarType or kChosen.
at::Tensor linear_cross_entropy(const at::Tensor& input, const at::Tensor& target,
                                const OptionalTensor& weight, const at::Tensor& linear_weight,
                                const OptionalTensor& linear_bias, int64_t reduction,
                                optional<int64_t> ignore_index, double label_smoothing, bool chunked,
                                bool allow_retain_graph, int64_t batch_chunk_size, int64_t chunking_factor,
                                int64_t acc_policy, int64_t acc_dtype);

}  // namespace torchloss
