// JavaScript values as TorchScript's and back.
#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>

#include <string>

#include "node/method.h"

namespace torchloss::jit {

// A value of `type`. `name` is what it was given as, for the errors. Arrays are lists or tuples, objects and
// arrays of pairs are dicts, as the type asks; where it takes anything, arrays are tuples.
c10::IValue read_value(Environment& environment, Napi::Value value, const c10::TypePtr& type,
                       const std::string& name);

// A value of whatever type fits it, as a tracer takes it.
c10::IValue read_any(Environment& environment, Napi::Value value, const std::string& name);

// Lists and tuples are arrays; a dict is an object where its keys are strings, else a Map.
napi_value write_value(Environment& environment, const c10::IValue& value);

}  // namespace torchloss::jit
