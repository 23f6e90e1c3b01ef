// torch.ops.aten: a call is matched against the operator's own schema, argument by argument, and goes through
// LibTorch's dispatcher boxed, so that every operator of the LibTorch in use is there, autograd included.
#include "tensor/operators.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <sstream>
#include <unordered_map>

#include "lanes/small_calls.h"
#include "node/values.h"
#include "tensor/operator_checks.h"
#include "tensor/undo.h"

namespace torchloss {

namespace {

using Operators = std::vector<c10::OperatorHandle>;

// The overloads of one name: the one without a name first, then `Tensor`, then those with fewer arguments.
struct Overloads {
  Operators plain;
  Operators writing;  // into `out`: meant only when it is given
  Operators named;    // of dimensions with names: meant only when asked for
};

Overloads find_overloads(const std::string& name) {
  Operators found;
  c10::Dispatcher& dispatcher = c10::Dispatcher::singleton();
  for (const c10::OperatorName& candidate : dispatcher.getAllOpNames()) {
    if (candidate.name != name) continue;
    const auto handle = dispatcher.findSchema(candidate);
    if (handle.has_value()) found.push_back(*handle);
  }
  std::sort(found.begin(), found.end(), [](const c10::OperatorHandle& a, const c10::OperatorHandle& b) {
    const auto rank = [](const c10::OperatorHandle& op) {
      const c10::FunctionSchema& schema = op.schema();
      const std::string& overload = schema.overload_name();
      const int named = overload.empty() ? 0 : overload == "Tensor" ? 1 : 2;
      return std::make_tuple(named, schema.arguments().size(), overload);
    };
    return rank(a) < rank(b);
  });
  Overloads overloads;
  for (const c10::OperatorHandle& op : found) {
    const c10::FunctionSchema& schema = op.schema();
    const std::string& overload = schema.overload_name();
    if (std::any_of(schema.arguments().begin(), schema.arguments().end(),
                    std::mem_fn(&c10::Argument::is_out))) {
      overloads.writing.push_back(op);
    } else if (overload.find("imname") != std::string::npos || overload.rfind("names", 0) == 0) {
      overloads.named.push_back(op);
    } else {
      overloads.plain.push_back(op);
    }
  }
  return overloads;
}

// LibTorch keeps its thousands of operators by full name only, so that what was found is kept, for all
// threads. What was not found is not: any name may be asked for.
const Operators& overloads_of(const std::string& name, bool has_out) {
  static auto& mutex = *new std::mutex;
  static auto& known = *new std::unordered_map<std::string, Overloads>;  // its elements stay where they are
  static const auto& none = *new Operators;
  const std::lock_guard<std::mutex> lock(mutex);
  auto entry = known.find(name);
  if (entry == known.end()) {
    Overloads found = find_overloads(name);
    if (found.plain.empty() && found.writing.empty() && found.named.empty()) return none;
    entry = known.emplace(name, std::move(found)).first;
  }
  const Overloads& overloads = entry->second;
  if (!overloads.writing.empty() && (has_out || overloads.plain.empty())) return overloads.writing;
  return overloads.plain.empty() ? overloads.named : overloads.plain;
}

[[noreturn]] void unknown_operator(const std::string& name, const std::string& overload) {
  throw CodedError("ERR_UNKNOWN_OPERATOR", "LibTorch " TORCH_VERSION " has no operator " + name +
                                               (overload.empty() ? "" : "." + overload));
}

// The operators that a name stands for, of which the first that fits is called: an overload by its own name,
// or the overloads of an operator.
Operators candidates(const std::string& name, const std::string& overload, bool has_out) {
  if (overload.empty()) {
    const Operators& found = overloads_of(name, has_out);
    if (found.empty()) unknown_operator(name, overload);
    return found;
  }
  const auto handle =
      c10::Dispatcher::singleton().findSchema({name, overload == "default" ? std::string() : overload});
  if (!handle.has_value()) unknown_operator(name, overload);
  return {*handle};
}

// Why a call does not fit a schema, and how many arguments did: -1 where their number or names do not.
struct Mismatch {
  const c10::FunctionSchema& schema;
  int64_t fitting;
  ArgumentError error;
};

class Call {
 public:
  Call(Environment& environment, const Napi::Array& positional, const Napi::Object& named)
      : environment_(environment), positional_(positional), named_(named) {
    const Napi::Array keys = named.GetPropertyNames();
    for (uint32_t i = 0; i < keys.Length(); ++i) keys_.push_back(keys.Get(i).ToString());
  }

  bool has(const std::string& name) const {
    return std::find(keys_.begin(), keys_.end(), name) != keys_.end();
  }

