#include "tensor/cuda.h"

#include <ATen/Context.h>
#include <ATen/DynamicLibrary.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <memory>

namespace torchloss {

#if TORCHLOSS_TORCH >= TORCHLOSS_SINCE_DEVICE_ALLOCATOR
c10::DeviceAllocator* device_allocator() {
  auto* found = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(c10::DeviceType::CUDA));
  return found != nullptr && found->initialized() ? found : nullptr;
}
#endif

namespace {

int64_t cuda_current_device() {
  return c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).getDevice().index();
}

// Waits for everything that runs on the device.
void cuda_synchronize(int64_t index) {
  at::detail::getCUDAHooks().deviceSynchronize(static_cast<c10::DeviceIndex>(index));
}

// Asks the driver: LibTorch's headers for device properties need CUDA's headers.
std::string cuda_device_name(int64_t index) {
#ifdef _WIN32
  constexpr const char* kDriver = "nvcuda.dll";
#else
  constexpr const char* kDriver = "libcuda.so.1";
#endif
  static auto& driver = *new at::DynamicLibrary(kDriver);
  const auto get = [](const char* name) { return driver.sym(name); };
  const auto init = reinterpret_cast<int (*)(unsigned)>(get("cuInit"));
  const auto device_of = reinterpret_cast<int (*)(int*, int)>(get("cuDeviceGet"));
  const auto name_of = reinterpret_cast<int (*)(char*, int, int)>(get("cuDeviceGetName"));
  int device = 0;
  char name[256] = {};
  const bool found = init(0) == 0 && device_of(&device, static_cast<int>(index)) == 0 &&
                     name_of(name, sizeof(name) - 1, device) == 0;
  if (!found)
    throw CodedError("ERR_TORCH", "the driver reports no name for CUDA device " + std::to_string(index));
  return name;
}

[[maybe_unused]] [[noreturn]] void needs_newer() {
  throw CodedError("ERR_NOT_IMPLEMENTED",
                   "LibTorch " TORCH_VERSION " does not report the memory of CUDA devices: use 2.9 or newer");
}

// Bytes: allocated now and at most, reserved by the allocator now and at most.
std::vector<double> cuda_memory(int64_t index) {
#if TORCHLOSS_TORCH >= TORCHLOSS_SINCE_DEVICE_ALLOCATOR
  auto* found = device_allocator();
  if (found == nullptr) return {0, 0, 0, 0};
  const auto stats = found->getDeviceStats(static_cast<c10::DeviceIndex>(index));
  const auto& allocated = stats.allocated_bytes[0];
  const auto& reserved = stats.reserved_bytes[0];
  return {static_cast<double>(allocated.current), static_cast<double>(allocated.peak),
          static_cast<double>(reserved.current), static_cast<double>(reserved.peak)};
#else
  (void)index;
  needs_newer();
#endif
}

void cuda_reset_peak_memory(int64_t index) {
#if TORCHLOSS_TORCH >= TORCHLOSS_SINCE_DEVICE_ALLOCATOR
  if (auto* found = device_allocator()) found->resetPeakStats(static_cast<c10::DeviceIndex>(index));
#else
  (void)index;
  needs_newer();
#endif
}

}  // namespace

const std::vector<Entry> kCuda = {
    {"cuda_current_device", method<&cuda_current_device>},
    {"cuda_synchronize", method<&cuda_synchronize>},
    {"cuda_device_name", method<&cuda_device_name>},
    {"cuda_memory", method<&cuda_memory>},
    {"cuda_reset_peak_memory", method<&cuda_reset_peak_memory>},
};

}  // namespace torchloss
