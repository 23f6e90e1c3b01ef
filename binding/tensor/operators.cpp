// Operators by name: a name is bound once to the overloads that it stands for. A call is matched against
// their schemas, argument by argument, and goes through LibTorch's dispatcher boxed, so that every operator
// of the LibTorch in use is there, autograd included.
#include "tensor/operators.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <sstream>
#include <unordered_map>

#include "lanes/lane.h"
#include "lanes/small_calls.h"
#include "node/values.h"
#include "tensor/operator_checks.h"
#include "tensor/signature.h"
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
const Overloads& overloads_of(const std::string& name) {
  static auto& mutex = *new std::mutex;
  static auto& known = *new std::unordered_map<std::string, Overloads>;  // its elements stay where they are
  static const auto& none = *new Overloads;
  const std::lock_guard<std::mutex> lock(mutex);
  auto entry = known.find(name);
  if (entry == known.end()) {
    Overloads found = find_overloads(name);
    if (found.plain.empty() && found.writing.empty() && found.named.empty()) return none;
    entry = known.emplace(name, std::move(found)).first;
  }
  return entry->second;
}

[[noreturn]] void unknown_operator(const std::string& name) {
  throw CodedError("ERR_UNKNOWN_OPERATOR", "LibTorch " TORCH_VERSION " has no operator " + name);
}

bool is_tensor_option(const std::string& name) {
  return name == "dtype" || name == "layout" || name == "device" || name == "pin_memory";
}

// Whether an overload that writes into `out` is otherwise the same as another.
bool is_twin(const c10::FunctionSchema& writing, const c10::FunctionSchema& plain) {
  std::vector<const c10::Argument*> inputs;
  for (const c10::Argument& argument : plain.arguments()) {
    const bool kept =
        !is_tensor_option(argument.name()) || writing.argumentIndexWithName(argument.name()).has_value();
    if (kept) inputs.push_back(&argument);
  }
  size_t next = 0;
  for (const c10::Argument& argument : writing.arguments()) {
    if (argument.is_out()) continue;
    if (next == inputs.size() || argument.name() != inputs[next]->name() ||
        *argument.type() != *inputs[next]->type()) {
      return false;
    }
    ++next;
  }
  return next == inputs.size();
}

// An operator, or the overloads that a name stands for, ready to be called. Of those the first that fits is.
class Bound {
 public:
  // `names` are overloads (aten::add.Tensor) or, by the style of operators, one name that stands for all of
  // its own.
  Bound(std::string name, const std::vector<std::string>& names, Style style)
      : name_(std::move(name)), style_(style) {
    for (const std::string& full : names) {
      if (style == Style::kOperator) {
        add_operator(full);
      } else {
        add(full);
      }
    }
    if (plain_.empty() && writing_.empty())
      unknown_operator(style == Style::kOperator ? names.front() : name_);
  }

  // The operator that a call fits and the stack for it.
  const c10::OperatorHandle& resolve(Environment& environment, const Arguments& arguments,
                                     torch::jit::Stack& stack, bool& wants_grad) {
    const Given* out = arguments.names.empty() ? nullptr : arguments.named("out");
    const bool writes = out != nullptr && out->kind != Given::Kind::kNull;
    const std::vector<Signature>& signatures = writes ? writing() : plain_.empty() ? writing_ : plain_;
    for (const Signature& signature : signatures.empty() ? plain_ : signatures) {
      if (!signature.read(environment, arguments, stack)) continue;
      check_operator(signature.schema(), stack);
      wants_grad = false;
      if (signature.is_factory()) {
        const Given* flag = arguments.named("requires_grad");
        wants_grad = flag != nullptr && flag->kind == Given::Kind::kBoolean && flag->integer != 0;
      }
      return signature.op();
    }
    std::vector<Mismatch> mismatches;
    for (const Signature& signature : signatures.empty() ? plain_ : signatures) {
      mismatches.push_back(signature.explain(environment, arguments));
    }
    no_signature_fits(name_, mismatches);
  }

  std::vector<std::string> schemas() const {
    std::vector<std::string> texts;
    for (const Signature& signature : plain_.empty() ? writing_ : plain_) {
      std::ostringstream text;
      text << signature.schema();
      texts.push_back(text.str());
    }
    return texts;
  }

 private:
  // An overload by its own name, or the overloads of an operator.
  void add_operator(const std::string& full) {
    const size_t dot = full.find('.');
    if (dot != std::string::npos) {
      std::string overload = full.substr(dot + 1);
      if (overload == "default") overload.clear();
      const auto handle = c10::Dispatcher::singleton().findSchema({full.substr(0, dot), overload});
      if (handle.has_value()) plain_.emplace_back(*handle, style_);
      return;
    }
    const Overloads& overloads = overloads_of(full);
    for (const auto& op : overloads.writing) writing_.emplace_back(op, style_);
    for (const auto& op : overloads.plain) plain_.emplace_back(op, style_);
    if (!plain_.empty() || !writing_.empty()) return;
    for (const auto& op : overloads.named) plain_.emplace_back(op, style_);
  }

