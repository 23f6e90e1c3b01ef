// The arguments of a call as JavaScript passed them, read once and matched against all overloads.
#pragma once

#include <ATen/core/Scalar.h>
#include <ATen/core/ivalue.h>

#include <vector>

#include "node/method.h"

namespace torchloss {

// One argument.
struct Given {
  enum class Kind : uint8_t {
    kAbsent,
    kNull,
    kTensor,
    kBoolean,
    kInteger,  // a number without a fraction, like `2` in Python, or a bigint
    kFloat,    // any other number, or one marked as a float
    kComplex,
    kString,
    kList,
    kOther,
  };

  Kind kind = Kind::kAbsent;
  bool fits = true;  // false: an integer outside the range of int64
  int64_t integer = 0;
  double real = 0;
  double imaginary = 0;
  const at::Tensor* tensor = nullptr;
  napi_value value = nullptr;
  std::vector<Given> items;

  // A number in the sense of Python's argument parser, which includes bool.
  bool is_number() const { return kind >= Kind::kBoolean && kind <= Kind::kComplex; }

  at::Scalar scalar() const;

  static Given read(Environment& environment, napi_value value);
};

// Whether a value is a tensor without dimensions that may take the place of a number.
bool is_scalar_tensor(const Given& given);
// The same for an integer.
bool is_integer_tensor(const Given& given);
// Whether a value is an integer in the range of int64, or a real number.
bool is_integer(const Given& given);
bool is_float(const Given& given);

// The number of a value that passed one of these checks.
int64_t integer_of(const Given& given);
double float_of(const Given& given);

// A number without a fraction is an integer, a marked one a float.
template <>
struct Read<at::Scalar> {
  static at::Scalar from(Environment& environment, napi_value value, size_t index) {
    const Given given = Given::read(environment, value);
    if (!given.is_number()) wrong_type("argument " + std::to_string(index), "a number", "something else");
    return given.scalar();
  }
};

// A number as a tensor that promotes like the number: `x + 1` is x plus a tensor of 1, as in Python.
at::Tensor wrapped_number(const at::Scalar& number);

}  // namespace torchloss
