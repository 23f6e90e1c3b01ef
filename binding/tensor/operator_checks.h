// The losses' own checks for calls of their operators by name.
#pragma once

#include <ATen/core/stack.h>

#include <string>

namespace torchloss {

// Throws what the loss would for arguments that the operator `name` (aten::ctc_loss) leaves unchecked.
void check_operator(const std::string& name, const torch::jit::Stack& arguments);

}  // namespace torchloss
