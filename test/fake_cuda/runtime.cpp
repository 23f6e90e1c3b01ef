// A CUDA runtime without a device, for LD_PRELOAD: LibTorch's and torchloss's code on the host runs as on a
// machine with GPUs. Memory of a device is memory of the host, and kernels do nothing.
//
// Work on a stream is done as late as CUDA allows: when something waits for it. A copy whose source is
// overwritten too early, or whose result is read too early, shows.
//
//   FAKE_CUDA_DEVICES   the number of devices; 2
//   FAKE_CUDA_MEMORY    bytes of each device; 768 MiB
//   FAKE_CUDA_PINNED    bytes of pinned memory at most; no limit
//   FAKE_CUDA_ASSERT    the kernel, counted from 1, whose device-side assert fails; none
//   FAKE_CUDA_TRACE     a file that gets a line for each event
#include <cuda_runtime_api.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

static_assert(CUDART_VERSION >= 13000, "the functions have other parameters in older releases");

#undef cudaGetDeviceProperties

namespace {

size_t setting(const char* name, size_t otherwise) {
  const char* value = getenv(name);
  return value == nullptr ? otherwise : strtoull(value, nullptr, 10);
}

const int kDevices = static_cast<int>(setting("FAKE_CUDA_DEVICES", 2));
const size_t kMemory = setting("FAKE_CUDA_MEMORY", size_t{768} << 20);
const size_t kMostPinned = setting("FAKE_CUDA_PINNED", SIZE_MAX);
const size_t kAssert = setting("FAKE_CUDA_ASSERT", 0);

// Which memory an address is in.
enum Place { kPageable, kPinned, kOnDevice };

struct Range {
  Place place;
  size_t bytes;
  int device;
};

struct Stream {
  int device;
  std::deque<std::function<void()>> work;
};

// A record of an event: done once the work before it is.
struct Mark {
  Stream* stream;
  bool done = false;
};

struct Event {
  std::shared_ptr<Mark> mark;
};

// Never freed: other libraries call the runtime while the process ends.
struct State {
  std::recursive_mutex mutex;
  std::map<char*, Range> ranges;
  std::map<int, size_t> used;
  size_t pinned = 0;
  std::vector<std::unique_ptr<Stream>> streams;
  std::map<int, Stream*> usual;
  size_t kernels = 0;
  cudaError_t lost = cudaSuccess;
};

State& state() {
  static auto* all = new State;
  return *all;
}

thread_local int current = 0;
thread_local cudaError_t last = cudaSuccess;

cudaError_t fail(cudaError_t error) { return last = error; }

// The result of a call that a lost device refuses.
cudaError_t result(cudaError_t error = cudaSuccess) {
  if (state().lost != cudaSuccess) error = state().lost;
  return error == cudaSuccess ? error : fail(error);
}

using Lock = std::lock_guard<std::recursive_mutex>;

void trace(const char* format, ...) {
  static const char* path = getenv("FAKE_CUDA_TRACE");
  if (path == nullptr) return;
  static const int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  char line[128];
  va_list values;
  va_start(values, format);
  const int length = vsnprintf(line, sizeof line, format, values);
  va_end(values);
  line[length] = '\n';
  if (write(file, line, length + 1) < 0) abort();
}

const Range* find(const void* address) {
  const auto& ranges = state().ranges;
  auto next = ranges.upper_bound(static_cast<char*>(const_cast<void*>(address)));
  if (next == ranges.begin()) return nullptr;
  --next;
  return static_cast<const char*>(address) < next->first + next->second.bytes ? &next->second : nullptr;
}

Place place_of(const void* address) {
  const Range* range = find(address);
  return range == nullptr ? kPageable : range->place;
}

// Whether `bytes` from the address on are in one allocation, as a kernel or a copy needs it.
bool is_inside(const void* address, size_t bytes) {
  const auto& ranges = state().ranges;
  auto next = ranges.upper_bound(static_cast<char*>(const_cast<void*>(address)));
  if (next == ranges.begin()) return false;
  --next;
  return static_cast<const char*>(address) + bytes <= next->first + next->second.bytes;
}

Stream& stream_of(cudaStream_t given) {
  State& all = state();
  // The default streams: 0, legacy and per thread.
  if (reinterpret_cast<uintptr_t>(given) > 2) return *reinterpret_cast<Stream*>(given);
  Stream*& usual = all.usual[current];
  if (usual == nullptr) {
    all.streams.push_back(std::make_unique<Stream>(Stream{current, {}}));
    usual = all.streams.back().get();
  }
  return *usual;
}

void do_one(Stream& stream) {
  const std::function<void()> work = std::move(stream.work.front());
  stream.work.pop_front();
  if (state().lost == cudaSuccess) work();
}

void finish(Stream& stream) {
  while (!stream.work.empty()) do_one(stream);
}

void finish_device(int device) {
  for (const auto& stream : state().streams)
    if (stream->device == device) finish(*stream);
}

void wait_for(Mark& mark) {
  while (!mark.done && !mark.stream->work.empty()) do_one(*mark.stream);
}

void copy(void* to, const void* from, size_t bytes) {
  for (const void* address : {static_cast<const void*>(to), from}) {
    if (place_of(address) == kOnDevice && !is_inside(address, bytes)) state().lost = cudaErrorIllegalAddress;
  }
  if (state().lost == cudaSuccess) memmove(to, from, bytes);
}

const char* name_of(Place place) {
  return place == kOnDevice ? "device" : place == kPinned ? "pinned" : "pageable";
}

cudaError_t copy_async(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, Stream& stream) {
  const Place target = place_of(to);
  const Place source = place_of(from);
  trace("copy %s %s %zu", name_of(source), name_of(target), bytes);
  const bool fits = kind == cudaMemcpyHostToDevice     ? source != kOnDevice && target == kOnDevice
                    : kind == cudaMemcpyDeviceToHost   ? source == kOnDevice && target != kOnDevice
                    : kind == cudaMemcpyDeviceToDevice ? source == kOnDevice && target == kOnDevice
                                                       : true;
  if (!fits && bytes > 0) return result(cudaErrorInvalidValue);
  if (target == kPageable) {
    finish(stream);
    copy(to, from, bytes);
  } else if (source == kPageable) {
    auto staged = std::make_shared<std::vector<char>>(static_cast<const char*>(from),
                                                      static_cast<const char*>(from) + bytes);
    stream.work.push_back([=] { copy(to, staged->data(), bytes); });
  } else {
    stream.work.push_back([=] { copy(to, from, bytes); });
  }
  return result();
}

cudaError_t launch(cudaStream_t stream) {
  const Lock lock(state().mutex);
  trace("launch");
  stream_of(stream).work.push_back([] {
    if (++state().kernels == kAssert) state().lost = cudaErrorAssert;
  });
  return result();
}

}  // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = kDevices;
  return kDevices > 0 ? cudaSuccess : fail(cudaErrorNoDevice);
}

