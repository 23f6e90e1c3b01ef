// Checks before and after a call of an operator by name.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>

namespace torchloss {

// Throws the error of the loss for arguments that the operator (aten::ctc_loss) does not check. Replaces
// labels and other integers that may change before they are read again by copies: see losses/checks.h.
void check_operator(const c10::FunctionSchema& schema, torch::jit::Stack& arguments);

// Throws for a result that reaches beyond its memory: LibTorch's internal operators, such as
// aten::_reshape_alias, make tensors of any size. Replaces results that a backward pass reads unchecked by
// copies.
void check_results(const c10::FunctionSchema& schema, torch::jit::Stack& results);

}  // namespace torchloss
