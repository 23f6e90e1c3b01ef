#include "tensor/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/ops/empty.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "losses/checks.h"
#include "node/warnings.h"
#include "tensor/cuda.h"
#include "tensor/upload.h"

namespace torchloss {

namespace {

// Drops warnings.
class Silence final : public WarningListener {
 public:
  void warn(const std::string&) override {}
};

// LibTorch warns when it counts devices for the first time and the driver cannot be used; cuda_problem() has
// the same text.
int64_t cuda_device_count() {
  Silence silence;
  const handlers::WarningHandlerGuard guard(&silence);
  if (!at::hasCUDA()) return 0;
  return c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount();
}

// LibTorch's reason why no CUDA device can be used, or nothing if one can.
std::string cuda_problem() {
  try {
    at::empty({0}, at::TensorOptions().device(at::kCUDA));
    return "";
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    return message.substr(0, message.find('\n'));
  }
}

// at::get_cpu_capability() is newer than 1.13, whose show_config() has a line with it.
std::string cpu_capability() {
  const std::string config = at::show_config();
  const std::string label = "CPU capability usage: ";
  const size_t start = config.find(label);
  if (start == std::string::npos) return "unknown";
  const size_t from = start + label.size();
  return config.substr(from, config.find('\n', from) - from);
}

napi_value info(Environment& environment) {
  Napi::Object result = Napi::Object::New(environment.env);
  result["version"] = Napi::String::New(environment.env, TORCH_VERSION);
  result["cxx11_abi"] = Napi::Boolean::New(environment.env, _GLIBCXX_USE_CXX11_ABI != 0);
  result["cpu_capability"] = Napi::String::New(environment.env, cpu_capability());
  result["num_threads"] = Napi::Number::New(environment.env, at::get_num_threads());
  result["num_interop_threads"] = Napi::Number::New(environment.env, at::get_num_interop_threads());
  result["cuda_built"] = Napi::Boolean::New(environment.env, at::hasCUDA());
  return result;
}

}  // namespace

void release_device_memory() noexcept {
#if TORCHLOSS_TORCH >= TORCHLOSS_SINCE_DEVICE_ALLOCATOR
  try {
    if (cuda_device_count() == 0) return;
    if (auto* allocator = device_allocator()) allocator->emptyCache();
    release_pinned_memory();
  } catch (const std::exception&) {
    // There is nothing to release.
  }
#endif
}

const std::vector<Entry> kDevice = {
    {"info", method<&info>},
    {"cuda_device_count", method<&cuda_device_count>},
    {"cuda_problem", method<&cuda_problem>},
    {"set_validation", method<&set_validation>},
};

}  // namespace torchloss
