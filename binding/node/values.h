// JavaScript values as LibTorch's IValues and back, by the types that an operator's schema asks for.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>

#include "node/method.h"

namespace torchloss {

// The IValue that `argument` asks for, or an ArgumentError that names it. `takes_number` lets a number stand
// for a tensor of its own, which promotes like a number.
c10::IValue to_ivalue(Environment& environment, Napi::Value value, const c10::Argument& argument,
                      bool takes_number);

// What `argument` asks for, in words for an error.
std::string expected_of(const c10::Argument& argument);

// An operator's results: none, one value, or an array of them.
napi_value from_stack(Environment& environment, torch::jit::Stack stack);

}  // namespace torchloss
