// Checks that torch.nn.functional makes in Python, and those that LibTorch leaves out.
#pragma once

#include <string>

#include "node/compat.h"
#include "node/errors.h"

namespace torchloss {

// Sizes as PyTorch writes them: [2, 3].
std::string text(at::IntArrayRef sizes);

// Integers where they can be read one after the other: on the CPU, in int64.
at::Tensor readable_integers(const at::Tensor& tensor);

// An error that names `parameter` unless both have the same sizes.
void check_same_size(const char* parameter, const at::Tensor& tensor, const char* reference_name,
                     const at::Tensor& reference);

// Whether labels and probabilities on a CUDA device are looked at before the kernel sees them, which waits
// for the device. A thread's own, true unless the caller vouches for them; gives what it was before.
bool set_validation(bool enabled);
bool validation();

// A class index out of range is an error on the CPU, but on CUDA an assertion in the kernel that leaves every
// later CUDA call of the process failing, or no check at all. So labels on a device are checked before the
// kernel sees them.
void check_class_indices(const at::Tensor& target, int64_t lowest, int64_t classes,
                         optional<int64_t> ignore_index = {});

// Likewise for probabilities outside 0 to 1.
void check_probabilities(const char* parameter, const at::Tensor& tensor);

// Labels and lengths are checked once, and read again later: nearly no backward pass checks them. By then the
// same memory may hold others, since JavaScript writes to memory that it shares, on a lane at any time, and
// LibTorch notices none of it; or a tensor may have got another memory. So what is read again is a copy.

// Of labels that the backward pass of `input`'s loss reads.
at::Tensor hold_labels(const at::Tensor& labels, const at::Tensor& input);

// Likewise where the loss itself reads them behind the check.
at::Tensor hold_checked(const at::Tensor& labels, const at::Tensor& input);

// Of lengths, which a graph keeps as numbers.
at::Tensor hold_lengths(const at::Tensor& lengths);

// What must hold before an operator is called, for those that leave it unchecked, all of it or on a device.

void check_nll(const at::Tensor& input, const at::Tensor& target, int64_t ignore_index);

void check_binary_cross_entropy(const at::Tensor& input, const at::Tensor& target);

// It reads a weight that is too short beyond its end, and gives uninitialised memory for an empty batch that
// is reduced, as multilabel_margin_loss does.
void check_multi_margin(const at::Tensor& input, const at::Tensor& target, const OptionalTensor& weight,
                        int64_t reduction);
void check_multilabel_margin(const at::Tensor& input, const at::Tensor& target, int64_t reduction);

// Every class index and every length at which ctc_loss reads memory: it checks none of them itself.
void check_ctc(const at::Tensor& log_probs, const at::Tensor& targets, const at::Tensor& input_lengths,
               const at::Tensor& target_lengths);

}  // namespace torchloss