  // The stack for a call of `schema`, or an ArgumentError that names the argument which does not fit.
  // `fitting` counts the arguments that do.
  torch::jit::Stack stack(const c10::FunctionSchema& schema, int64_t& fitting) const {
    fitting = -1;
    check_arguments(schema);
    torch::jit::Stack stack;
    uint32_t used = 0;
    // `x + 1` is x plus a tensor of 1, as in Python: gradients and their names follow from it.
    const bool arithmetic = schema.overload_name() == "Tensor" || schema.overload_name() == "out";
    for (const c10::Argument& argument : schema.arguments()) {
      const bool takes_number = arithmetic && argument.name() == "other";
      fitting = static_cast<int64_t>(stack.size());
      if (!argument.kwarg_only() && used < positional_.Length()) {
        stack.push_back(to_ivalue(environment_, positional_.Get(used++), argument, takes_number));
      } else if (has(argument.name())) {
        stack.push_back(to_ivalue(environment_, named_.Get(argument.name()), argument, takes_number));
      } else if (argument.default_value().has_value()) {
        stack.push_back(*argument.default_value());
      } else {
        wrong_type(argument.name(), expected_of(argument), "nothing");
      }
    }
    return stack;
  }

 private:
  void check_arguments(const c10::FunctionSchema& schema) const {
    size_t places = 0;
    std::string names;
    for (const c10::Argument& argument : schema.arguments()) {
      if (!argument.kwarg_only() && places++ < positional_.Length() && has(argument.name())) {
        wrong_value(argument.name(), "one value", "a positional and a named one");
      }
      names += (names.empty() ? "" : ", ") + argument.name();
    }
    if (places < positional_.Length()) {
      wrong_type(schema.name(), std::to_string(places) + " positional arguments at most",
                 std::to_string(positional_.Length()));
    }
    for (const std::string& key : keys_) {
      if (schema.argumentIndexWithName(key).has_value()) continue;
      wrong_type(key, "an argument of " + schema.name() + " (" + names + ")", "a name that it has not");
    }
  }

  Environment& environment_;
  const Napi::Array& positional_;
  const Napi::Object& named_;
  std::vector<std::string> keys_;
};

// One error for a call that fits no overload: of those that fit best, what the one argument should have been,
// or all of them in a list.
[[noreturn]] void no_overload_fits(const std::string& name, const std::vector<Mismatch>& mismatches) {
  int64_t best = -1;
  for (const Mismatch& mismatch : mismatches) best = std::max(best, mismatch.fitting);
  std::vector<const Mismatch*> closest;
  for (const Mismatch& mismatch : mismatches) {
    if (mismatch.fitting == best) closest.push_back(&mismatch);
  }
  const ArgumentError& first = closest.front()->error;
  const bool alike = std::all_of(closest.begin(), closest.end(), [&first](const Mismatch* mismatch) {
    return mismatch->error.kind == first.kind && mismatch->error.parameter == first.parameter &&
           mismatch->error.got == first.got;
  });
  if (alike) {
    std::ostringstream expected;
    std::vector<std::string> seen;
    for (const Mismatch* mismatch : closest) {
      const std::string& text = mismatch->error.expected;
      if (std::find(seen.begin(), seen.end(), text) != seen.end()) continue;
      expected << (seen.empty() ? "" : " or ") << text;
      seen.push_back(text);
    }
    throw ArgumentError(first.kind, first.parameter, expected.str(), first.got);
  }
  std::ostringstream list;
  for (const Mismatch* mismatch : closest) {
    const ArgumentError& error = mismatch->error;
    list << "\n  " << mismatch->schema << "\n    " << error.parameter << ": expected " << error.expected
         << ", got " << error.got;
  }
  wrong_type(name, "arguments of one of its overloads", "none that fits:" + list.str());
}

napi_value call_operator(Environment& environment, const std::string& name, const std::string& overload,
                         napi_value positional_value, napi_value named_value) {
  const Napi::Array positional(environment.env, positional_value);
  const Napi::Object named(environment.env, named_value);
  const Call call(environment, positional, named);
  std::vector<Mismatch> mismatches;
  for (const c10::OperatorHandle& op : candidates(name, overload, call.has("out"))) {
    torch::jit::Stack stack;
    int64_t fitting = 0;
    try {
      stack = call.stack(op.schema(), fitting);
    } catch (const ArgumentError& error) {
      mismatches.push_back({op.schema(), fitting, error});
      continue;
    }
    check_operator(op.schema(), stack);
    const Undo undo(op.schema(), stack);
    try {
      const OneThread guard(is_small_call(name, stack));
      op.callBoxed(stack);
      check_results(stack);
    } catch (...) {
      undo.restore();
      throw;
    }
    return from_stack(environment, std::move(stack));
  }
  no_overload_fits(name, mismatches);
}

std::vector<std::string> operator_schemas(const std::string& name, const std::string& overload) {
  std::vector<std::string> schemas;
  for (const c10::OperatorHandle& op : candidates(name, overload, false)) {
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
