// The only include of Node-API and node-addon-api, so that every file sees the same defines.
#pragma once

#define NAPI_VERSION 8
// Every C++ exception, not only Napi::Error, becomes a JavaScript error at node-addon-api's own borders.
#define NODE_ADDON_API_CPP_EXCEPTIONS_ALL
#include <napi.h>
