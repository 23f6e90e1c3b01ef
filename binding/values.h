// JavaScript values as LibTorch's IValues and back, by the types that an operator's schema asks for.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>

#include "method.h"

namespace torchloss {

// The IValue that `argument` asks for, or an ArgumentError that names it.
c10::IValue to_ivalue(Environment& environment, Napi::Value value, const c10::Argument& argument);

// An operator's results: none, one value, or an array of them.
napi_value from_stack(Environment& environment, torch::jit::Stack stack);

}  // namespace torchloss
