// Checks of sizes and shapes that LibTorch's operators lack: with others they would read outside of tensors,
// divide by zero, or run for minutes.
#pragma once

#include <string>
#include <unordered_map>

#include "tensor/operator_checks.h"

namespace torchloss {

// The checks, by the names of operators.
const std::unordered_map<std::string, OperatorCheck>& shape_checks();

// Whether an operator reads its lists of integers without looking for their lengths.
bool trusts_lists(const std::string& name);

// Refuses sizes of more empty slices than an operator should go through, times `slices`.
void check_slices(at::IntArrayRef sizes, double slices, const char* name);

}  // namespace torchloss
