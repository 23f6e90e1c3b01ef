// A random number generator as the JavaScript value that carries it: an external with a tag of its own,
// unlike those of tensors.
#pragma once

#include <ATen/core/Generator.h>

#include "node/method.h"

namespace torchloss {

// The JavaScript value that carries `generator`; the collector frees it.
napi_value wrap_generator(Environment& environment, at::Generator generator);

// The generator of a JavaScript value, or nullptr if it is not one.
const at::Generator* find_generator(napi_env env, napi_value value);

inline napi_value write(Environment& environment, at::Generator generator) {
  return wrap_generator(environment, std::move(generator));
}

template <>
struct Read<at::Generator> {
  static at::Generator from(Environment& environment, napi_value value, size_t index) {
    const at::Generator* generator = find_generator(environment.env, value);
    if (generator == nullptr)
      wrong_type("argument " + std::to_string(index), "a Generator", "something else");
    return *generator;
  }
};

}  // namespace torchloss
