// A driver library, libcuda.so.1: as much as LibTorch asks of it beside the fake runtime, and a start that
// fails, to see what the real CUDA runtime then reports.
//
//   FAKE_CUDA_DRIVER   the driver's version, such as 11000; 13000
//   FAKE_CUDA_INIT     what cuInit returns, such as 803 for a driver that does not fit its kernel module; 0
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

int number(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoi(value);
}

}  // namespace

extern "C" {

int cuDriverGetVersion(int* version) {
  *version = number("FAKE_CUDA_DRIVER", 13000);
  return 0;
}

int cuInit(unsigned) { return number("FAKE_CUDA_INIT", 0); }

int cuDeviceGet(int* device, int index) {
  *device = index;
  return cuInit(0);
}

int cuDeviceGetName(char* name, int length, int device) {
  std::snprintf(name, length, "Fake %d", device);
  return cuInit(0);
}

int cuDevicePrimaryCtxGetState(int, unsigned* flags, int* active) {
  *flags = 0;
  *active = 1;
  return cuInit(0);
}

int cuCtxGetCurrent(void** context) {
  static char one;
  *context = &one;
  return cuInit(0);
}

// Any function that is not there.
int unsupported() {
  const int error = cuInit(0);
  return error == 0 ? 801 : error;
}

int cuGetProcAddress_v2(const char* symbol, void** function, int, unsigned long long, int* status) {
  const auto is = [symbol](const char* name) { return std::strcmp(symbol, name) == 0; };
  *function = reinterpret_cast<void*>(&unsupported);
  if (is("cuDriverGetVersion")) *function = reinterpret_cast<void*>(&cuDriverGetVersion);
  if (is("cuInit")) *function = reinterpret_cast<void*>(&cuInit);
  if (is("cuGetProcAddress")) *function = reinterpret_cast<void*>(&cuGetProcAddress_v2);
  if (status != nullptr) *status = 0;
  return 0;
}

int cuGetProcAddress(const char* symbol, void** function, int version, unsigned long long flags) {
  return cuGetProcAddress_v2(symbol, function, version, flags, nullptr);
}

// What LibTorch's library for NVRTC refers to.
#define UNSUPPORTED(name) \
  int name() { return unsupported(); }
UNSUPPORTED(cuCtxSetCurrent)
UNSUPPORTED(cuDeviceGetAttribute)
UNSUPPORTED(cuDevicePrimaryCtxRetain)
UNSUPPORTED(cuFuncGetAttribute)
UNSUPPORTED(cuFuncSetAttribute)
UNSUPPORTED(cuFuncSetCacheConfig)
UNSUPPORTED(cuGetErrorString)
UNSUPPORTED(cuLaunchCooperativeKernel)
UNSUPPORTED(cuLaunchKernel)
UNSUPPORTED(cuLinkAddData_v2)
UNSUPPORTED(cuLinkComplete)
UNSUPPORTED(cuLinkCreate_v2)
UNSUPPORTED(cuModuleGetFunction)
UNSUPPORTED(cuModuleLoad)
UNSUPPORTED(cuModuleLoadData)
UNSUPPORTED(cuModuleLoadDataEx)
UNSUPPORTED(cuModuleUnload)
UNSUPPORTED(cuOccupancyMaxActiveBlocksPerMultiprocessor)
UNSUPPORTED(cuPointerGetAttribute)
UNSUPPORTED(cuTensorMapEncodeTiled)

}  // extern "C"
