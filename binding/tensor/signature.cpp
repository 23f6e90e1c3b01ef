#include "tensor/signature.h"

#include <ATen/core/List.h>
#include <ATen/core/jit_type.h>

#include <algorithm>
#include <sstream>
#include <string_view>

#include "lanes/small_calls.h"
#include "node/values.h"
#include "tensor/shape_checks.h"

namespace torchloss {

namespace {

using Kind = Given::Kind;

// The arithmetic operators for which Python's parser takes numbers as tensors, in place or not.
bool takes_numbers(std::string_view name) {
  static const auto& names = *new std::vector<std::string_view>{
      "add",      "sub",         "mul",          "div",  "divide", "multiply",
      "subtract", "true_divide", "floor_divide", "copy", "to"};
  if (name.rfind("aten::", 0) == 0) name.remove_prefix(6);
  if (!name.empty() && name.back() == '_') name.remove_suffix(1);
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_empty_list(const c10::optional<c10::IValue>& value) {
  return value.has_value() && value->isIntList() && value->toIntList().empty();
}

const Given& absent() {
  static const auto& given = *new Given;
  return given;
}

}  // namespace

bool is_tensor_option(const std::string& name) {
  return name == "dtype" || name == "layout" || name == "device" || name == "pin_memory";
}

const Given* Arguments::named(const std::string& name) const {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return &values[positional + i];
  }
  return nullptr;
}

Signature::Type Signature::type_of(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::TensorType:
      return Type::kTensor;
    case c10::TypeKind::NumberType:
      return Type::kNumber;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      return Type::kInteger;
    case c10::TypeKind::FloatType:
      return Type::kFloat;
    case c10::TypeKind::BoolType:
      return Type::kBoolean;
    case c10::TypeKind::StringType:
      return Type::kString;
    case c10::TypeKind::ScalarTypeType:
      return Type::kDType;
    case c10::TypeKind::DeviceObjType:
      return Type::kDevice;
    case c10::TypeKind::ListType: {
      const c10::TypePtr& element = type->castRaw<c10::ListType>()->getElementType();
      if (element->kind() == c10::TypeKind::OptionalType) return Type::kOptionalTensors;
      switch (type_of(element)) {
        case Type::kTensor:
          return Type::kTensors;
        case Type::kInteger:
          return Type::kIntegers;
        case Type::kFloat:
          return Type::kFloats;
        case Type::kBoolean:
          return Type::kBooleans;
        case Type::kNumber:
          return Type::kNumbers;
        default:
          return Type::kOther;
      }
    }
    default:
      return Type::kOther;
  }
}

Duties::Duties(const c10::FunctionSchema& schema)
    : check(check_of(schema)),
      writes(schema.is_mutable()),
      small_alone(shares_out_small_calls(schema.name())) {
  may_change =
      std::any_of(schema.arguments().begin(), schema.arguments().end(), [](const c10::Argument& argument) {
        const c10::AliasInfo* alias = argument.alias_info();
        return alias != nullptr &&
               (alias->isWrite() || argument.real_type()->kind() == c10::TypeKind::ListType);
      });
  const auto& returns = schema.returns();
  gives_dtype = returns.size() == 1 && returns.front().real_type()->kind() == c10::TypeKind::ScalarTypeType;
  names_results = returns.size() > 1 && !returns.front().name().empty();
}

Signature::Signature(c10::OperatorHandle op, Style style, const std::vector<std::string>& order)
    : op_(std::move(op)), duties_(op_.schema()), style_(style) {
  const c10::FunctionSchema& schema = op_.schema();
  const auto& arguments = schema.arguments();
  const bool python = style != Style::kOperator;
  const bool numbers = takes_numbers(schema.name());
  size_t options = 0;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const c10::Argument& argument = arguments[i];
    Parameter parameter;
    parameter.name = parameter_name(argument, style);
    parameter.argument = &argument;
    parameter.place = i;
    c10::TypePtr type = argument.real_type();
    if (const auto* optional_type = type->castRaw<c10::OptionalType>()) {
      parameter.optional = true;
      type = optional_type->getElementType();
    }
    parameter.type = type_of(type);
    parameter.keyword_only = argument.kwarg_only();
    parameter.writes = python && argument.is_out();
    if (parameter.writes) ++outs_;
    if (argument.N().has_value()) parameter.repeats = *argument.N();
    parameter.fixed = trusts_lists(schema.name()) && parameter.repeats > 0 && !parameter.optional &&
                      !is_empty_list(argument.default_value());
    const std::string& overload = schema.overload_name();
    parameter.takes_number =
        parameter.type == Type::kTensor &&
        (python ? numbers && !parameter.writes
                : parameter.name == "other" && (overload == "Tensor" || overload == "out"));
    if (is_tensor_option(parameter.name)) ++options;
    parameters_.push_back(std::move(parameter));
  }
  factory_ = options == 4 && python;
  if (!order.empty()) {
    std::vector<Parameter> sorted;
    for (const std::string& name : order) {
      for (Parameter& parameter : parameters_) {
        if (parameter.argument->name() != name) continue;
        parameter.keyword_only = false;
        sorted.push_back(parameter);
      }
    }
    for (const Parameter& parameter : parameters_) {
      if (std::find(order.begin(), order.end(), parameter.argument->name()) == order.end()) {
        sorted.push_back(parameter);
        sorted.back().keyword_only = true;
      }
    }
    parameters_ = std::move(sorted);
  }
  // For a few operators the tensor is not the first argument: polygamma(int n, Tensor self).
  if (style == Style::kMethod) {
    const auto self = std::find_if(parameters_.begin(), parameters_.end(),
                                   [](const Parameter& parameter) { return parameter.name == "self"; });
    if (self != parameters_.end()) std::rotate(parameters_.begin(), self, self + 1);
  }
  // Sizes may be given one by one if there are no other positional parameters.
  const size_t first = style == Style::kMethod ? 1 : 0;
  size_t places = 0;
  for (const Parameter& parameter : parameters_) places += parameter.keyword_only || parameter.writes ? 0 : 1;
  rest_ = python && places == first + 1 && parameters_[first].type == Type::kIntegers;
}