cudaError_t cudaGetDevice(int* device) {
  *device = current;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  if (device < 0 || device >= kDevices) return fail(cudaErrorInvalidDevice);
  current = device;
  return result();
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  memset(properties, 0, sizeof *properties);
  strcpy(properties->name, "Fake");
  properties->totalGlobalMem = kMemory;
  properties->major = 9;
  properties->multiProcessorCount = 132;
  properties->maxThreadsPerBlock = 1024;
  properties->maxThreadsPerMultiProcessor = 2048;
  properties->maxBlocksPerMultiProcessor = 32;
  properties->warpSize = 32;
  properties->sharedMemPerBlock = 48 << 10;
  properties->sharedMemPerBlockOptin = 227 << 10;
  properties->sharedMemPerMultiprocessor = 228 << 10;
  properties->regsPerBlock = properties->regsPerMultiprocessor = 1 << 16;
  for (int i = 0; i < 3; ++i) properties->maxThreadsDim[i] = 1024;
  for (int i = 0; i < 3; ++i) properties->maxGridSize[i] = i == 0 ? INT32_MAX : 65535;
  properties->l2CacheSize = 60 << 20;
  properties->memoryBusWidth = 5120;
  properties->unifiedAddressing = 1;
  properties->canMapHostMemory = 1;
  properties->concurrentKernels = 1;
  properties->asyncEngineCount = 3;
  return result();
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  *value = attribute == cudaDevAttrMultiProcessorCount      ? 132
           : attribute == cudaDevAttrComputeCapabilityMajor ? 9
           : attribute == cudaDevAttrMaxThreadsPerBlock     ? 1024
                                                            : 0;
  return result();
}

