// Conversion between JavaScript values and LibTorch's IValues, by the types in an operator's schema.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>

#include <array>
#include <string>

#include "node/method.h"

namespace torchloss {

// LibTorch's number for a name.
struct NamedNumber {
  const char* name;
  int64_t number;
};

// The dtypes that torchloss reads and makes. lib/tensor/dtypes.ts has the same numbers.
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

// The IValue that `argument` asks for, or an ArgumentError that names it. With `takes_number` a number may
// take the place of a tensor; it promotes like a number.
c10::IValue to_ivalue(Environment& environment, Napi::Value value, const c10::Argument& argument,
                      bool takes_number);

// What `argument` asks for, in words, for an error message.
std::string expected_of(const c10::Argument& argument);

// The results of an operator: none, one value, or an array.
napi_value from_stack(Environment& environment, torch::jit::Stack stack);

// The name of a dtype; for one that torchloss does not name, LibTorch's.
std::string dtype_name(at::ScalarType dtype);

// The name of a dtype as a JavaScript value.
napi_value write_dtype(Environment& environment, int64_t dtype);

}  // namespace torchloss