bool Signature::takes_rest(const Arguments& arguments) const {
  const size_t first = style_ == Style::kMethod ? 1 : 0;
  if (!rest_ || arguments.positional <= first) return false;
  const Kind kind = arguments.values[first].kind;
  return kind == Kind::kInteger || (kind == Kind::kTensor && is_integer_tensor(arguments.values[first]));
}

// Assigns values to parameters; false if their number or names do not fit.
bool Signature::find(const Arguments& arguments, Found& found, bool& rest) const {
  size_t used = 0;
  size_t named = 0;
  rest = takes_rest(arguments);
  for (const Parameter& parameter : parameters_) {
    const Given* given = nullptr;
    if (!parameter.keyword_only && !parameter.writes && used < arguments.positional) {
      given = &arguments.values[used++];
      if (rest && parameter.type == Type::kIntegers) used = arguments.positional;
      if (!arguments.names.empty() && arguments.named(parameter.name) != nullptr) return false;
    } else if (!arguments.names.empty()) {
      given = arguments.named(parameter.writes ? "out" : parameter.name);
      if (given != nullptr && !(parameter.writes && found.size() + 1 < parameters_.size())) ++named;
    }
    found.push_back(given == nullptr ? &absent() : given);
  }
  if (used < arguments.positional) return false;
  if (named == arguments.names.size()) return true;
  for (const std::string& name : arguments.names) {
    const bool known = std::any_of(
        parameters_.begin(), parameters_.end(),
        [&name](const Parameter& parameter) { return (parameter.writes ? "out" : parameter.name) == name; });
    const bool free = (factory_ && name == "requires_grad") ||
                      (outs_ > 0 && (is_tensor_option(name) || name == "requires_grad"));
    if (!known && !free) return false;
  }
  return true;
}

// `dim` of a reduction may be left out if another argument is named: `x.sum({ keepdim: true })`.
bool Signature::means_all(const Parameter& parameter) const {
  return style_ != Style::kOperator && parameter.optional && parameter.type == Type::kIntegers &&
         parameter.name == "dim";
}

bool Signature::read(Environment& environment, const Arguments& arguments, torch::jit::Stack& stack) const {
  Found found;
  bool rest = false;
  if (!find(arguments, found, rest)) return false;
  size_t out = 0;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    if (rest && parameter.type == Type::kIntegers && found[i] >= arguments.values.begin() &&
        found[i] < arguments.values.begin() + arguments.positional) {
      for (const Given* item = found[i]; item < arguments.values.begin() + arguments.positional; ++item) {
        if (!is_integer(*item) && !is_integer_tensor(*item)) return false;
      }
      continue;
    }
    if (parameter.writes && outs_ > 1) {
      const Given& list = *found[i];
      if (list.kind != Kind::kList || list.items.size() != outs_ || list.items[out].kind != Kind::kTensor)
        return false;
      found[i] = &list.items[out++];
      continue;
    }
    if (parameter.writes && found[i]->kind == Kind::kList && found[i]->items.size() == 1)
      found[i] = &found[i]->items[0];
    if (!accepts(environment, parameter, *found[i])) return false;
  }
  stack.resize(parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    c10::IValue& place = stack[parameter.place];
    if (rest && parameter.type == Type::kIntegers && found[i] >= arguments.values.begin() &&
        found[i] < arguments.values.begin() + arguments.positional) {
      c10::List<int64_t> list;
      for (const Given* item = found[i]; item < arguments.values.begin() + arguments.positional; ++item) {
        list.push_back(integer_of(*item));
      }
      place = std::move(list);
      continue;
    }
    place = convert(environment, parameter, *found[i]);
  }
  return true;
}

}  // namespace torchloss
