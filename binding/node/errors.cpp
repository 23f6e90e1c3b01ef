#include "node/errors.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "node/environment.h"
#include "node/label_error.h"
#include "tensor/device.h"

namespace torchloss {

namespace {

struct Report {
  const char* kind;  // the class that lib/addon/native.ts makes of it
  const char* code;
  std::string message;
  const ArgumentError* argument = nullptr;
};

// LibTorch's own message, without the C++ frames that c10::Error::what() may add.
Report report_torch(const char* kind, const char* code, const c10::Error& error) {
  return {kind, code, error.what_without_backtrace()};
}

bool has_any(std::string_view message, std::initializer_list<std::string_view> texts) {
  return std::any_of(texts.begin(), texts.end(), [message](std::string_view text) {
    return message.find(text) != std::string_view::npos;
  });
}

// In LibTorch a failed CPU allocation is a plain RuntimeError, recognized by its text alone.
bool is_out_of_memory(std::string_view message) {
  return has_any(message,
                 {"can't allocate memory", "not enough memory", "Storage size calculation overflowed"});
}

// Without LibTorch's cache of device memory, which the environment can turn off, CUDA's own error.
bool is_device_full(std::string_view message) {
  return message.find("CUDA error: out of memory") != std::string_view::npos;
}

// CUDA's errors after which every later call of the process fails with the same one. Older versions of
// LibTorch give no number, so they are recognized by CUDA's texts.
bool is_device_lost(std::string_view message) {
  if (message.find("CUDA error: ") == std::string_view::npos) return false;
  return has_any(message,
                 {"device-side assert triggered", "an illegal memory access was encountered",
                  "misaligned address", "an illegal instruction was encountered", "invalid program counter",
                  "operation not supported on global/shared address space", "unspecified launch failure",
                  "hardware stack error", "the launch timed out and was terminated",
                  "uncorrectable ECC error encountered", "uncorrectable NVLink error"});
}

Report report_device_lost(std::string_view message) {
  std::string text = "the CUDA device is lost to this process, which has to be restarted: ";
  text += message.substr(0, message.find('\n'));
  text +=
      ". An earlier call may be the cause, such as one with a class index out of range; with "
      "CUDA_LAUNCH_BLOCKING=1 in the environment the call at fault fails itself";
  return {"TorchError", "ERR_DEVICE_LOST", std::move(text)};
}

// A device whose memory is full: says what keeps it, beside LibTorch's own numbers.
Report report_full_device(const Environment& environment, const c10::Error& error) {
  std::string message = error.what_without_backtrace();
  for (const auto& [device, bytes] : environment.live_bytes()) {
    if (device.is_cpu() || bytes <= 0) continue;
    message +=
        "\n" + std::to_string(environment.live_tensors()) + " tensors are alive in this thread, with " +
        std::to_string(bytes >> 20) + " MiB on " + device.str() +
        ": free them with dispose(), using or torch.scope(), or let the event loop turn so that they are "
        "collected";
  }
  return {"TorchError", "ERR_OUT_OF_MEMORY", std::move(message)};
}

// Errors of Gloo and of its store are recognized by their texts: they arrive as plain exceptions, some by way
// of a backward pass. The code of such an error, or null.
const char* distributed_code(std::string_view message) {
  const auto has = [message](std::string_view text) { return message.find(text) != std::string_view::npos; };
  const bool is_gloo = has("gloo/") || has("TCPStore") || has("client socket") || has("clients joined") ||
                       has("FileStore") || has("store->get");
  if (!is_gloo) return nullptr;
  if (has("Timed out") || has("timed out") || has("imeout")) return "ERR_TIMEOUT";
  for (const char* text : {"Connection", "connect", "Broken pipe", "Socket closed", "closed", "EOF"}) {
    if (has(text)) return "ERR_CONNECTION";
  }
  return nullptr;
}

// Such an error, which LibTorch words for those who know its insides.
Report report_distributed(const char* code, const char* message) {
  const bool late = std::string_view(code) == "ERR_TIMEOUT";
  const char* what =
      late ? "another rank did not answer in time" : "another rank has ended, or cannot be reached";
  return {"TorchError", code, std::string(what) + ": " + message};
}

// Some of LibTorch's errors quote another one, with its C++ frames.
std::string without_frames(const std::string& message) {
  return message.substr(0, message.find("\nException raised from "));
}

void throw_report(Environment& environment, const Report& report) noexcept {
  napi_env env = environment.env;
  const auto text = [env](const std::string& value) {
    napi_value result = nullptr;
    napi_create_string_utf8(env, value.data(), value.size(), &result);
    return result;
  };
  napi_value factory = nullptr;
  napi_value error = nullptr;
  napi_value undefined = nullptr;
  napi_get_undefined(env, &undefined);
  napi_get_reference_value(env, environment.error_factory, &factory);
  const ArgumentError* argument = report.argument;
  napi_value values[] = {text(report.kind),
                         text(report.code),
                         text(without_frames(report.message)),
                         argument ? text(argument->parameter) : undefined,
                         argument ? text(argument->expected) : undefined,
                         argument ? text(argument->got) : undefined};
  if (napi_call_function(env, undefined, factory, std::size(values), values, &error) == napi_ok) {
    napi_throw(env, error);
  }
}

Report report_node_api(napi_env env, const NodeApiError& error) {
  std::string message = "Node-API refused a call with status " + std::to_string(error.status);
  const napi_extended_error_info* last = nullptr;
  const bool has_text = napi_get_last_error_info(env, &last) == napi_ok && last != nullptr &&
                        last->error_code == error.status && last->error_message != nullptr;
  if (has_text) message += std::string(": ") + last->error_message;
  return {"TorchError", "ERR_NODE_API", std::move(message)};
}

Report report_current_exception(Environment& environment) {
  try {
    throw;
  } catch (const NodeApiError& error) {
    return report_node_api(environment.env, error);
  } catch (const ArgumentError& error) {
    const bool type = error.kind == ArgumentError::Kind::kType;
    return {type ? "TypeError" : "RangeError", type ? "ERR_INVALID_ARG_TYPE" : "ERR_INVALID_ARG_VALUE", "",
            &error};
  } catch (const LabelError& error) {
    return {"TorchError", error.code, error.what(), &error.argument};
  } catch (const CodedError& error) {
    return {"TorchError", error.code, error.what()};
  } catch (const c10::OutOfMemoryError& error) {
    release_device_memory();
    return report_full_device(environment, error);
  } catch (const c10::IndexError& error) {
    return report_torch("RangeError", "ERR_TORCH", error);
  } catch (const c10::ValueError& error) {
    return report_torch("RangeError", "ERR_TORCH", error);
  } catch (const c10::TypeError& error) {
    return report_torch("TypeError", "ERR_TORCH", error);
  } catch (const c10::NotImplementedError& error) {
    return report_torch("TorchError", "ERR_NOT_IMPLEMENTED", error);
  } catch (const c10::Error& error) {
    const char* message = error.what_without_backtrace();
    if (const char* code = distributed_code(message)) return report_distributed(code, message);
    if (is_device_lost(message)) return report_device_lost(message);
    if (is_device_full(message)) return report_full_device(environment, error);
    if (is_out_of_memory(message)) return report_torch("TorchError", "ERR_OUT_OF_MEMORY", error);
    // LibTorch before 2 has no error type for a dtype without a kernel.
    const bool missing = std::string_view(message).find(" not implemented for '") != std::string_view::npos;
    return report_torch("TorchError", missing ? "ERR_NOT_IMPLEMENTED" : "ERR_TORCH", error);
  } catch (const std::bad_alloc&) {
    return {"TorchError", "ERR_OUT_OF_MEMORY", "out of memory"};
  } catch (const std::exception& error) {
    if (const char* code = distributed_code(error.what())) return report_distributed(code, error.what());
    return {"TorchError", "ERR_TORCH", error.what()};
  } catch (...) {
    return {"TorchError", "ERR_TORCH", "an unknown C++ exception"};
  }
}

}  // namespace

void raise_current_exception(Environment& environment) noexcept {
  try {
    // Before any other Node-API call, which would overwrite the last error.
    const Report report = report_current_exception(environment);
    bool pending = false;
    napi_is_exception_pending(environment.env, &pending);
    if (pending) return;  // JavaScript threw it: leave it as it is
    throw_report(environment, report);
  } catch (...) {
    napi_throw_error(environment.env, "ERR_OUT_OF_MEMORY", "out of memory");
  }
}

}  // namespace torchloss