  // aten::add.Tensor, or aten::add.Tensor(self,alpha,other) for an order of arguments that is not the
  // schema's. What an older LibTorch has not is left out.
  void add(const std::string& full) {
    const size_t bracket = full.find('(');
    const std::string operator_name = full.substr(0, bracket);
    const size_t dot = operator_name.find('.');
    const auto handle = c10::Dispatcher::singleton().findSchema(
        {operator_name.substr(0, dot),
         dot == std::string::npos ? std::string() : operator_name.substr(dot + 1)});
    if (!handle.has_value()) return;
    std::vector<std::string> order;
    if (bracket != std::string::npos) {
      std::istringstream list(full.substr(bracket + 1, full.size() - bracket - 2));
      for (std::string argument; std::getline(list, argument, ',');) order.push_back(argument);
    }
    plain_.emplace_back(*handle, style_, order);
  }

  // The twins that write into `out`, looked for when one is first wanted.
  const std::vector<Signature>& writing() {
    if (style_ == Style::kOperator || !writing_.empty()) return writing_;
    for (const Signature& signature : plain_) {
      const c10::FunctionSchema& schema = signature.schema();
      for (const c10::OperatorHandle& op : overloads_of(schema.name()).writing) {
        if (is_twin(op.schema(), schema)) writing_.emplace_back(op, style_);
      }
    }
    return writing_;
  }

  std::string name_;
  Style style_;
  std::vector<Signature> plain_;
  std::vector<Signature> writing_;
};

// What a call is given: the names of the last values, in one text, then all values.
Arguments read_arguments(Environment& environment, napi_value names, const napi_value* values, size_t count) {
  Arguments arguments;
  if (type_of(environment.env, names) == napi_string) {
    std::istringstream list(Read<std::string>::from(environment, names, 0));
    for (std::string name; std::getline(list, name, ',');) arguments.names.push_back(name);
  }
  arguments.values.reserve(count);
  for (size_t i = 0; i < count; ++i) arguments.values.push_back(Given::read(environment, values[i]));
  arguments.positional = count - std::min(count, arguments.names.size());
  return arguments;
}

// An operator with what it is called with.
struct Prepared {
  c10::OperatorHandle op;
  torch::jit::Stack stack;
  bool wants_grad;
  // The tensors that it writes into, with the places of their values.
  std::vector<std::pair<at::Tensor, double>> written;

  void call() {
    const c10::FunctionSchema& schema = op.schema();
    const Undo undo(schema, stack);
    try {
      const OneThread guard(is_small_call(schema.name(), stack));
      op.callBoxed(stack);
      check_results(stack);
    } catch (...) {
      undo.restore();
      throw;
    }
    if (!wants_grad) return;
    for (const c10::IValue& result : stack) {
      if (result.isTensor()) result.toTensor().requires_grad_(true);
    }
  }

  // The results. One that the call wrote into comes as the place of its value among the arguments, so that
  // JavaScript gives its own object back: 1, or 1 + 2/256 for the second item of a list.
  napi_value result(Environment& environment) {
    const size_t count = stack.size();
    if (count == 0) return from_stack(environment, {});
    if (count == 1 && op.schema().returns().front().real_type()->kind() == c10::TypeKind::ScalarTypeType) {
      return write_dtype(environment, stack.front().toInt());
    }
    if (written.empty()) {
      const napi_value results = from_stack(environment, std::move(stack));
      add_names(environment, op.schema(), results, count);
      return results;
    }
    if (stack.size() == 1 && stack.front().isTensor()) return place_or_tensor(environment, stack.front());
    napi_value array = nullptr;
    check(napi_create_array_with_length(environment.env, stack.size(), &array));
    for (size_t i = 0; i < stack.size(); ++i) {
      napi_value item =
          stack[i].isTensor() ? place_or_tensor(environment, stack[i]) : from_stack(environment, {stack[i]});
      check(napi_set_element(environment.env, array, i, item));
    }
    add_names(environment, op.schema(), array, count);
    return array;
  }

 private:
  napi_value place_or_tensor(Environment& environment, const c10::IValue& value) const {
    for (const auto& [tensor, place] : written) {
      if (tensor.is_same(value.toTensor())) return write(environment, place);
    }
    return write(environment, value.toTensor());
  }

  // Several results with names end with these, in one text.
  static void add_names(Environment& environment, const c10::FunctionSchema& schema, napi_value results,
                        size_t count) {
    if (count < 2 || schema.returns().front().name().empty()) return;
    std::string names;
    for (const c10::Argument& field : schema.returns()) names += (names.empty() ? "" : ",") + field.name();
    check(
        napi_set_element(environment.env, results, static_cast<uint32_t>(count), write(environment, names)));
  }
};

