// The numbers that both the addon and lib write down.
#pragma once

#include <node_api.h>

namespace torchloss {

// An object of tables of names and numbers. test/addon/constants.test.ts compares lib's tables with it.
napi_value constants(napi_env env);

}  // namespace torchloss
