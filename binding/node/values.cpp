#include "node/values.h"

#include <ATen/ScalarOps.h>
#include <ATen/core/List.h>
#include <ATen/core/jit_type.h>

#include <array>
#include <cmath>

#include "node/generator.h"

namespace torchloss {

namespace {

constexpr std::array kMemoryFormats = {
    NamedNumber{"contiguous_format", static_cast<int64_t>(at::MemoryFormat::Contiguous)},
    NamedNumber{"preserve_format", static_cast<int64_t>(at::MemoryFormat::Preserve)},
    NamedNumber{"channels_last", static_cast<int64_t>(at::MemoryFormat::ChannelsLast)},
    NamedNumber{"channels_last_3d", static_cast<int64_t>(at::MemoryFormat::ChannelsLast3d)},
};

constexpr std::array kLayouts = {
    NamedNumber{"strided", static_cast<int64_t>(at::Layout::Strided)},
    NamedNumber{"sparse_coo", static_cast<int64_t>(at::Layout::Sparse)},
};

constexpr double kMaxSafeInteger = 9007199254740991.0;

std::string kind_of(const Napi::Value& value) {
  if (value.IsArray()) return "an array";
  switch (value.Type()) {
    case napi_undefined:
      return "undefined";
    case napi_null:
      return "null";
    case napi_boolean:
      return "a boolean";
    case napi_number:
      return "number " + value.ToString().Utf8Value();
    case napi_string:
      return "'" + value.ToString().Utf8Value() + "'";
    case napi_symbol:
      return "a symbol";
    case napi_bigint:
      return "a bigint";
    case napi_function:
      return "a function";
    case napi_external:
      return find_generator(value.Env(), value) == nullptr ? "a Tensor" : "a Generator";
    default:
      return "an object";
  }
}

class Reader {
 public:
  Reader(Environment& environment, const c10::Argument& argument, bool takes_number)
      : environment_(environment), argument_(argument), takes_number_(takes_number) {}

  c10::IValue read(const Napi::Value& value, const c10::TypePtr& type) const {
    switch (type->kind()) {
      case c10::TypeKind::OptionalType:
        if (value.IsUndefined() || value.IsNull()) return {};
        return read(value, type->castRaw<c10::OptionalType>()->getElementType());
      case c10::TypeKind::TensorType:
        if (takes_number_ && !value.IsExternal()) return wrapped_number(value);
        if (!value.IsExternal()) fail(value);
        return read_tensor(value);
      case c10::TypeKind::ListType:
        return read_list(value, type->castRaw<c10::ListType>()->getElementType());
      case c10::TypeKind::IntType:
      case c10::TypeKind::SymIntType:
        return read_integer(value);
      case c10::TypeKind::FloatType:
        if (!value.IsNumber()) fail(value);
        return value.As<Napi::Number>().DoubleValue();
      case c10::TypeKind::NumberType:
        return read_scalar(value);
      case c10::TypeKind::BoolType:
        if (!value.IsBoolean()) fail(value);
        return value.As<Napi::Boolean>().Value();
      case c10::TypeKind::StringType:
        if (!value.IsString()) fail(value);
        return value.As<Napi::String>().Utf8Value();
      case c10::TypeKind::DeviceObjType:
        if (!value.IsString()) fail(value);
        return c10::Device(value.As<Napi::String>().Utf8Value());
      case c10::TypeKind::ScalarTypeType:
        return read_named(value, kDTypes);
      case c10::TypeKind::MemoryFormatType:
        return read_named(value, kMemoryFormats);
      case c10::TypeKind::LayoutType:
        return read_named(value, kLayouts);
      case c10::TypeKind::GeneratorType: {
        const at::Generator* generator = find_generator(environment_.env, value);
        if (generator == nullptr) fail(value);
        return *generator;
      }
      default:
        // Streams and the like exist in C++ alone: from JavaScript they can only be left out.
        fail(value);
    }
  }

 private:
  [[noreturn]] void fail(const Napi::Value& value) const {
    const std::string expected = expected_of(argument_);
    const bool wants_tensor = value.IsArray() && expected.rfind("a Tensor", 0) == 0;
    wrong_type(argument_.name(), expected,
               kind_of(value) + (wants_tensor ? "; torch.tensor(array) makes one" : ""));
  }

  const at::Tensor& read_tensor(const Napi::Value& value) const {
    try {
      return environment_.unwrap(value, 0);
    } catch (const ArgumentError&) {
      fail(value);
    }
  }

  c10::IValue read_integer(const Napi::Value& value) const {
    if (value.IsNumber()) {
      const double number = value.As<Napi::Number>().DoubleValue();
      if (std::trunc(number) != number || std::abs(number) > kMaxSafeInteger) fail(value);
      return static_cast<int64_t>(number);
    }
    if (value.IsBigInt()) return read_bigint(value);
    fail(value);
  }

  // A dtype, a layout or a memory format. LibTorch would take any number for one, so only names are accepted.
  template <size_t Size>
  c10::IValue read_named(const Napi::Value& value, const std::array<NamedNumber, Size>& table) const {
    if (!value.IsString()) fail(value);
    const std::string name = value.As<Napi::String>();
    for (const NamedNumber& entry : table) {
      if (name == entry.name) return entry.number;
    }
    fail(value);
  }

  int64_t read_bigint(const Napi::Value& value) const {
    bool lossless = false;
    const int64_t number = value.As<Napi::BigInt>().Int64Value(&lossless);
    if (!lossless) fail(value);
    return number;
  }

