// C++ errors that become typed JavaScript errors.
#pragma once

#include <stdexcept>
#include <string>

#include "node/napi.h"

namespace torchloss {

// A wrong argument: becomes a TypeError or a RangeError that names the parameter, what was expected and what
// was given.
class ArgumentError : public std::exception {
 public:
  enum class Kind { kType, kRange };

  ArgumentError(Kind kind, std::string parameter, std::string expected, std::string got)
      : kind(kind), parameter(std::move(parameter)), expected(std::move(expected)), got(std::move(got)) {}

  const char* what() const noexcept override { return "wrong argument"; }

  const Kind kind;
  const std::string parameter;
  const std::string expected;
  const std::string got;
};

[[noreturn]] inline void wrong_type(std::string parameter, std::string expected, std::string got) {
  throw ArgumentError(ArgumentError::Kind::kType, std::move(parameter), std::move(expected), std::move(got));
}

[[noreturn]] inline void wrong_value(std::string parameter, std::string expected, std::string got) {
  throw ArgumentError(ArgumentError::Kind::kRange, std::move(parameter), std::move(expected), std::move(got));
}

// An error with one of torchloss's codes, such as for an unknown operator.
class CodedError : public std::runtime_error {
 public:
  CodedError(const char* code, const std::string& message) : std::runtime_error(message), code(code) {}
  const char* const code;
};

// Thrown when Node-API itself refuses a call: with a JavaScript exception pending, which then is the error,
// or without.
struct NodeApiError {
  const napi_status status;
};

class Environment;

// Turns the exception in flight into a pending JavaScript exception. Call it only from a catch block.
void raise_current_exception(Environment& environment) noexcept;

}  // namespace torchloss
