// ArrayBuffers over memory of C++. Knows nothing of LibTorch.
#pragma once

#include <node_api.h>

#include <cstddef>

namespace torchloss {

// An ArrayBuffer over `bytes` at `data`, with `release(env, data, owner)` called when it is collected. A
// runtime that keeps all buffers in a memory of its own, as Electron does, refuses that: it gets a copy, and
// `owner` is released at once. Where even that fails, the status says why and `owner` is left to the caller.
napi_status make_array_buffer(napi_env env, void* data, size_t bytes, napi_finalize release, void* owner,
                              napi_value* result);

}  // namespace torchloss
