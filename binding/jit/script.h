// TorchScript modules: the JavaScript value that carries one, and what all of this room shares.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kScripts;
extern const std::vector<Entry> kScriptFiles;
extern const std::vector<Entry> kScriptCalls;
extern const std::vector<Entry> kTracing;
extern const std::vector<Entry> kTraceSizes;
extern const std::vector<Entry> kTrainStep;

namespace jit {

// A module, and whether LibTorch may rewrite its graphs before it runs them. Python does; the numbers are
// then no longer those of the operators one by one, to the last bit.
struct Script {
  torch::jit::Module module;
  bool optimized = true;
};

napi_value wrap_script(Environment& environment, Script script);

// What LibTorch throws from its interpreter, its parser or its reader, as one short error.
[[noreturn]] void rethrow(const char* code, const std::string& prefix);

// Calls `method` with `arguments`; on any thread.
c10::IValue run_method(const Script& script, const std::string& method, std::vector<c10::IValue> arguments);

// The arguments of a method, from an array of JavaScript values; see values.cpp.
std::vector<c10::IValue> read_arguments(Environment& environment, const Script& script,
                                        const std::string& method, napi_value values);

}  // namespace jit

inline napi_value write(Environment& environment, jit::Script script) {
  return jit::wrap_script(environment, std::move(script));
}

template <>
struct Read<jit::Script> {
  static const jit::Script& from(Environment& environment, napi_value value, size_t index);
};

}  // namespace torchloss
