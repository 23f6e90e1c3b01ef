// The checks that torch.nn.functional makes in Python, and those that LibTorch omits.
#pragma once

#include <string>

#include "node/compat.h"
#include "node/errors.h"

namespace torchloss {

// Sizes in PyTorch's notation: [2, 3].
std::string text(at::IntArrayRef sizes);

// Integers as contiguous int64 on the CPU.
at::Tensor readable_integers(const at::Tensor& tensor);

// Throws an error that names `parameter` unless both have the same sizes.
void check_same_size(const char* parameter, const at::Tensor& tensor, const char* reference_name,
                     const at::Tensor& reference);

// Whether labels and probabilities on a CUDA device are checked before the kernel reads them, which waits for
// the device. Per thread; true unless the caller vouches for them. Returns the previous value.
bool set_validation(bool enabled);
bool validation();

// A class index out of range is an error on the CPU. On CUDA it is an assertion in the kernel, after which
// every CUDA call of the process fails, or it is not checked at all. So labels on a device are checked before
// the kernel reads them.
void check_class_indices(const at::Tensor& target, int64_t lowest, int64_t classes,
                         optional<int64_t> ignore_index = {});

// The same on any device, for integers that operators of ours read.
void require_class_indices(const at::Tensor& target, int64_t lowest, int64_t classes,
                           optional<int64_t> ignore_index = {});

// The same for probabilities outside 0 to 1.
void check_probabilities(const char* parameter, const at::Tensor& tensor);

// Labels and lengths are checked once and read again later: hardly any backward pass checks them. By then the
// same memory may hold other values, since JavaScript can write to shared memory at any time while a lane
// runs, unnoticed by LibTorch; or the tensor may have been given other memory. So whatever is read again is
// copied.

// Copies labels that the backward pass of `input`'s loss reads.
at::Tensor hold_labels(const at::Tensor& labels, const at::Tensor& input);

// Copies labels that the loss itself reads after the check.
at::Tensor hold_checked(const at::Tensor& labels, const at::Tensor& input);

// Copies lengths, which a graph stores as numbers.
at::Tensor hold_lengths(const at::Tensor& lengths);

// Preconditions of the operators that check them incompletely or not on every device.

void check_nll(const at::Tensor& input, const at::Tensor& target, int64_t ignore_index);

void check_binary_cross_entropy(const at::Tensor& input, const at::Tensor& target);

// LibTorch reads past the end of a weight that is too short, and returns uninitialized memory for an empty
// batch with a reduction, as multilabel_margin_loss does.
void check_multi_margin(const at::Tensor& input, const at::Tensor& target, const OptionalTensor& weight,
                        int64_t reduction);
void check_multilabel_margin(const at::Tensor& input, const at::Tensor& target, int64_t reduction);

// Every class index and every length by which ctc_loss reads memory: it checks none of them itself.
void check_ctc(const at::Tensor& log_probs, const at::Tensor& targets, const at::Tensor& input_lengths,
               const at::Tensor& target_lengths);

}  // namespace torchloss
