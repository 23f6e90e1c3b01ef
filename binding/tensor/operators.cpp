// Operators by name: a name is bound once to its overloads. A call is matched against their schemas, argument
// by argument, and goes boxed through LibTorch's dispatcher. So every operator of the LibTorch in use is
// available, autograd included.
#include "tensor/operators.h"

#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>

#include <algorithm>
#include <sstream>

#include "lanes/lane.h"
#include "lanes/small_calls.h"
#include "node/values.h"
#include "tensor/bound.h"
#include "tensor/operator_checks.h"
#include "tensor/undo.h"

namespace torchloss {

namespace {

// The arguments of a call: the names of the last values in one string, then all values.
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

bool is_about_dtypes(const std::string& message) {
  constexpr const char* kWords[] = {" not implemented for '", "dtype",       "scalar type",
                                    "desired output type",    "bool tensor", "type ("};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&message](const char* word) { return message.find(word) != std::string::npos; });
}

// Adds to an error about dtypes what LibTorch leaves out: which tensor has which.
void add_tensors(c10::Error& error, const c10::FunctionSchema& schema, const torch::jit::Stack& stack,
                 Style style) {
  // A kernel that takes its arguments from the stack has left others there.
  const auto& arguments = schema.arguments();
  if (stack.size() != arguments.size() || !is_about_dtypes(error.msg())) return;
  std::ostringstream list;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!stack[i].isTensor() || !stack[i].toTensor().defined()) continue;
    const at::Tensor& tensor = stack[i].toTensor();
    if (tensor.is_nested()) continue;  // it has no sizes
    list << (list.tellp() > 0 ? ", " : "") << parameter_name(arguments[i], style) << " is "
         << tensor.scalar_type() << ' ' << tensor.sizes();
  }
  if (list.tellp() > 0) error.add_context(list.str());
}

// An operator and the arguments to call it with.
struct Prepared {
  c10::OperatorHandle op;
  Duties duties;
  Style style;
  torch::jit::Stack stack;
  bool wants_grad;
  // The tensors that it writes to, with the positions of their values.
  std::vector<std::pair<at::Tensor, double>> written;

  void call() {
    optional<Undo> undo;
    if (duties.may_change) undo.emplace(op.schema(), stack);
    try {
      const OneThread guard(duties.small_alone && is_small_call(stack));
      op.callBoxed(stack);
      check_results(op.schema(), stack);
    } catch (c10::Error& error) {
      if (undo.has_value()) undo->restore();
      add_tensors(error, op.schema(), stack, style);
      throw;
    } catch (...) {
      if (undo.has_value()) undo->restore();
      throw;
    }
    if (!wants_grad) return;
    for (const c10::IValue& result : stack) {
      if (result.isTensor()) result.toTensor().requires_grad_(true);
    }
  }

  // The results. A tensor that the call wrote to is returned as the position of its value among the
  // arguments, so that JavaScript returns its own object: 1, or 1 + 2/256 for the second item of a list.
  napi_value result(Environment& environment) {
    const size_t count = stack.size();
    if (count == 0) return from_stack(environment, {});
    if (duties.gives_dtype) return write_dtype(environment, stack.front().toInt());
    if (written.empty()) {
      const napi_value results = from_stack(environment, std::move(stack));
      if (duties.names_results) add_names(environment, op.schema(), results, count);
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
    if (duties.names_results) add_names(environment, op.schema(), array, count);
    return array;
  }

 private:
  napi_value place_or_tensor(Environment& environment, const c10::IValue& value) const {
    for (const auto& [tensor, place] : written) {
      if (tensor.is_same(value.toTensor())) return write(environment, place);
    }
    return write(environment, value.toTensor());
  }

  // An array of several named results ends with the names, in one string.
  static void add_names(Environment& environment, const c10::FunctionSchema& schema, napi_value results,
                        size_t count) {
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
  const Signature& signature = bound.resolve(environment, arguments, stack, wants_grad);
  Prepared prepared{signature.op(), signature.duties(), bound.style(), std::move(stack), wants_grad, {}};
  if (prepared.duties.writes) note_written(prepared, arguments);
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

// Shared by the functions of a binding: the binding itself, and where it was made.
struct Binding {
  Environment& environment;
  Bound bound;
};

// The values of a call. More than fit on the stack are rare: sizes given one by one have an array in
// JavaScript.
struct Values {
  static constexpr size_t kRoom = 32;
  napi_value room[kRoom];
  std::vector<napi_value> more;
  napi_value* values = room;
  size_t count = kRoom;
  Binding* binding = nullptr;

  Values(napi_env env, napi_callback_info info) {
    void* data = nullptr;
    check(napi_get_cb_info(env, info, &count, room, nullptr, &data));
    binding = static_cast<std::shared_ptr<Binding>*>(data)->get();
    if (count <= kRoom) return;
    more.resize(count);
    values = more.data();
    check(napi_get_cb_info(env, info, &count, values, nullptr, nullptr));
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

// Returns two functions: one calls what `names` stand for, the other does so on a lane.
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