cudaError_t cudaMalloc(void** address, size_t bytes) {
  const Lock lock(state().mutex);
  *address = nullptr;
  size_t& used = state().used[current];
  trace("malloc %zu", bytes);
  if (bytes > kMemory - used) return result(cudaErrorMemoryAllocation);
  void* memory =
      mmap(nullptr, bytes + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return result(cudaErrorMemoryAllocation);
  state().ranges[static_cast<char*>(memory)] = {kOnDevice, bytes, current};
  used += bytes;
  *address = memory;
  return result();
}

cudaError_t cudaMallocAsync(void** address, size_t bytes, cudaStream_t) { return cudaMalloc(address, bytes); }

cudaError_t cudaFree(void* address) {
  const Lock lock(state().mutex);
  if (address == nullptr) return result();
  const auto found = state().ranges.find(static_cast<char*>(address));
  if (found == state().ranges.end()) return result(cudaErrorInvalidValue);
  finish_device(found->second.device);
  trace("free %zu", found->second.bytes);
  state().used[found->second.device] -= found->second.bytes;
  munmap(address, found->second.bytes + 1);
  state().ranges.erase(found);
  return result();
}

cudaError_t cudaFreeAsync(void* address, cudaStream_t) { return cudaFree(address); }

cudaError_t cudaHostAlloc(void** address, size_t bytes, unsigned) {
  const Lock lock(state().mutex);
  trace("pin %zu", bytes);
  *address = nullptr;
  if (bytes > kMostPinned - state().pinned) return result(cudaErrorMemoryAllocation);
  if (posix_memalign(address, 4096, bytes == 0 ? 1 : bytes) != 0) return result(cudaErrorMemoryAllocation);
  state().pinned += bytes;
  state().ranges[static_cast<char*>(*address)] = {kPinned, bytes, current};
  return result();
}

cudaError_t cudaFreeHost(void* address) {
  const Lock lock(state().mutex);
  const auto found = state().ranges.find(static_cast<char*>(address));
  if (found == state().ranges.end()) return result(cudaErrorInvalidValue);
  for (int device = 0; device < kDevices; ++device) finish_device(device);
  trace("unpin %zu", found->second.bytes);
  state().pinned -= found->second.bytes;
  state().ranges.erase(found);
  free(address);
  return result();
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  const Lock lock(state().mutex);
  return copy_async(to, from, bytes, kind, stream_of(stream));
}

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  const Lock lock(state().mutex);
  Stream& stream = stream_of(nullptr);
  const cudaError_t error = copy_async(to, from, bytes, kind, stream);
  finish(stream);
  return result(error);
}

cudaError_t cudaMemcpyPeerAsync(void* to, int, const void* from, int, size_t bytes, cudaStream_t stream) {
  return cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream);
}

cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  const Lock lock(state().mutex);
  trace("set %zu", bytes);
  stream_of(stream).work.push_back([=] {
    if (is_inside(to, bytes))
      memset(to, value, bytes);
    else
      state().lost = cudaErrorIllegalAddress;
  });
  return result();
}

cudaError_t cudaMemset(void* to, int value, size_t bytes) {
  return cudaMemsetAsync(to, value, bytes, nullptr);
}

