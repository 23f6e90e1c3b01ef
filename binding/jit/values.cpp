#include "jit/values.h"

#include <ATen/core/Dict.h>
#include <ATen/core/List.h>

#include <cmath>

#include "jit/script.h"

namespace torchloss::jit {

namespace {

constexpr double kMaxSafeInteger = 9007199254740991.0;

[[noreturn]] void fail(const Napi::Value& value, const c10::TypePtr& type, const std::string& name) {
  const char* got = "an object";
  if (value.IsUndefined()) got = "undefined";
  if (value.IsNull()) got = "null";
  if (value.IsBoolean()) got = "a boolean";
  if (value.IsNumber()) got = "a number";
  if (value.IsBigInt()) got = "a bigint";
  if (value.IsString()) got = "a string";
  if (value.IsArray()) got = "an array";
  if (value.IsFunction()) got = "a function";
  if (value.IsExternal()) got = "a Tensor";
  wrong_type(name, "a value of TorchScript's type " + type->annotation_str(), got);
}

bool is_integer(const Napi::Value& value) {
  if (!value.IsNumber()) return false;
  const double number = value.As<Napi::Number>().DoubleValue();
  return std::trunc(number) == number && std::abs(number) <= kMaxSafeInteger;
}

int64_t read_integer(const Napi::Value& value, const c10::TypePtr& type, const std::string& name) {
  if (value.IsBigInt()) {
    bool lossless = false;
    const int64_t number = value.As<Napi::BigInt>().Int64Value(&lossless);
    if (lossless) return number;
  }
  if (!is_integer(value)) fail(value, type, name);
  return static_cast<int64_t>(value.As<Napi::Number>().DoubleValue());
}

std::string at_index(const std::string& name, uint32_t index) {
  return name + "[" + std::to_string(index) + "]";
}

c10::IValue read_tuple(Environment& environment, const Napi::Value& value, const c10::TypePtr& type,
                       const std::string& name) {
  const auto& elements = type->castRaw<c10::TupleType>()->elements();
  if (!value.IsArray()) fail(value, type, name);
  const auto array = value.As<Napi::Array>();
  if (array.Length() != elements.size()) {
    wrong_value(name, std::to_string(elements.size()) + " values, as " + type->annotation_str() + " has",
                std::to_string(array.Length()));
  }
  std::vector<c10::IValue> items;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    items.push_back(read_value(environment, array.Get(i), elements[i], at_index(name, i)));
  }
  return c10::ivalue::Tuple::create(std::move(items));
}

c10::IValue read_dict(Environment& environment, const Napi::Value& value, const c10::TypePtr& type,
                      const std::string& name) {
  const auto* dict = type->castRaw<c10::DictType>();
  c10::impl::GenericDict items(dict->getKeyType(), dict->getValueType());
  const auto add = [&](const Napi::Value& key, const Napi::Value& item, const std::string& place) {
    items.insert_or_assign(read_value(environment, key, dict->getKeyType(), place),
                           read_value(environment, item, dict->getValueType(), place));
  };
  if (value.IsArray()) {
    const auto pairs = value.As<Napi::Array>();
    for (uint32_t i = 0; i < pairs.Length(); ++i) {
      const Napi::Value pair = pairs.Get(i);
      if (!pair.IsArray()) fail(value, type, name);
      add(pair.As<Napi::Array>().Get(0u), pair.As<Napi::Array>().Get(1u), at_index(name, i));
    }
  } else if (value.IsObject() && !value.IsExternal()) {
    const auto object = value.As<Napi::Object>();
    const Napi::Array keys = object.GetPropertyNames();
    for (uint32_t i = 0; i < keys.Length(); ++i) {
      const Napi::Value key = keys.Get(i);
      add(key, object.Get(key), name + "." + key.ToString().Utf8Value());
    }
  } else {
    fail(value, type, name);
  }
  return items;
}

}  // namespace

c10::IValue read_value(Environment& environment, Napi::Value value, const c10::TypePtr& type,
                       const std::string& name) {
  switch (type->kind()) {
    case c10::TypeKind::AnyType:
      return read_any(environment, value, name);
    case c10::TypeKind::OptionalType:
      if (value.IsUndefined() || value.IsNull()) return {};
      return read_value(environment, value, type->castRaw<c10::OptionalType>()->getElementType(), name);
    case c10::TypeKind::NoneType:
      if (!value.IsUndefined() && !value.IsNull()) fail(value, type, name);
      return {};
    case c10::TypeKind::TensorType: {
      const at::Tensor* tensor = value.IsExternal() ? environment.find(value) : nullptr;
      if (tensor == nullptr) wrong_type(name, "a Tensor", value.IsArray() ? "an array" : "something else");
      return *tensor;
    }
    case c10::TypeKind::IntType:
      return read_integer(value, type, name);
    case c10::TypeKind::FloatType:
      if (!value.IsNumber()) fail(value, type, name);
      return value.As<Napi::Number>().DoubleValue();
    case c10::TypeKind::NumberType:
      if (is_integer(value)) return read_integer(value, type, name);
      if (!value.IsNumber()) fail(value, type, name);
      return value.As<Napi::Number>().DoubleValue();
    case c10::TypeKind::BoolType:
      if (!value.IsBoolean()) fail(value, type, name);
      return value.As<Napi::Boolean>().Value();
    case c10::TypeKind::StringType:
      if (!value.IsString()) fail(value, type, name);
      return value.As<Napi::String>().Utf8Value();
    case c10::TypeKind::TupleType:
      return read_tuple(environment, value, type, name);
    case c10::TypeKind::ListType: {
      if (!value.IsArray()) fail(value, type, name);
      const c10::TypePtr element = type->castRaw<c10::ListType>()->getElementType();
      c10::impl::GenericList items(element);
      const auto array = value.As<Napi::Array>();
      for (uint32_t i = 0; i < array.Length(); ++i) {
        items.push_back(read_value(environment, array.Get(i), element, at_index(name, i)));
      }
      return items;
    }
    case c10::TypeKind::DictType:
      return read_dict(environment, value, type, name);
    default:
      throw CodedError("ERR_NOT_IMPLEMENTED",
                       name + ": torchloss makes no value of TorchScript's type " + type->annotation_str());
  }
}