void note_written(Prepared& prepared, const Arguments& arguments) {
  const auto& schema = prepared.op.schema();
  for (size_t i = 0; i < schema.arguments().size(); ++i) {
    const c10::AliasInfo* alias = schema.arguments()[i].alias_info();
    if (alias == nullptr || !alias->isWrite() || !prepared.stack[i].isTensor()) continue;
    const at::Tensor& tensor = prepared.stack[i].toTensor();
    for (size_t k = 0; k < arguments.values.size(); ++k) {
      const Given& given = arguments.values[k];
      if (given.kind == Given::Kind::kTensor && given.tensor->is_same(tensor)) {
        prepared.written.emplace_back(tensor, static_cast<double>(k));
        break;
      }
      for (size_t j = 0; j < given.items.size(); ++j) {
        const Given& item = given.items[j];
        if (item.kind != Given::Kind::kTensor || !item.tensor->is_same(tensor)) continue;
        prepared.written.emplace_back(tensor, static_cast<double>(k) + static_cast<double>(j + 1) / 256);
      }
    }
  }
}

Prepared prepare(Environment& environment, Bound& bound, napi_value names, const napi_value* values,
                 size_t count) {
  const Arguments arguments = read_arguments(environment, names, values, count);
  torch::jit::Stack stack;
  bool wants_grad = false;
  const c10::OperatorHandle& op = bound.resolve(environment, arguments, stack, wants_grad);
  Prepared prepared{op, std::move(stack), wants_grad, {}};
  if (op.schema().is_mutable()) note_written(prepared, arguments);
  return prepared;
}

class OperatorJob final : public Job {
 public:
  explicit OperatorJob(Prepared prepared) : prepared_(std::move(prepared)) {}

  void run() override { prepared_.call(); }
  napi_value result(Environment& environment) override { return prepared_.result(environment); }

 private:
  Prepared prepared_;
};

// What the functions of one binding share: the binding itself, and where it was made.
struct Binding {
  Environment& environment;
  Bound bound;
};

// The values of a call. More than fit here are rare: sizes one by one have their own array in JavaScript.
struct Values {
  static constexpr size_t kRoom = 32;
  napi_value values[kRoom];
  size_t count = kRoom;
  Binding* binding = nullptr;

  Values(napi_env env, napi_callback_info info) {
    void* data = nullptr;
    check(napi_get_cb_info(env, info, &count, values, nullptr, &data));
    binding = static_cast<std::shared_ptr<Binding>*>(data)->get();
    if (count > kRoom)
      throw ArgumentError(ArgumentError::Kind::kRange, "arguments", "at most 30", std::to_string(count));
  }
};

// (names, ...values)
napi_value call_bound(napi_env env, napi_callback_info info) noexcept {
  Binding* binding = nullptr;
  napi_value result = nullptr;
  try {
    const Values given(env, info);
    binding = given.binding;
    Prepared prepared =
        prepare(binding->environment, binding->bound, given.values[0], given.values + 1, given.count - 1);
    prepared.call();
    result = prepared.result(binding->environment);
  } catch (...) {
    if (binding != nullptr) raise_current_exception(binding->environment);
  }
  if (binding != nullptr) binding->environment.after_call();
  return result;
}

// (lane, job, names, ...values)
napi_value defer_bound(napi_env env, napi_callback_info info) noexcept {
  Binding* binding = nullptr;
  try {
    const Values given(env, info);
    binding = given.binding;
    Environment& environment = binding->environment;
    auto job = std::make_unique<OperatorJob>(
        prepare(environment, binding->bound, given.values[2], given.values + 3, given.count - 3));
    job->id = Read<double>::from(environment, given.values[1], 1);
    submit(environment, Read<int64_t>::from(environment, given.values[0], 0), std::move(job));
  } catch (...) {
    if (binding != nullptr) raise_current_exception(binding->environment);
  }
  if (binding != nullptr) binding->environment.after_call();
  return nullptr;
}

napi_value function_of(napi_env env, const char* name, napi_callback callback,
                       const std::shared_ptr<Binding>& binding) {
  auto owner = std::make_unique<std::shared_ptr<Binding>>(binding);
  napi_value function = nullptr;
  check(napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, owner.get(), &function));
  const auto release = [](napi_env, void* data, void*) {
    delete static_cast<std::shared_ptr<Binding>*>(data);
  };
  check(napi_add_finalizer(env, function, owner.get(), release, nullptr, nullptr));
  owner.release();
  return function;
}

Style style_of(int64_t number) { return static_cast<Style>(number); }

// Two functions: one that calls what `names` stand for and one that does on a lane.
napi_value bind_operator(Environment& environment, const std::string& name,
                         const std::vector<std::string>& names, int64_t style) {
  const auto binding = std::make_shared<Binding>(Binding{environment, Bound(name, names, style_of(style))});
  napi_value pair = nullptr;
  check(napi_create_array_with_length(environment.env, 2, &pair));
  check(napi_set_element(environment.env, pair, 0,
                         function_of(environment.env, name.c_str(), call_bound, binding)));
  check(napi_set_element(environment.env, pair, 1,
                         function_of(environment.env, name.c_str(), defer_bound, binding)));
  return pair;
}

std::vector<std::string> operator_schemas(const std::string& name) {
  return Bound(name, {name}, Style::kOperator).schemas();
}

}  // namespace

const std::vector<Entry> kOperators = {
    {"bind_operator", method<&bind_operator>},
    {"operator_schemas", method<&operator_schemas>},
};

}  // namespace torchloss
