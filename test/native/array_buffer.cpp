// binding/node/array_buffer.cpp alone, in runtimes that accept C++ memory, refuse it, or are out of memory. Compiled and run by
// test/addon/array_buffer.test.ts.
#include "../../binding/node/array_buffer.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

struct Runtime {
  napi_status external;
  napi_status own;
  std::vector<char> memory;
  int released = 0;
};

Runtime* runtime = nullptr;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::_Exit(1);
}

void release(napi_env, void*, void* owner) { ++static_cast<Runtime*>(owner)->released; }

napi_status make(Runtime& as, char* data, size_t bytes) {
  runtime = &as;
  napi_value value = nullptr;
  return torchloss::make_array_buffer(nullptr, data, bytes, release, &as, &value);
}

}  // namespace

napi_status napi_create_external_arraybuffer(napi_env, void*, size_t, napi_finalize, void*, napi_value*) {
  return runtime->external;
}

napi_status napi_create_arraybuffer(napi_env, size_t bytes, void** data, napi_value*) {
  runtime->memory.resize(bytes);
  *data = runtime->memory.data();
  return runtime->own;
}

int main() {
  char data[] = "memory";
  const auto refuses = static_cast<napi_status>(22);
  Runtime node{napi_ok, napi_ok, {}};
  require(make(node, data, 6) == napi_ok, "memory of C++ is taken");
  require(node.memory.empty() && node.released == 0, "it is neither copied nor released");
  Runtime electron{refuses, napi_ok, {}};
  require(make(electron, data, 6) == napi_ok, "a runtime that refuses it gets a copy");
  require(std::memcmp(electron.memory.data(), "memory", 6) == 0, "of the same bytes");
  require(electron.released == 1, "after which the memory is released");
  Runtime full{refuses, napi_generic_failure, {}};
  require(make(full, data, 6) == napi_generic_failure && full.released == 0, "without memory the status says so");
  Runtime closing{napi_generic_failure, napi_ok, {}};
  require(make(closing, data, 6) == napi_generic_failure && closing.released == 0, "another refusal is no reason to copy");
  require(closing.memory.empty(), "nothing was copied");
  std::puts("done");
}
