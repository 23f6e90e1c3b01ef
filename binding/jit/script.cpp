#include "jit/script.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/serialization/python_print.h>

#include <memory>
#include <unordered_map>

#include "jit/values.h"

namespace torchloss {

namespace jit {

namespace {

constexpr napi_type_tag kScript = {0x746f7263686c6f73, 0x7363726970746d6f};

using torch::jit::Module;

// What a module is made of, for lib/jit to make its own of: all modules in it, each once, and all tensors. Of
// those among `known` the place there.
class Description {
 public:
  Description(Environment& environment, const Script& script, const std::vector<at::Tensor>& known)
      : environment_(environment), env_(environment.env), optimized_(script.optimized) {
    for (size_t at = 0; at < known.size(); ++at)
      given_.emplace(known[at].unsafeGetTensorImpl(), static_cast<uint32_t>(at));
    add(script.module);
    for (size_t at = 0; at < modules_.size(); ++at)
      list_.Set(static_cast<uint32_t>(at), describe(modules_[at]));
  }

  napi_value result() const {
    const auto object = Napi::Object::New(env_);
    object.Set("modules", list_);
    object.Set("tensors", tensors_);
    return object;
  }

 private:
  uint32_t add(const Module& module) {
    const auto [found, is_new] =
        known_.emplace(module._ivalue().get(), static_cast<uint32_t>(modules_.size()));
    if (is_new) modules_.push_back(module);
    return found->second;
  }

  Napi::Value place_of(const at::Tensor& tensor) {
    const auto [found, is_new] = places_.emplace(tensor.unsafeGetTensorImpl(), tensors_.Length());
    if (is_new) {
      const auto given = given_.find(tensor.unsafeGetTensorImpl());
      const Napi::Value value = given == given_.end() ? Napi::Value(env_, environment_.wrap(tensor))
                                                      : Napi::Number::New(env_, given->second);
      tensors_.Set(found->second, value);
    }
    return Napi::Number::New(env_, found->second);
  }

  static void append(const Napi::Array& list, const std::string& name, const Napi::Value& value) {
    const auto pair = Napi::Array::New(list.Env(), 2);
    pair.Set(0u, Napi::String::New(list.Env(), name));
    pair.Set(1u, value);
    list.Set(list.Length(), pair);
  }

  // A copy, since describing children adds to the list.
  Napi::Value describe(const Module module) {
    const Napi::HandleScope scope(env_);
    const auto type = module.type();
    const auto parameters = Napi::Array::New(env_), buffers = Napi::Array::New(env_),
               children = Napi::Array::New(env_), attributes = Napi::Array::New(env_),
               methods = Napi::Array::New(env_);
    const Napi::Object object = Napi::Object::New(env_);
    for (size_t slot = 0; slot < type->numAttributes(); ++slot) {
      const std::string& name = type->getAttributeName(slot);
      const c10::IValue value = module._ivalue()->getSlot(slot);
      const bool defined = value.isTensor() && value.toTensor().defined();
      if (type->getAttribute(slot)->is_module()) {
        append(children, name, Napi::Number::New(env_, add(Module(value.toObject()))));
      } else if (type->is_parameter(slot)) {
        append(parameters, name, defined ? place_of(value.toTensor()) : env_.Null());
      } else if (type->is_buffer(slot)) {
        append(buffers, name, defined ? place_of(value.toTensor()) : env_.Null());
      } else {
        attributes.Set(attributes.Length(), Napi::String::New(env_, name));
      }
    }
    for (size_t at = 0; at < type->numConstants(); ++at)
      attributes.Set(attributes.Length(), Napi::String::New(env_, type->getConstantName(at)));
    for (const torch::jit::Function* function : type->methods())
      methods.Set(methods.Length(), Napi::String::New(env_, function->name()));
    object.Set("handle", Napi::Value(env_, wrap_script(environment_, {module, optimized_})));
    object.Set("name", type->name()->name());
    object.Set("parameters", parameters);
    object.Set("buffers", buffers);
    object.Set("children", children);
    object.Set("attributes", attributes);
    object.Set("methods", methods);
    return object;
  }

