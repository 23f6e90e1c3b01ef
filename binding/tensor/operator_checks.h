// Checks before and after a call of an operator by name.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>

#include "node/compat.h"

namespace torchloss {

// Throws the error of the loss for arguments that the operator (aten::ctc_loss) does not check. Replaces
// labels that may change before they are read again by copies: see losses/checks.h.
using OperatorCheck = void (*)(torch::jit::Stack& arguments);

// A tensor among the arguments that may be absent.
inline OptionalTensor optional_tensor(const c10::IValue& value) {
  if (value.isNone()) return {};
  return value.toTensor();
}

// The check of an operator, or nullptr.
OperatorCheck check_of(const c10::FunctionSchema& schema);

// Replaces other integers that a backward pass reads and that may change before by copies.
void hold_integers(const c10::FunctionSchema& schema, torch::jit::Stack& arguments);

// Throws for a result that reaches beyond its memory: LibTorch's internal operators, such as
// aten::_reshape_alias, make tensors of any size. Replaces results that a backward pass reads unchecked by
// copies.
void check_results(const c10::FunctionSchema& schema, torch::jit::Stack& results);

}  // namespace torchloss
