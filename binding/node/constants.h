// The numbers that the addon and lib both write down, as the addon has them.
#pragma once

#include <node_api.h>

namespace torchloss {

// An object of tables, each of words and their numbers. test/constants.test.ts compares lib's tables with it.
napi_value constants(napi_env env);

}  // namespace torchloss