  // A number without a fraction is an integer here, like `2` in Python; it promotes like one.
  at::Scalar read_scalar(const Napi::Value& value) const {
    if (value.IsBoolean()) return at::Scalar(value.As<Napi::Boolean>().Value());
    if (value.IsBigInt()) return at::Scalar(read_bigint(value));
    if (!value.IsNumber()) fail(value);
    const double number = value.As<Napi::Number>().DoubleValue();
    const bool integer = std::trunc(number) == number && std::abs(number) <= kMaxSafeInteger &&
                         !(number == 0 && std::signbit(number));
    return integer ? at::Scalar(static_cast<int64_t>(number)) : at::Scalar(number);
  }

  at::Tensor wrapped_number(const Napi::Value& value) const {
    at::Tensor tensor = c10::scalar_to_tensor(read_scalar(value));
    tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
    return tensor;
  }

  c10::IValue read_list(const Napi::Value& value, const c10::TypePtr& element) const {
    c10::impl::GenericList list(element->kind() == c10::TypeKind::SymIntType ? c10::IntType::get() : element);
    if (value.IsArray()) {
      const auto array = value.As<Napi::Array>();
      for (uint32_t i = 0; i < array.Length(); ++i) list.push_back(read(array.Get(i), element));
      return list;
    }
    // int[2] takes one integer for both elements, as in Python.
    if (!argument_.N().has_value() || value.IsExternal()) fail(value);
    const c10::IValue item = read(value, element);
    for (int32_t i = 0; i < *argument_.N(); ++i) list.push_back(item);
    return list;
  }

  Environment& environment_;
  const c10::Argument& argument_;
  const bool takes_number_;
};

// A number where it is exact, otherwise a bigint.
napi_value write_integer(Environment& environment, int64_t number) {
  if (std::abs(static_cast<double>(number)) <= kMaxSafeInteger) return write(environment, number);
  return Napi::BigInt::New(environment.env, number);
}

napi_value from_ivalue(Environment& environment, const c10::IValue& value) {
  const Napi::Env env(environment.env);
  if (value.isTensor()) return write(environment, value.toTensor());
  if (value.isBool()) return write(environment, value.toBool());
  if (value.isInt()) return write_integer(environment, value.toInt());
  if (value.isDouble()) return write(environment, value.toDouble());
  if (value.isString()) return write(environment, value.toStringRef());
  if (value.isList() || value.isTuple()) {
    const std::vector<c10::IValue> items =
        value.isList() ? value.toListRef().vec() : std::vector<c10::IValue>(value.toTupleRef().elements());
    const auto array = Napi::Array::New(env, items.size());
    for (size_t i = 0; i < items.size(); ++i)
      array.Set(i, Napi::Value(env, from_ivalue(environment, items[i])));
    return array;
  }
  if (value.isNone()) return env.Null();
  throw CodedError("ERR_NOT_IMPLEMENTED", "torchloss cannot return a result of type " + value.type()->str());
}

}  // namespace

std::string expected_of(const c10::Argument& argument) {
  c10::TypePtr type = argument.real_type();
  std::string ending;
  if (const auto optional_type = type->cast<c10::OptionalType>()) {
    type = optional_type->getElementType();
    ending = " or null";
  }
  switch (type->kind()) {
    case c10::TypeKind::TensorType:
      return "a Tensor" + ending;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      return "an integer" + ending;
    case c10::TypeKind::FloatType:
      return "a number" + ending;
    case c10::TypeKind::NumberType:
      return "a number" + ending;
    case c10::TypeKind::BoolType:
      return "a boolean" + ending;
    case c10::TypeKind::StringType:
      return "a string" + ending;
    case c10::TypeKind::DeviceObjType:
      return "a device" + ending;
    case c10::TypeKind::ScalarTypeType:
      return "a dtype" + ending;
    case c10::TypeKind::MemoryFormatType:
      return "a memory format" + ending;
    case c10::TypeKind::LayoutType:
      return "a layout" + ending;
    case c10::TypeKind::GeneratorType:
      return "a Generator" + ending;
    case c10::TypeKind::ListType:
      switch (type->castRaw<c10::ListType>()->getElementType()->kind()) {
        case c10::TypeKind::IntType:
        case c10::TypeKind::SymIntType:
          return (argument.N().has_value() ? "an integer or an array of integers" : "an array of integers") +
                 ending;
        case c10::TypeKind::TensorType:
          return "an array of Tensors" + ending;
        default:
          return type->str() + ending;
      }
    default:
      return type->str() + ending;
  }
}

c10::IValue to_ivalue(Environment& environment, Napi::Value value, const c10::Argument& argument,
                      bool takes_number) {
  return Reader(environment, argument, takes_number).read(value, argument.real_type());
}

napi_value from_stack(Environment& environment, torch::jit::Stack stack) {
  const Napi::Env env(environment.env);
  if (stack.empty()) return env.Undefined();
  if (stack.size() == 1) return from_ivalue(environment, stack.front());
  const auto array = Napi::Array::New(env, stack.size());
  for (size_t i = 0; i < stack.size(); ++i)
    array.Set(i, Napi::Value(env, from_ivalue(environment, stack[i])));
  return array;
}

std::string dtype_name(at::ScalarType dtype) {
  for (const NamedNumber& entry : kDTypes) {
    if (entry.number == static_cast<int64_t>(dtype)) return std::string(entry.name);
  }
  return at::toString(dtype);
}

napi_value write_dtype(Environment& environment, int64_t dtype) {
  for (const NamedNumber& entry : kDTypes) {
    if (entry.number == dtype) return write(environment, std::string(entry.name));
  }
  throw CodedError("ERR_NOT_IMPLEMENTED",
                   "torchloss has no name for LibTorch's dtype " + std::to_string(dtype));
}

}  // namespace torchloss
