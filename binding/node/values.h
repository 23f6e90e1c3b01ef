// JavaScript values as LibTorch's IValues and back, by the types that an operator's schema asks for.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>

#include <array>

#include "node/method.h"

namespace torchloss {

// A number that LibTorch has for a word.
struct NamedNumber {
  const char* name;
  int64_t number;
};

// The dtypes that torchloss makes and reads. lib/tensor/dtypes.ts has the same numbers.
inline constexpr std::array kDTypes = {
    NamedNumber{"uint8", static_cast<int64_t>(at::kByte)},
    NamedNumber{"int8", static_cast<int64_t>(at::kChar)},
    NamedNumber{"int16", static_cast<int64_t>(at::kShort)},
    NamedNumber{"int32", static_cast<int64_t>(at::kInt)},
    NamedNumber{"int64", static_cast<int64_t>(at::kLong)},
    NamedNumber{"float16", static_cast<int64_t>(at::kHalf)},
    NamedNumber{"float32", static_cast<int64_t>(at::kFloat)},
    NamedNumber{"float64", static_cast<int64_t>(at::kDouble)},
    NamedNumber{"bool", static_cast<int64_t>(at::kBool)},
    NamedNumber{"bfloat16", static_cast<int64_t>(at::kBFloat16)},
    NamedNumber{"complex64", static_cast<int64_t>(at::kComplexFloat)},
    NamedNumber{"complex128", static_cast<int64_t>(at::kComplexDouble)},
};

// The IValue that `argument` asks for, or an ArgumentError that names it. `takes_number` lets a number stand
// for a tensor of its own, which promotes like a number.
c10::IValue to_ivalue(Environment& environment, Napi::Value value, const c10::Argument& argument,
                      bool takes_number);

// What `argument` asks for, in words for an error.
std::string expected_of(const c10::Argument& argument);

// An operator's results: none, one value, or an array of them.
napi_value from_stack(Environment& environment, torch::jit::Stack stack);

// The name of a dtype.
napi_value write_dtype(Environment& environment, int64_t dtype);

// The name of a dtype.
napi_value write_dtype(Environment& environment, int64_t dtype);

}  // namespace torchloss
