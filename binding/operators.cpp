// torch.ops.aten: a call is matched against the operator's own schema, argument by argument, and goes through
// LibTorch's dispatcher boxed, so that every operator of the LibTorch in use is there, autograd included.
#include "operators.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>

#include <algorithm>
#include <sstream>

#include "values.h"

namespace torchloss {

namespace {

// The overloads of aten::NAME, the one without a name first, then those with fewer arguments.
std::vector<c10::OperatorHandle> overloads_of(const std::string& name) {
  std::vector<c10::OperatorHandle> found;
  c10::Dispatcher& dispatcher = c10::Dispatcher::singleton();
  for (const c10::OperatorName& candidate : dispatcher.getAllOpNames()) {
    if (candidate.name != name) continue;
    const auto handle = dispatcher.findSchema(candidate);
    if (handle.has_value()) found.push_back(*handle);
  }
  std::sort(found.begin(), found.end(), [](const c10::OperatorHandle& a, const c10::OperatorHandle& b) {
    const auto rank = [](const c10::OperatorHandle& op) {
      const c10::FunctionSchema& schema = op.schema();
      return std::make_tuple(!schema.overload_name().empty(), schema.arguments().size(), schema.overload_name());
    };
    return rank(a) < rank(b);
  });
  return found;
}

[[noreturn]] void unknown_operator(const std::string& name, const std::string& overload) {
  throw CodedError("ERR_UNKNOWN_OPERATOR", "LibTorch " TORCH_VERSION " has no operator " + name +
                                               (overload.empty() ? "" : "." + overload));
}

std::vector<c10::OperatorHandle> candidates(const std::string& name, const std::string& overload) {
  if (overload.empty()) {
    std::vector<c10::OperatorHandle> found = overloads_of(name);
    if (found.empty()) unknown_operator(name, overload);
    return found;
  }
  const auto handle =
      c10::Dispatcher::singleton().findSchema({name, overload == "default" ? std::string() : overload});
  if (!handle.has_value()) unknown_operator(name, overload);
  return {*handle};
}

// The stack for a call of `schema`, or an ArgumentError that names the argument which does not fit.
torch::jit::Stack stack_of(Environment& environment, const c10::FunctionSchema& schema, const Napi::Array& positional,
                           const Napi::Object& named) {
  torch::jit::Stack stack;
  uint32_t used_positional = 0;
  uint32_t used_named = 0;
  for (const c10::Argument& argument : schema.arguments()) {
    const bool has_name = named.HasOwnProperty(argument.name());
    if (!argument.kwarg_only() && used_positional < positional.Length()) {
      if (has_name) wrong_value(argument.name(), "one value", "a positional and a named one");
      stack.push_back(to_ivalue(environment, positional.Get(used_positional++), argument));
    } else if (has_name) {
      stack.push_back(to_ivalue(environment, named.Get(argument.name()), argument));
      ++used_named;
    } else if (argument.default_value().has_value()) {
      stack.push_back(*argument.default_value());
    } else {
      wrong_type(argument.name(), argument.type()->annotation_str(), "nothing");
    }
  }
  if (used_positional < positional.Length()) {
    wrong_type(schema.name(), std::to_string(used_positional) + " positional arguments at most",
               std::to_string(positional.Length()));
  }
  const Napi::Array keys = named.GetPropertyNames();
  for (uint32_t i = 0; used_named < keys.Length() && i < keys.Length(); ++i) {
    const std::string key = keys.Get(i).ToString();
    if (!schema.argumentIndexWithName(key).has_value()) {
      wrong_type(key, "an argument of " + schema.name(), "a name that it has not");
    }
  }
  return stack;
}

napi_value call_operator(Environment& environment, const std::string& name, const std::string& overload,
                         napi_value positional_value, napi_value named_value) {
  const Napi::Array positional(environment.env, positional_value);
  const Napi::Object named(environment.env, named_value);
  const std::vector<c10::OperatorHandle> operators = candidates(name, overload);
  std::string mismatches;
  for (const c10::OperatorHandle& op : operators) {
    torch::jit::Stack stack;
    try {
      stack = stack_of(environment, op.schema(), positional, named);
    } catch (const ArgumentError& error) {
      if (operators.size() == 1) throw;
      std::ostringstream line;
      line << "\n  " << op.schema() << "\n    " << error.parameter << ": expected " << error.expected << ", got "
           << error.got;
      mismatches += line.str();
      continue;
    }
    op.callBoxed(stack);
    return from_stack(environment, std::move(stack));
  }
  wrong_type(name, "arguments of one of its overloads", "none that fits:" + mismatches);
}

std::vector<std::string> operator_schemas(const std::string& name, const std::string& overload) {
  std::vector<std::string> schemas;
  for (const c10::OperatorHandle& op : candidates(name, overload)) {
    std::ostringstream text;
    text << op.schema();
    schemas.push_back(text.str());
  }
  return schemas;
}

}  // namespace

const std::vector<Entry> kOperators = {
    {"call_operator", method<&call_operator>},
    {"operator_schemas", method<&operator_schemas>},
};

}  // namespace torchloss
