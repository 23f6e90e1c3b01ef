// Adds to LibTorch's message for floats in place of class indices what it leaves out: the tensor's name.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <string>

#include "node/errors.h"

namespace torchloss {

// Becomes a TorchError with the details of a wrong argument.
class LabelError : public CodedError {
 public:
  LabelError(const std::string& message, const char* parameter, std::string got)
      : CodedError("ERR_TORCH", message),
        argument(ArgumentError::Kind::kType, parameter, "class indices in int64", std::move(got)) {}

  const ArgumentError argument;
};

// Calls an operator whose `target` may hold class indices.
template <typename Function>
auto with_labels(const at::Tensor& target, Function call) {
  try {
    return call();
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    if (!at::isFloatingType(target.scalar_type()) || message.find("Long") == std::string::npos) throw;
    throw LabelError(message, "target", at::toString(target.scalar_type()));
  }
}

}  // namespace torchloss
