// Calls of TorchScript's methods, at once and on lanes.
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <string_view>

#include "jit/script.h"
#include "jit/values.h"
#include "lanes/lane.h"

namespace torchloss {

namespace jit {

namespace {

// TorchScript's errors hold all lines of code that led there. What says most is the last one and the error
// itself.
std::string short_message(const std::string& message) {
  constexpr std::string_view kError = "\nRuntimeError: ";
  std::string text = message;
  const size_t error = text.rfind(kError);
  if (error != std::string::npos) text = text.substr(error + kError.size());
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

// What the interpreter throws: LibTorch's own errors as text, within the lines of code.
[[noreturn]] void rethrow_from_interpreter(const std::string& method) {
  try {
    rethrow("ERR_TORCH", "");
  } catch (const CodedError& error) {
    const std::string message = short_message(error.what());
    const bool memory = message.find("can't allocate memory") != std::string::npos ||
                        message.find("not enough memory") != std::string::npos;
    throw CodedError(memory ? "ERR_OUT_OF_MEMORY" : error.code, method + ": " + message);
  }
}

class CallJob final : public Job {
 public:
  CallJob(Script script, std::string method, std::vector<c10::IValue> arguments)
      : script_(std::move(script)), method_(std::move(method)), arguments_(std::move(arguments)) {}

  void run() override { result_ = run_method(script_, method_, std::exchange(arguments_, {})); }

  napi_value result(Environment& environment) override {
    return write_value(environment, std::exchange(result_, {}));
  }

 private:
  const Script script_;
  const std::string method_;
  std::vector<c10::IValue> arguments_;
  c10::IValue result_;
};

napi_value call_script(Environment& environment, const Script& script, const std::string& method,
                       napi_value values) {
  return write_value(environment,
                     run_method(script, method, read_arguments(environment, script, method, values)));
}

void defer_call(Environment& environment, int64_t lane, double id, const Script& script,
                const std::string& method, napi_value values) {
  auto job = std::make_unique<CallJob>(script, method, read_arguments(environment, script, method, values));
  job->id = id;
  submit(environment, lane, std::move(job));
}

}  // namespace

c10::IValue run_method(const Script& script, const std::string& method, std::vector<c10::IValue> arguments) {
  // A tracer sees the operators themselves, or it would record what was rewritten for these very shapes.
  const torch::jit::GraphOptimizerEnabledGuard optimized(script.optimized &&
                                                         !torch::jit::tracer::isTracing());
  try {
    return script.module.get_method(method)(std::move(arguments));
  } catch (...) {
    rethrow_from_interpreter(method);
  }
}

}  // namespace jit

const std::vector<Entry> kScriptCalls = {
    {"call_script", method<&jit::call_script>},
    {"defer_script", method<&jit::defer_call>},
};

}  // namespace torchloss
