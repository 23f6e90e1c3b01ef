// What one JavaScript environment (the main thread, each worker) owns. None of it is static, so that workers
// and several contexts can load the addon side by side.
#pragma once

#include <ATen/core/Tensor.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "node/compat.h"
#include "node/napi.h"

namespace torchloss {

// What a handle (a napi_external) points to. `tag` is its type tag: an external counts as a tensor only if
// its pointer lies in a slab of this environment and the tag there matches. That costs a few instructions,
// where Node's own type tags cost hundreds, and never reads foreign memory.
struct Handle {
  static constexpr uint64_t kTensor = 0x746f7263686c6f73;
  static constexpr uint64_t kDisposed = 0x646973706f736564;
  static constexpr uint64_t kFree = 0;

  uint64_t tag = kFree;
  int64_t bytes = 0;  // counted for this handle alone
  at::Tensor tensor;  // undefined unless tag is kTensor
  union {
    const void* storage;          // while tag is kTensor: the large storage it shares, or nullptr
    Handle* next_free = nullptr;  // while tag is kFree, or kDisposed and waiting for reuse
  };
  napi_ref reference = nullptr;  // to the external: weak, but strong while it waits for reuse
  uint32_t looked_at = 0;        // how often it was found alive after a collection
};

// Handles come from blocks aligned to their size, so a pointer's block is found by masking.
class HandleSlab {
 public:
  Handle* take();
  void give_back(Handle* handle);
  bool owns(const void* pointer) const;

 private:
  static constexpr size_t kBlockBytes = 64 * 1024;
  static constexpr size_t kHandlesPerBlock = kBlockBytes / sizeof(Handle);
  struct alignas(kBlockBytes) Block {
    Handle handles[kHandlesPerBlock];
  };

  std::unordered_map<uintptr_t, std::unique_ptr<Block>> blocks_;
  mutable uintptr_t last_block_ = 0;
  Handle* free_ = nullptr;
};

class Lanes;

// References to memory that JavaScript owns and tensors share. The last tensor may be freed on any thread, so
// they are queued here and released on JavaScript's thread.
class Releases {
 public:
  void add(napi_ref reference);
  void give_up(napi_env env);
  bool any() const { return any_.load(std::memory_order_relaxed); }

 private:
  std::mutex mutex_;
  std::vector<napi_ref> references_;
  std::atomic<bool> any_{false};
};

// Whether LibTorch has raised warnings in this thread that have not been emitted yet: see warnings.h.
extern thread_local bool warnings_wait;

class Environment {
 public:
  explicit Environment(napi_env env);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  // What has to wait for the end of a call because it runs JavaScript: within LibTorch that could dispose of
  // the call's own tensors. Call it at the end of each callback.
  void after_call() {
    if (releases->any() || growth_is_due_ || warnings_wait) run_errands();
  }

  // A handle for `tensor`, as the JavaScript value that carries it: a reused one or a new one.
  //
  // A callback of the collector for each handle would cost as much as a small operator. So new handles have
  // weak references, which are checked after a collection; a sentinel that dies in the collection tells of
  // it. Only handles that outlive some collections get callbacks of their own.
  napi_value wrap(at::Tensor tensor);

  // The value of a plain scalar tensor: one float32 on the CPU, in a storage that nothing else refers to,
  // without a graph. Otherwise nothing.
  optional<float> plain_number(const at::Tensor& tensor) const;

  // The tensor of a JavaScript value; throws if the value is not a live handle of this environment.
  const at::Tensor& unwrap(napi_value value, size_t index);

  // The same, or nullptr.
  const at::Tensor* find(napi_value value) const;

  // Frees the tensor of a handle now; a second call does nothing. The handle is reused for another tensor, so
  // the caller must forget it. The collector's callbacks wait for the event loop, so without reuse a
  // synchronous loop would pile up dead handles.
  void dispose(napi_value value);

  // Puts the memory of `data` behind the tensor of a handle, and counts it.
  void set_data(napi_value value, const at::Tensor& data);

  // The JavaScript environment ends. Its values may be finalized before or after that; whatever comes last
  // frees `this`.
  void close();

  int64_t live_tensors() const { return live_; }

  // The memory of live tensors, by device.
  const std::vector<std::pair<c10::Device, int64_t>>& live_bytes() const { return bytes_; }

  // Calls `listener` once with the number of live tensors, when it or their bytes on the CPU exceed these.
  void watch_growth(napi_value listener, int64_t tensors, int64_t bytes);

  const napi_env env;
  Lanes* lanes = nullptr;              // from on_settled to the environment's end
  std::shared_ptr<Releases> releases;  // of memory that tensors share with JavaScript
  napi_ref error_factory = nullptr;    // (kind, code, message, parameter, expected, got) => Error

 private:
  static void finalize(napi_env env, void* data, void* hint);
  static void after_collection(napi_env env, void* data, void* hint);

  Handle* handle_of(napi_value value, size_t index);
  napi_value external_of(Handle* handle);
  void release(Handle* handle);
  void forget(Handle* handle);
  void await_collection();
  void look_through();
  void account(c10::Device device, int64_t bytes);
  void run_errands();
  void report_growth();
  void charge(Handle* handle);
  void discharge(Handle* handle);

  struct SharedStorage {
    int64_t handles = 0;
    int64_t bytes = 0;
  };

  const c10::DispatchKeySet plain_keys_;  // of a plain CPU tensor
  HandleSlab slab_;
  std::unordered_map<const void*, SharedStorage>
      shared_storages_;         // large storages count once, however many views they have
  Handle* reusable_ = nullptr;  // disposed of, waiting for reuse
  int64_t reusable_count_ = 0;
  std::vector<Handle*> young_;      // without callbacks of their own
  bool awaits_collection_ = false;  // a sentinel is there that tells of the next collection
  int64_t callbacks_ = 0;           // of the collector, still to come
  bool closing_ = false;
  int64_t live_ = 0;
  std::vector<std::pair<c10::Device, int64_t>> bytes_{{c10::Device(c10::kCPU), 0}};
  int64_t unreported_ = 0;

  napi_ref growth_listener_ = nullptr;
  int64_t growth_tensors_ = 0;
  int64_t growth_bytes_ = 0;
  bool growth_is_due_ = false;
};

}  // namespace torchloss
