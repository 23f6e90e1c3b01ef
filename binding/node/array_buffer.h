// ArrayBuffers over C++ memory. Does not depend on LibTorch.
#pragma once

#include <node_api.h>

#include <cstddef>

namespace torchloss {

// An ArrayBuffer over `bytes` at `data`; `release(env, data, owner)` is called when it is collected. Runtimes
// that keep all buffers in their own memory, such as Electron, refuse that: they get a copy, and `owner` is
// released at once. If even that fails, the status says why and the caller keeps `owner`.
napi_status make_array_buffer(napi_env env, void* data, size_t bytes, napi_finalize release, void* owner,
                              napi_value* result);

}  // namespace torchloss