cudaError_t cudaMemGetInfo(size_t* available, size_t* total) {
  const Lock lock(state().mutex);
  *total = kMemory;
  *available = kMemory - state().used[current];
  return result();
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* address) {
  const Lock lock(state().mutex);
  memset(attributes, 0, sizeof *attributes);
  const Range* range = find(address);
  attributes->type = range == nullptr            ? cudaMemoryTypeUnregistered
                     : range->place == kOnDevice ? cudaMemoryTypeDevice
                                                 : cudaMemoryTypeHost;
  attributes->device = range == nullptr ? 0 : range->device;
  attributes->devicePointer = const_cast<void*>(address);
  attributes->hostPointer =
      range != nullptr && range->place == kOnDevice ? nullptr : const_cast<void*>(address);
  return result();
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned, int) {
  const Lock lock(state().mutex);
  state().streams.push_back(std::make_unique<Stream>(Stream{current, {}}));
  *stream = reinterpret_cast<cudaStream_t>(state().streams.back().get());
  return result();
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  return cudaStreamCreateWithPriority(stream, flags, 0);
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const Lock lock(state().mutex);
  finish(stream_of(stream));
  return result();
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const Lock lock(state().mutex);
  trace("wait");
  finish(stream_of(stream));
  return result();
}

cudaError_t cudaDeviceSynchronize() {
  const Lock lock(state().mutex);
  trace("wait");
  finish_device(current);
  return result();
}

cudaError_t cudaStreamQuery(cudaStream_t given) {
  const Lock lock(state().mutex);
  Stream& stream = stream_of(given);
  if (!stream.work.empty()) do_one(stream);
  if (state().lost != cudaSuccess) return result();
  return stream.work.empty() ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const Lock lock(state().mutex);
  const auto mark = reinterpret_cast<Event*>(event)->mark;
  if (mark != nullptr) stream_of(stream).work.push_back([mark] { wait_for(*mark); });
  return result();
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = reinterpret_cast<cudaEvent_t>(new Event);
  return result();
}

cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, 0); }

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  const Lock lock(state().mutex);
  delete reinterpret_cast<Event*>(event);
  return result();
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t given, unsigned) {
  const Lock lock(state().mutex);
  Stream& stream = stream_of(given);
  const auto mark = std::make_shared<Mark>(Mark{&stream});
  reinterpret_cast<Event*>(event)->mark = mark;
  stream.work.push_back([mark] { mark->done = true; });
  return result();
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return cudaEventRecordWithFlags(event, stream, 0);
}

// One piece of work for each question, so that programs that ask again and again come to an end.
cudaError_t cudaEventQuery(cudaEvent_t event) {
  const Lock lock(state().mutex);
  const auto mark = reinterpret_cast<Event*>(event)->mark;
  if (mark == nullptr || mark->done) return result();
  if (!mark->stream->work.empty()) do_one(*mark->stream);
  if (state().lost != cudaSuccess) return result();
  return mark->done ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const Lock lock(state().mutex);
  const auto mark = reinterpret_cast<Event*>(event)->mark;
  if (mark != nullptr) wait_for(*mark);
  return result();
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t, cudaEvent_t) {
  *milliseconds = 1;
  return result();
}

cudaError_t cudaGetLastError() {
  const cudaError_t error = last;
  last = state().lost;
  return error;
}

cudaError_t cudaPeekAtLastError() { return last; }

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    case cudaErrorInvalidValue:
      return "invalid argument";
    case cudaErrorNotReady:
      return "device not ready";
    case cudaErrorAssert:
      return "device-side assert triggered";
    case cudaErrorIllegalAddress:
      return "an illegal memory access was encountered";
    default:
      static thread_local char text[32];
      snprintf(text, sizeof text, "error %d", static_cast<int>(error));
      return text;
  }
}

const char* cudaGetErrorName(cudaError_t error) {
  return error == cudaErrorAssert ? "cudaErrorAssert" : "cudaError";
}

cudaError_t cudaDeviceCanAccessPeer(int* can, int, int) {
  *can = 1;
  return result();
}

cudaError_t cudaDeviceEnablePeerAccess(int, unsigned) { return result(); }

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  *least = 0;
  *greatest = -5;
  return result();
}

