#include "tensor/given.h"

#include <ATen/ScalarOps.h>

#include <cmath>

namespace torchloss {

namespace {

constexpr double kMaxSafeInteger = 9007199254740991.0;

// -0 is not an integer: its sign would be lost.
bool is_whole(double number) {
  return std::trunc(number) == number && std::abs(number) <= kMaxSafeInteger &&
         !(number == 0 && std::signbit(number));
}

// lib/tensor/scalar.ts marks numbers with a Float64Array: [2] is the float 2.0, [1, 2] the complex number 1 +
// 2i.
bool read_marked(napi_env env, napi_value value, Given& given) {
  bool is_typed_array = false;
  check(napi_is_typedarray(env, value, &is_typed_array));
  if (!is_typed_array) return false;
  napi_typedarray_type type{};
  size_t length = 0;
  void* data = nullptr;
  check(napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr));
  if (type != napi_float64_array || length < 1 || length > 2) return false;
  given.kind = length == 1 ? Given::Kind::kFloat : Given::Kind::kComplex;
  given.real = static_cast<const double*>(data)[0];
  if (length == 2) given.imaginary = static_cast<const double*>(data)[1];
  return true;
}

}  // namespace

Given Given::read(Environment& environment, napi_value value) {
  const napi_env env = environment.env;
  Given given;
  given.value = value;
  switch (type_of(env, value)) {
    case napi_undefined:
      given.kind = Kind::kAbsent;
      break;
    case napi_null:
      given.kind = Kind::kNull;
      break;
    case napi_boolean: {
      bool flag = false;
      check(napi_get_value_bool(env, value, &flag));
      given.kind = Kind::kBoolean;
      given.integer = flag ? 1 : 0;
      break;
    }
    case napi_number:
      check(napi_get_value_double(env, value, &given.real));
      given.kind = is_whole(given.real) ? Kind::kInteger : Kind::kFloat;
      if (given.kind == Kind::kInteger) given.integer = static_cast<int64_t>(given.real);
      break;
    case napi_bigint:
      check(napi_get_value_bigint_int64(env, value, &given.integer, &given.fits));
      given.kind = Kind::kInteger;
      given.real = static_cast<double>(given.integer);
      break;
    case napi_string:
      given.kind = Kind::kString;
      break;
    case napi_external:
      given.tensor = environment.find(value);
      given.kind = given.tensor == nullptr ? Kind::kOther : Kind::kTensor;
      break;
    case napi_object: {
      bool is_array = false;
      check(napi_is_array(env, value, &is_array));
      if (!is_array) {
        if (!read_marked(env, value, given)) given.kind = Kind::kOther;
        break;
      }
      given.kind = Kind::kList;
      uint32_t length = 0;
      check(napi_get_array_length(env, value, &length));
      given.items.reserve(length);
      for (uint32_t i = 0; i < length; ++i) {
        napi_value item = nullptr;
        check(napi_get_element(env, value, i, &item));
        given.items.push_back(read(environment, item));
      }
      break;
    }
    default:
      given.kind = Kind::kOther;
  }
  return given;
}

at::Scalar Given::scalar() const {
  switch (kind) {
    case Kind::kBoolean:
      return at::Scalar(integer != 0);
    case Kind::kInteger:
      return at::Scalar(integer);
    case Kind::kComplex:
      return at::Scalar(c10::complex<double>(real, imaginary));
    case Kind::kTensor:
      return tensor->item();
    default:
      return at::Scalar(real);
  }
}

at::Tensor wrapped_number(const at::Scalar& number) {
  at::Tensor tensor = c10::scalar_to_tensor(number);
  tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
  return tensor;
}

bool is_scalar_tensor(const Given& given) {
  return given.kind == Given::Kind::kTensor && given.tensor->dim() == 0 && !given.tensor->requires_grad();
}

bool is_integer_tensor(const Given& given) {
  return is_scalar_tensor(given) && at::isIntegralType(given.tensor->scalar_type(), false);
}

int64_t integer_of(const Given& given) {
  return given.kind == Given::Kind::kTensor ? given.tensor->item().toLong() : given.integer;
}

double float_of(const Given& given) {
  if (given.kind == Given::Kind::kTensor) return given.tensor->item().toDouble();
  return given.kind == Given::Kind::kBoolean ? static_cast<double>(given.integer) : given.real;
}

bool is_integer(const Given& given) { return given.kind == Given::Kind::kInteger && given.fits; }

bool is_float(const Given& given) {
  return given.is_number() && given.kind != Given::Kind::kComplex && given.fits;
}

}  // namespace torchloss
