// Which values the parameters of a signature accept, and how they are converted for the operator.
#include <ATen/core/List.h>
#include <ATen/core/jit_type.h>

#include <algorithm>

#include "node/values.h"
#include "tensor/signature.h"

namespace torchloss {

using Kind = Given::Kind;

bool Signature::accepts(Environment& environment, const Parameter& parameter, const Given& given) const {
  const bool python = style_ != Style::kOperator;
  if (given.kind == Kind::kAbsent || given.kind == Kind::kNull) {
    if (given.kind == Kind::kNull && parameter.optional) return true;
    if (given.kind == Kind::kAbsent)
      return parameter.argument->default_value().has_value() || means_all(parameter);
    // If a default is None though the type is not optional, Python accepts None.
    return python && parameter.argument->default_value().has_value() &&
           parameter.argument->default_value()->isNone();
  }
  switch (parameter.type) {
    case Type::kTensor:
      return given.kind == Kind::kTensor || (parameter.takes_number && given.is_number() && given.fits);
    case Type::kTensors:
      return given.kind == Kind::kList &&
             std::all_of(given.items.begin(), given.items.end(),
                         [](const Given& item) { return item.kind == Kind::kTensor; });
    case Type::kOptionalTensors:
      return given.kind == Kind::kList &&
             std::all_of(given.items.begin(), given.items.end(), [](const Given& item) {
               return item.kind == Kind::kTensor || item.kind == Kind::kNull || item.kind == Kind::kAbsent;
             });
    case Type::kNumber:
      return (given.is_number() && given.fits) || (python && is_scalar_tensor(given));
    case Type::kInteger:
      return is_integer(given) || (python && is_integer_tensor(given));
    case Type::kFloat:
      return (python ? is_float(given) : is_float(given) && given.kind != Kind::kBoolean) ||
             (python && is_scalar_tensor(given));
    case Type::kBoolean:
      return given.kind == Kind::kBoolean;
    case Type::kString:
      return given.kind == Kind::kString;
    case Type::kIntegers:
      if (given.kind == Kind::kList) {
        return std::all_of(given.items.begin(), given.items.end(), [python](const Given& item) {
          return is_integer(item) || (python && is_integer_tensor(item));
        });
      }
      return parameter.repeats > 0 && (is_integer(given) || (python && is_integer_tensor(given)));
    case Type::kFloats:
      if (given.kind == Kind::kList) return std::all_of(given.items.begin(), given.items.end(), is_float);
      return parameter.repeats > 0 && is_float(given);
    case Type::kBooleans:
      return given.kind == Kind::kList &&
             std::all_of(given.items.begin(), given.items.end(),
                         [](const Given& item) { return item.kind == Kind::kBoolean; });
    case Type::kNumbers:
      return given.kind == Kind::kList && std::all_of(given.items.begin(), given.items.end(),
                                                      [](const Given& item) { return item.is_number(); });
    default:
      try {
        to_ivalue(environment, Napi::Value(environment.env, given.value), *parameter.argument, false);
        return true;
      } catch (const ArgumentError&) {
        return false;
      }
  }
}

c10::IValue Signature::convert(Environment& environment, const Parameter& parameter,
                               const Given& given) const {
  if (given.kind == Kind::kAbsent) {
    // Python's parser reads the default `at::Reduction::Mean` as 0, which means no reduction.
    if (style_ != Style::kOperator && parameter.name == "reduction") return int64_t{0};
    if (!parameter.argument->default_value().has_value()) return {};
    return *parameter.argument->default_value();
  }
  if (given.kind == Kind::kNull) return {};
  switch (parameter.type) {
    case Type::kTensor:
      return given.kind == Kind::kTensor ? *given.tensor : wrapped_number(given.scalar());
    case Type::kTensors: {
      c10::List<at::Tensor> list;
      list.reserve(given.items.size());
      for (const Given& item : given.items) list.push_back(*item.tensor);
      return list;
    }
    case Type::kOptionalTensors: {
      c10::List<OptionalTensor> list;
      for (const Given& item : given.items) {
        list.push_back(item.kind == Kind::kTensor ? OptionalTensor(*item.tensor) : OptionalTensor());
      }
      return list;
    }
    case Type::kNumber:
      return given.scalar();
    case Type::kInteger:
      return integer_of(given);
    case Type::kFloat:
      return float_of(given);
    case Type::kBoolean:
      return given.integer != 0;
    case Type::kIntegers: {
      c10::List<int64_t> list;
      if (given.kind == Kind::kList) {
        list.reserve(given.items.size());
        for (const Given& item : given.items) list.push_back(integer_of(item));
        if (list.empty() && parameter.fixed) {
          throw CodedError("ERR_TORCH", parameter.name + ": expected " + std::to_string(parameter.repeats) +
                                            " integers, got an empty array");
        }
      } else {
        for (int32_t i = 0; i < parameter.repeats; ++i) list.push_back(integer_of(given));
      }
      return list;
    }
    case Type::kFloats: {
      c10::List<double> list;
      for (const Given& item : given.items) list.push_back(float_of(item));
      for (int32_t i = 0; given.kind != Kind::kList && i < parameter.repeats; ++i)
        list.push_back(float_of(given));
      return list;
    }
    case Type::kBooleans: {
      c10::List<bool> list;
      for (const Given& item : given.items) list.push_back(item.integer != 0);
      return list;
    }
    case Type::kNumbers: {
      c10::impl::GenericList list(c10::NumberType::get());
      for (const Given& item : given.items) list.push_back(c10::IValue(item.scalar()));
      return list;
    }
    default:
      return to_ivalue(environment, Napi::Value(environment.env, given.value), *parameter.argument, false);
  }
}

}  // namespace torchloss
