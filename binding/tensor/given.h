// The arguments of a call as JavaScript gave them, looked at once for all the overloads they are held
// against.
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
    kInteger,  // a number without a fraction, as `2` is an int in Python; a bigint
    kFloat,    // another number, or one that was marked as a float
    kComplex,
    kString,
    kList,
    kOther,
  };

  Kind kind = Kind::kAbsent;
  bool fits = true;  // false: an integer that no int64 holds
  int64_t integer = 0;
  double real = 0;
  double imaginary = 0;
  const at::Tensor* tensor = nullptr;
  napi_value value = nullptr;
  std::vector<Given> items;

  // A number, as Python's argument parser knows them: bool is one.
  bool is_number() const { return kind >= Kind::kBoolean && kind <= Kind::kComplex; }

  at::Scalar scalar() const;

  static Given read(Environment& environment, napi_value value);
};

// Whether a value is a tensor without dimensions that may stand for a number.
bool is_scalar_tensor(const Given& given);
// Likewise for an integer.
bool is_integer_tensor(const Given& given);
// Whether a value is an integer that int64 holds, or a real number.
bool is_integer(const Given& given);
bool is_float(const Given& given);

// The number of a value that passed one of these checks.
int64_t integer_of(const Given& given);
double float_of(const Given& given);

// As a number without a fraction is an integer, and a marked one a float.
template <>
struct Read<at::Scalar> {
  static at::Scalar from(Environment& environment, napi_value value, size_t index) {
    const Given given = Given::read(environment, value);
    if (!given.is_number()) wrong_type("argument " + std::to_string(index), "a number", "something else");
    return given.scalar();
  }
};

// A tensor of a number, which promotes like the number: `x + 1` is x plus a tensor of 1, as in Python.
at::Tensor wrapped_number(const at::Scalar& number);

}  // namespace torchloss
