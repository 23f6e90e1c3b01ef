#include "tensor/bound.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/function_schema.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <sstream>
#include <unordered_map>

#include "node/errors.h"
#include "tensor/operator_checks.h"

namespace torchloss {

namespace {

using Operators = std::vector<c10::OperatorHandle>;

// The overloads of a name: first the unnamed one, then `Tensor`, then the others, those with fewer arguments
// first.
struct Overloads {
  Operators plain;
  Operators writing;  // into `out`: tried only when it is given
  Operators named;    // with named dimensions: tried only when asked for
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

// LibTorch indexes its thousands of operators by full name only, so what was found is cached for all threads.
// Unknown names are not cached: callers may ask for any number of them.
const Overloads& overloads_of(const std::string& name) {
  static auto& mutex = *new std::mutex;
  static auto& known = *new std::unordered_map<std::string, Overloads>;  // its elements never move
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

// Whether an overload that writes into `out` otherwise matches another.
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

}  // namespace

Bound::Bound(std::string name, const std::vector<std::string>& names, Style style)
    : name_(std::move(name)), style_(style) {
  for (const std::string& full : names) {
    if (style == Style::kOperator) {
      add_operator(full);
    } else {
      add(full);
    }
  }
  if (plain_.empty() && writing_.empty()) unknown_operator(style == Style::kOperator ? names.front() : name_);
}

const Signature& Bound::resolve(Environment& environment, const Arguments& arguments,
                                torch::jit::Stack& stack, bool& wants_grad) {
  const Given* out = arguments.names.empty() ? nullptr : arguments.named("out");
  const bool writes = out != nullptr && out->kind != Given::Kind::kNull;
  const std::vector<Signature>& signatures = writes ? writing() : plain_.empty() ? writing_ : plain_;
  for (const Signature& signature : signatures.empty() ? plain_ : signatures) {
    if (!signature.read(environment, arguments, stack)) continue;
    hold_integers(signature.schema(), stack);
    if (signature.duties().check != nullptr) signature.duties().check(stack);
    wants_grad = false;
    if (signature.is_factory()) {
      const Given* flag = arguments.named("requires_grad");
      wants_grad = flag != nullptr && flag->kind == Given::Kind::kBoolean && flag->integer != 0;
    }
    return signature;
  }
  std::vector<Mismatch> mismatches;
  for (const Signature& signature : signatures.empty() ? plain_ : signatures) {
    mismatches.push_back(signature.explain(environment, arguments));
  }
  no_signature_fits(name_, mismatches);
}

std::vector<std::string> Bound::schemas() const {
  std::vector<std::string> texts;
  for (const Signature& signature : plain_.empty() ? writing_ : plain_) {
    std::ostringstream text;
    text << signature.schema();
    texts.push_back(text.str());
  }
  return texts;
}

void Bound::add_operator(const std::string& full) {
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

void Bound::add(const std::string& full) {
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

const std::vector<Signature>& Bound::writing() {
  if (style_ == Style::kOperator || !writing_.empty()) return writing_;
  for (const Signature& signature : plain_) {
    const c10::FunctionSchema& schema = signature.schema();
    for (const c10::OperatorHandle& op : overloads_of(schema.name()).writing) {
      if (is_twin(op.schema(), schema)) writing_.emplace_back(op, style_);
    }
  }
  return writing_;
}

}  // namespace torchloss
