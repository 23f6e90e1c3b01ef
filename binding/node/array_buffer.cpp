#include "node/array_buffer.h"

#include <cstring>

namespace torchloss {

namespace {

// Older headers of Node do not have its name.
constexpr auto kNoExternalBuffers = static_cast<napi_status>(22);

}  // namespace

napi_status make_array_buffer(napi_env env, void* data, size_t bytes, napi_finalize release, void* owner,
                              napi_value* result) {
  napi_status status = napi_create_external_arraybuffer(env, data, bytes, release, owner, result);
  if (status != kNoExternalBuffers) return status;
  void* copy = nullptr;
  status = napi_create_arraybuffer(env, bytes, &copy, result);
  if (status != napi_ok) return status;
  std::memcpy(copy, data, bytes);
  release(env, data, owner);
  return napi_ok;
}

}  // namespace torchloss
