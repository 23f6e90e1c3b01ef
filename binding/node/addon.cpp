// The addon's entry point: sets up the state of a JavaScript environment and registers the functions of all
// tables.
#include <c10/util/Logging.h>

#include <exception>
#include <iterator>

#include "c10d/c10d.h"
#include "jit/script.h"
#include "lanes/lane.h"
#include "lanes/threads.h"
#include "losses/losses.h"
#include "memory/memory.h"
#include "nn/nn.h"
#include "node/constants.h"
#include "node/environment.h"
#include "node/warnings.h"
#include "optim/optim.h"
#include "tensor/autocast.h"
#include "tensor/autograd.h"
#include "tensor/cuda.h"
#include "tensor/device.h"
#include "tensor/direct.h"
#include "tensor/generator.h"
#include "tensor/hooks.h"
#include "tensor/indexing.h"
#include "tensor/operators.h"
#include "tensor/settings.h"
#include "tensor/stored.h"
#include "tensor/tensor.h"
#include "tensor/vector_math.h"

#if defined(__GNUC__)
// Present in LibTorch 2.x, absent before; weak, so it may be missing.
extern "C" __attribute__((weak)) uint64_t aoti_torch_abi_version();
#endif

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#endif

namespace torchloss {

namespace {

// Node unloads an addon when the last worker that loaded it ends. Its threads and memory are used longer than
// that: on other systems the linker's `-z nodelete` and lib/libtorch/guards.ts keep it loaded.
void stay_loaded() {
#if defined(_WIN32)
  HMODULE self = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                     reinterpret_cast<LPCWSTR>(&stay_loaded), &self);
#endif
}

// lib/libtorch/binary.ts reads it from the file's bytes to know a binary's LibTorch without loading it. It is
// also a property of the addon, so that the linker keeps it.
constexpr char kMarker[] = "@@torchloss torch=" TORCHLOSS_LIBTORCH_MINOR " cxx11=" TORCHLOSS_CXX11_ABI "@@";

// The last of three guards against a different version of LibTorch; the others are in lib/libtorch/guards.ts
// and the linker's `-z now`. No code of LibTorch may run before it.
bool libtorch_fits(napi_env env) {
#if defined(__GNUC__) && TORCHLOSS_TORCH >= 210
  if (aoti_torch_abi_version == nullptr) {
    napi_throw_error(env, "ERR_LIBTORCH_VERSION",
                     "the addon was built for LibTorch " TORCHLOSS_LIBTORCH_MINOR
                     " and an older one is loaded");
    return false;
  }
  const uint64_t version = aoti_torch_abi_version();
  const auto major = static_cast<int>(version >> 56 & 0xff);
  const auto minor = static_cast<int>(version >> 48 & 0xff);
  if (major != TORCH_VERSION_MAJOR || minor != TORCH_VERSION_MINOR) {
    const std::string message = "the addon was built for LibTorch " TORCHLOSS_LIBTORCH_MINOR " and " +
                                std::to_string(major) + "." + std::to_string(minor) + " is loaded";
    napi_throw_error(env, "ERR_LIBTORCH_VERSION", message.c_str());
    return false;
  }
#endif
  (void)env;
  return true;
}

void register_function(Environment& environment, napi_value target, const char* name,
                       napi_callback callback) {
  napi_value function = nullptr;
  napi_create_function(environment.env, name, NAPI_AUTO_LENGTH, callback, &environment, &function);
  napi_set_named_property(environment.env, target, name, function);
}

void register_entries(Environment& environment, napi_value target, napi_value deferred,
                      const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    register_function(environment, target, entry.name, entry.callback);
    if (entry.deferred != nullptr) register_function(environment, deferred, entry.name, entry.deferred);
  }
}

// The losses that have this form: direct, deferred, in parts.
void register_form(Environment& environment, napi_value target, napi_callback Entry::*form) {
  for (const Entry& entry : kLosses) {
    if (entry.*form != nullptr) register_function(environment, target, entry.name, entry.*form);
  }
}

napi_value add_object(napi_env env, napi_value exports, const char* name) {
  napi_value object = nullptr;
  napi_create_object(env, &object);
  napi_set_named_property(env, exports, name, object);
  return object;
}

// lib/addon/native.ts passes the function that makes its error classes.
void set_error_factory(Environment& environment, napi_value factory) {
  if (environment.error_factory != nullptr) napi_delete_reference(environment.env, environment.error_factory);
  check(napi_create_reference(environment.env, factory, 1, &environment.error_factory));
}

const std::vector<Entry> kAddon = {{"set_error_factory", method<&set_error_factory>}};

napi_value initialize(napi_env env, napi_value exports) {
  stay_loaded();
  if (!libtorch_fits(env)) return nullptr;
  // An error costs 11 ms with LibTorch's stack-trace fetcher, 29 us without.
  c10::SetStackTraceFetcher([]() -> std::string { return {}; });
  auto* environment = new Environment(env);
  const auto close = [](napi_env, void* data, void*) { static_cast<Environment*>(data)->close(); };
  napi_set_instance_data(env, environment, close, nullptr);
  threads::use_total();
  settle_vector_math();
  check_sparse_tensors();
  const napi_value deferred = add_object(env, exports, "deferred");
  for (const auto* entries :
       {&kAddon,       &kWarnings,    &kTensor,     &kStored,     &kAutocast,  &kAutograd,    &kHooks,
        &kCuda,        &kDevice,      &kGenerators, &kMemory,     &kOperators, &kIndexing,    &kLanes,
        &kNN,          &kOptim,       &kGradients,  &kAdamFamily, &kFactored,  &kClip,        &kScripts,
        &kScriptFiles, &kScriptCalls, &kTracing,    &kTraceSizes, &kTrainStep, &kDistributed, &kSettings}) {
    register_entries(*environment, exports, deferred, *entries);
  }
  napi_value marker = nullptr;
  napi_create_string_utf8(env, kMarker, NAPI_AUTO_LENGTH, &marker);
  napi_set_named_property(env, exports, "marker", marker);
  napi_set_named_property(env, exports, "constants", constants(env));
  register_entries(*environment, add_object(env, exports, "losses"), deferred, kLosses);
  register_entries(*environment, add_object(env, exports, "direct"), deferred, kDirect);
  register_form(*environment, add_object(env, exports, "evaluate"), &Entry::evaluate);
  register_form(*environment, add_object(env, exports, "differentiate"), &Entry::differentiate);
  return exports;
}

}  // namespace

}  // namespace torchloss

NAPI_MODULE_INIT() {
  try {
    return torchloss::initialize(env, exports);
  } catch (const std::exception& error) {
    napi_throw_error(env, "ERR_LIBTORCH_LOAD", error.what());
    return nullptr;
  } catch (const torchloss::NodeApiError&) {
    // Node refuses all calls in a worker that is stopped while it loads the addon.
    napi_throw_error(env, "ERR_NODE_API", "Node-API refused a call while the addon was loaded");
    return nullptr;
  }
}
