// The part of Node-API that binding/node/array_buffer.cpp uses, for the runtime simulated by array_buffer.cpp.
#pragma once

#include <cstddef>

typedef struct napi_env__* napi_env;
typedef struct napi_value__* napi_value;
typedef void (*napi_finalize)(napi_env env, void* data, void* hint);
enum napi_status { napi_ok = 0, napi_generic_failure = 9 };

napi_status napi_create_external_arraybuffer(napi_env env, void* data, size_t bytes, napi_finalize finalize,
                                             void* hint, napi_value* result);
napi_status napi_create_arraybuffer(napi_env env, size_t bytes, void** data, napi_value* result);
