// The only include of Node-API and node-addon-api, so that every file sees the same macros.
#pragma once

#define NAPI_VERSION 8
// node-addon-api turns every C++ exception into a JavaScript error, not only Napi::Error.
#define NODE_ADDON_API_CPP_EXCEPTIONS_ALL
#include <napi.h>
