// Recording what a forward pass written in JavaScript computes, as a TorchScript module.
#include <torch/csrc/jit/frontend/tracer.h>

#include <cctype>

#include "jit/script.h"
#include "jit/values.h"

namespace torchloss {

namespace jit {

namespace {

using torch::jit::Module;

// A class's name as Python takes it.
std::string python_name(const std::string& name) {
  std::string valid;
  for (const char letter : name)
    valid += std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' ? letter : '_';
  if (valid.empty() || std::isdigit(static_cast<unsigned char>(valid.front())) != 0)
    valid.insert(0, "Module");
  return valid;
}

// The modules of `list`, the first of which holds the others, with the very tensors that JavaScript has.
std::vector<Module> make_modules(Environment& environment, const Napi::Array& list) {
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  std::vector<Module> modules;
  const auto each = [](const Napi::Value& entries, const auto& use) {
    const auto pairs = entries.As<Napi::Array>();
    for (uint32_t i = 0; i < pairs.Length(); ++i) {
      const auto pair = pairs.Get(i).As<Napi::Array>();
      use(pair.Get(0u).As<Napi::String>().Utf8Value(), pair.Get(1u));
    }
  };
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const auto given = list.Get(i).As<Napi::Object>();
    const std::string name = python_name(given.Get("name").As<Napi::String>().Utf8Value());
    Module module(c10::QualifiedName("__torch__." + name), unit, true);
    each(given.Get("parameters"), [&](const std::string& key, const Napi::Value& tensor) {
      module.register_parameter(key, environment.unwrap(tensor, 0), false);
    });
    each(given.Get("buffers"), [&](const std::string& key, const Napi::Value& tensor) {
      module.register_buffer(key, environment.unwrap(tensor, 0));
    });
    module.register_attribute("training", c10::BoolType::get(),
                              given.Get("training").As<Napi::Boolean>().Value());
    modules.push_back(std::move(module));
  }
  for (uint32_t i = list.Length(); i-- > 0;) {
    each(list.Get(i).As<Napi::Object>().Get("children"),
         [&](const std::string& key, const Napi::Value& index) {
           modules[i].register_module(key, modules[index.As<Napi::Number>().Uint32Value()]);
         });
  }
  return modules;
}

// Calls `forward` with the inputs as the tracer knows them. It gives what the module gives.
c10::IValue call_forward(Environment& environment, napi_value forward, const torch::jit::Stack& inputs) {
  const Napi::Env env(environment.env);
  std::vector<napi_value> values;
  for (const c10::IValue& input : inputs) values.push_back(write_value(environment, input));
  napi_value undefined = nullptr, result = nullptr;
  check(napi_get_undefined(env, &undefined));
  check(napi_call_function(env, undefined, forward, values.size(), values.data(), &result));
  return read_any(environment, Napi::Value(env, result), "output");
}

Script trace(Environment& environment, napi_value modules, napi_value inputs,
             const std::vector<std::string>& names, napi_value forward, bool strict, bool optimized) {
  const Napi::Env env(environment.env);
  if (torch::jit::tracer::isTracing()) {
    throw CodedError("ERR_BUSY", "trace: a module is being traced already; trace it before or after");
  }
  std::vector<Module> made = make_modules(environment, Napi::Array(env, modules));
  Module& module = made.front();
  torch::jit::Stack stack;
  const Napi::Array given(env, inputs);
  for (uint32_t i = 0; i < given.Length(); ++i)
    stack.push_back(read_any(environment, given.Get(i), "inputs[" + std::to_string(i) + "]"));
  std::shared_ptr<torch::jit::Graph> graph;
  try {
    auto [state, results] = torch::jit::tracer::trace(
        std::move(stack),
        [&](torch::jit::Stack traced) -> torch::jit::Stack {
          c10::IValue output = call_forward(environment, forward, traced);
          // An operator that fails ends the trace, even if the forward pass goes on.
          if (!torch::jit::tracer::isTracing())
            throw CodedError("ERR_TORCH", "an operator failed in the forward pass, which caught its error");
          return {std::move(output)};
        },
        [](const torch::autograd::Variable&) { return std::string(); }, strict, false, &module, names);
    graph = state->graph;
  } catch (...) {
    rethrow("ERR_TORCH", "trace: ");
  }
  auto* function = module._ivalue()->compilation_unit()->create_function(
      c10::QualifiedName(*module.type()->name(), "forward"), graph);
  module.type()->addMethod(function);
  return {module, optimized};
}

}  // namespace

}  // namespace jit

const std::vector<Entry> kTracing = {
    {"trace_module", method<&jit::trace>},
};

}  // namespace torchloss
