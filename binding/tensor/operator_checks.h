// What must hold before and after a call of an operator by name.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>

namespace torchloss {

// Throws what the loss would for arguments that an operator (aten::ctc_loss) leaves unchecked. Labels and
// other integers that may change before they are read again give way to copies: see losses/checks.h.
void check_operator(const c10::FunctionSchema& schema, torch::jit::Stack& arguments);

// Throws for a result that lies beyond the memory it has: operators for LibTorch's own use, such as
// aten::_reshape_alias, make tensors of any sizes.
void check_results(const torch::jit::Stack& results);

}  // namespace torchloss