c10::IValue read_any(Environment& environment, Napi::Value value, const std::string& name) {
  if (value.IsExternal()) return read_value(environment, value, c10::TensorType::get(), name);
  if (value.IsUndefined() || value.IsNull()) return {};
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
  if (value.IsString()) return value.As<Napi::String>().Utf8Value();
  if (value.IsNumber() || value.IsBigInt()) {
    if (value.IsBigInt() || is_integer(value)) return read_integer(value, c10::IntType::get(), name);
    return value.As<Napi::Number>().DoubleValue();
  }
  if (value.IsArray()) {
    const auto array = value.As<Napi::Array>();
    std::vector<c10::IValue> items;
    for (uint32_t i = 0; i < array.Length(); ++i)
      items.push_back(read_any(environment, array.Get(i), at_index(name, i)));
    return c10::ivalue::Tuple::create(std::move(items));
  }
  if (!value.IsObject() || value.IsFunction()) fail(value, c10::AnyType::get(), name);
  return read_dict(environment, value, c10::DictType::create(c10::StringType::get(), c10::TensorType::get()),
                   name);
}

napi_value write_value(Environment& environment, const c10::IValue& value) {
  const Napi::Env env(environment.env);
  if (value.isNone()) return env.Null();
  if (value.isTensor()) return write(environment, value.toTensor());
  if (value.isBool()) return write(environment, value.toBool());
  if (value.isDouble()) return write(environment, value.toDouble());
  if (value.isString()) return write(environment, value.toStringRef());
  if (value.isInt()) {
    const int64_t number = value.toInt();
    if (std::abs(static_cast<double>(number)) <= kMaxSafeInteger) return write(environment, number);
    return Napi::BigInt::New(env, number);
  }
  if (value.isList() || value.isTuple()) {
    const std::vector<c10::IValue> items =
        value.isList() ? value.toListRef().vec() : std::vector<c10::IValue>(value.toTupleRef().elements());
    const auto array = Napi::Array::New(env, items.size());
    for (size_t i = 0; i < items.size(); ++i)
      array.Set(static_cast<uint32_t>(i), Napi::Value(env, write_value(environment, items[i])));
    return array;
  }
  if (value.isGenericDict()) {
    const auto dict = value.toGenericDict();
    if (dict.keyType()->kind() == c10::TypeKind::StringType) {
      const auto object = Napi::Object::New(env);
      for (const auto& entry : dict) {
        object.Set(entry.key().toStringRef(), Napi::Value(env, write_value(environment, entry.value())));
      }
      return object;
    }
    const auto pairs = Napi::Array::New(env, dict.size());
    uint32_t at = 0;
    for (const auto& entry : dict) {
      const auto pair = Napi::Array::New(env, 2);
      pair.Set(0u, Napi::Value(env, write_value(environment, entry.key())));
      pair.Set(1u, Napi::Value(env, write_value(environment, entry.value())));
      pairs.Set(at++, pair);
    }
    return env.Global().Get("Map").As<Napi::Function>().New({pairs});
  }
  throw CodedError("ERR_NOT_IMPLEMENTED", "torchloss does not hand out a value of TorchScript's type " +
                                              value.type()->annotation_str());
}

std::vector<c10::IValue> read_arguments(Environment& environment, const Script& script,
                                        const std::string& method, napi_value values) {
  const auto found = script.module.find_method(method);
  if (!found.has_value()) {
    throw CodedError("ERR_NOT_IMPLEMENTED", "the TorchScript module has no method '" + method + "'");
  }
  const auto& parameters = found->function().getSchema().arguments();
  const Napi::Array given(environment.env, values);
  if (given.Length() + 1 > parameters.size()) {
    wrong_value(method, std::to_string(parameters.size() - 1) + " arguments", std::to_string(given.Length()));
  }
  std::vector<c10::IValue> arguments;
  for (size_t i = 1; i < parameters.size(); ++i) {
    const c10::Argument& parameter = parameters[i];
    const Napi::Value value = i <= given.Length() ? given.Get(static_cast<uint32_t>(i - 1))
                                                  : Napi::Env(environment.env).Undefined();
    if (value.IsUndefined() && parameter.default_value().has_value()) {
      arguments.push_back(*parameter.default_value());
    } else {
      arguments.push_back(read_value(environment, value, parameter.type(), parameter.name()));
    }
  }
  return arguments;
}

}  // namespace torchloss::jit