cudaError_t cudaStreamIsCapturing(cudaStream_t, cudaStreamCaptureStatus* status) {
  *status = cudaStreamCaptureStatusNone;
  return result();
}

cudaError_t cudaStreamGetCaptureInfo(cudaStream_t, cudaStreamCaptureStatus* status, unsigned long long* id,
                                     cudaGraph_t*, const cudaGraphNode_t**, const cudaGraphEdgeData**,
                                     size_t*) {
  *status = cudaStreamCaptureStatusNone;
  if (id != nullptr) *id = 0;
  return result();
}

cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode*) { return result(); }

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void*) {
  memset(attributes, 0, sizeof *attributes);
  attributes->maxThreadsPerBlock = 1024;
  attributes->numRegs = 32;
  attributes->ptxVersion = attributes->binaryVersion = 90;
  return result();
}

cudaError_t cudaFuncSetAttribute(const void*, cudaFuncAttribute, int) { return result(); }

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void*, int, size_t,
                                                                   unsigned) {
  *blocks = 8;
  return result();
}

cudaError_t cudaLaunchKernel(const void*, dim3, dim3, void**, size_t, cudaStream_t stream) {
  return launch(stream);
}

cudaError_t __cudaLaunchKernel(cudaKernel_t, dim3, dim3, void**, size_t, cudaStream_t stream) {
  return launch(stream);
}

cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* configuration, const void*, void**) {
  return launch(configuration->stream);
}

cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* function) {
  *kernel = reinterpret_cast<cudaKernel_t>(const_cast<void*>(function));
  return result();
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetDriverEntryPointByVersion(const char*, void** function, unsigned, unsigned long long,
                                             cudaDriverEntryPointQueryResult* found) {
  *function = nullptr;
  if (found != nullptr) *found = cudaDriverEntryPointSymbolNotFound;
  return cudaErrorSymbolNotFound;
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return result(); }

cudaError_t cudaGetSymbolAddress(void** address, const void*) {
  static char symbols[1 << 20];
  *address = symbols;
  return result();
}

cudaError_t cudaMemcpyToSymbol(const void*, const void*, size_t, size_t, cudaMemcpyKind) { return result(); }

// What the compiler calls for each file with kernels.
void** __cudaRegisterFatBinary(void*) {
  static void* binary = nullptr;
  return &binary;
}
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
void __cudaRegisterFunction(void**, const char*, char*, const char*, int, uint3*, uint3*, dim3*, dim3*,
                            int*) {}
void __cudaRegisterVar(void**, char*, char*, const char*, int, size_t, int, int) {}

thread_local struct {
  dim3 grid, block;
  size_t shared;
  cudaStream_t stream;
} launched;

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared, cudaStream_t stream) {
  launched = {grid, block, shared, stream};
  return 0;
}

cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* shared, void* stream) {
  *grid = launched.grid;
  *block = launched.block;
  *shared = launched.shared;
  *static_cast<cudaStream_t*>(stream) = launched.stream;
  return cudaSuccess;
}

// cuBLAS, whose products are kernels as well.
int cublasCreate_v2(void** handle) {
  static char one;
  *handle = &one;
  return 0;
}

#define PRODUCT(name) \
  int name(...) { return launch(nullptr) == cudaSuccess ? 0 : 13; }
PRODUCT(cublasSgemm_v2)
PRODUCT(cublasDgemm_v2)
PRODUCT(cublasGemmEx)
PRODUCT(cublasSgemmStridedBatched)
PRODUCT(cublasDgemmStridedBatched)
PRODUCT(cublasGemmStridedBatchedEx)

#define SETTING(name) \
  int name(...) { return 0; }
SETTING(cublasDestroy_v2)
SETTING(cublasSetStream_v2)
SETTING(cublasSetWorkspace_v2)
SETTING(cublasSetMathMode)
SETTING(cublasGetMathMode)
SETTING(cublasSetPointerMode_v2)
SETTING(cublasGetPointerMode_v2)

}  // extern "C"