  Environment& environment_;
  const Napi::Env env_;
  const bool optimized_;
  std::vector<Module> modules_;
  std::unordered_map<const void*, uint32_t> known_;
  std::unordered_map<const void*, uint32_t> places_;
  std::unordered_map<const void*, uint32_t> given_;
  Napi::Array list_ = Napi::Array::New(env_);
  Napi::Array tensors_ = Napi::Array::New(env_);
};

napi_value describe_script(Environment& environment, const Script& script,
                           const std::vector<at::Tensor>& known) {
  return Description(environment, script, known).result();
}

napi_value script_attribute(Environment& environment, const Script& script, const std::string& name) {
  return write_value(environment, script.module.attr(name));
}

void set_script_attribute(Environment& environment, const Script& script, const std::string& name,
                          napi_value value) {
  const auto type = script.module.type();
  const auto slot = type->findAttributeSlot(name);
  if (!slot.has_value())
    wrong_value(name, "an attribute of the TorchScript module that is no constant", "another");
  const c10::TypePtr wanted = type->getAttribute(*slot);
  script.module._ivalue()->setSlot(
      *slot, read_value(environment, Napi::Value(environment.env, value), wanted, name));
}

torch::jit::Method method_of(const Script& script, const std::string& name) {
  auto found = script.module.find_method(name);
  if (found.has_value()) return *std::move(found);
  throw CodedError("ERR_NOT_IMPLEMENTED", "the TorchScript module has no method '" + name + "'");
}

std::string script_code(const Script& script, const std::string& method) {
  std::vector<c10::IValue> constants;
  torch::jit::PrintDepsTable dependencies;
  torch::jit::PythonPrint printer(constants, dependencies);
  printer.printFunction(method_of(script, method).function());
  return printer.str();
}

std::string script_graph(const Script& script, const std::string& method) {
  return method_of(script, method).graph()->toString(false);
}

// Which modes a method has as constants, as tracing leaves them: 1 for training, 2 for evaluation, 3 for
// both.
int64_t script_modes(const Script& script, const std::string& method) {
  const auto graph = method_of(script, method).graph()->copy();
  torch::jit::Inline(*graph);
  int64_t modes = 0;
  for (const torch::jit::Node* node : graph->nodes()) {
    const c10::FunctionSchema* schema = node->maybeSchema();
    if (schema == nullptr) continue;
    for (const char* name : {"train", "training", "use_input_stats"}) {
      const auto place = schema->argumentIndexWithName(name);
      if (!place.has_value()) continue;
      const auto value = torch::jit::toIValue(node->input(*place));
      if (value.has_value() && value->isBool()) modes |= value->toBool() ? 1 : 2;
    }
  }
  return modes;
}

// Frees the module now, as far as nothing else refers to its tensors.
void dispose_script(Environment& environment, napi_value value) {
  const_cast<Script&>(Read<Script>::from(environment, value, 0)).module = Module();
}

}  // namespace

napi_value wrap_script(Environment& environment, Script script) {
  auto owner = std::make_unique<Script>(std::move(script));
  const auto release = [](napi_env, void* data, void*) { delete static_cast<Script*>(data); };
  napi_value value = nullptr;
  check(napi_create_external(environment.env, owner.get(), release, nullptr, &value));
  owner.release();
  check(napi_type_tag_object(environment.env, value, &kScript));
  return value;
}

void rethrow(const char* code, const std::string& prefix) {
  std::string message;
  try {
    throw;
  } catch (const ArgumentError&) {
    throw;
  } catch (const CodedError&) {
    throw;
  } catch (const NodeApiError&) {
    throw;
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const c10::Error& error) {
    message = error.what_without_backtrace();
  } catch (const std::exception& error) {
    message = error.what();
  }
  throw CodedError(code, prefix + message);
}

}  // namespace jit

const jit::Script& Read<jit::Script>::from(Environment& environment, napi_value value, size_t index) {
  void* data = nullptr;
  bool tagged = false;
  if (napi_get_value_external(environment.env, value, &data) != napi_ok ||
      napi_check_object_type_tag(environment.env, value, &jit::kScript, &tagged) != napi_ok || !tagged) {
    wrong_type("argument " + std::to_string(index), "a ScriptModule", "something else");
  }
  return *static_cast<const jit::Script*>(data);
}

const std::vector<Entry> kScripts = {
    {"describe_script", method<&jit::describe_script>},
    {"script_attribute", method<&jit::script_attribute>},
    {"set_script_attribute", method<&jit::set_script_attribute>},
    {"script_code", method<&jit::script_code>},
    {"script_graph", method<&jit::script_graph>},
    {"script_modes", method<&jit::script_modes>},
    {"dispose_script", method<&jit::dispose_script>},
};

}  // namespace torchloss
