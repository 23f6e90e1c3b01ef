#include "node/environment.h"

#include <ATen/TracerMode.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>

#include "node/errors.h"
#include "node/method.h"
#include "node/warnings.h"

namespace torchloss {

namespace {

// V8 is told of memory in steps of this size: reporting each scalar would cost more than computing a scalar
// loss.
constexpr int64_t kReportStep = 64 * 1024;

// Smaller storages count once per handle. Larger ones are looked up, so that views are not counted twice.
constexpr int64_t kLargeStorage = 64 * 1024;

// What a tensor takes besides its elements: its implementation, its storage's and the handle.
constexpr int64_t kTensorOverhead = 512;
// What else a tensor keeps that only the engine is told of, so that it collects in time: graph nodes,
// gradients.
constexpr int64_t kUncounted = 1536;

// A handle found alive this many times gets a callback of its own.
constexpr uint32_t kOutlived = 2;

// At most this many handles wait to be reused; the collector takes the others.
constexpr int64_t kMostReusable = 64 * 1024;

}  // namespace

Handle* HandleSlab::take() {
  if (free_ == nullptr) {
    auto block = std::make_unique<Block>();
    for (Handle& handle : block->handles) {
      handle.next_free = free_;
      free_ = &handle;
    }
    const auto address = reinterpret_cast<uintptr_t>(block.get());
    blocks_.emplace(address, std::move(block));
  }
  Handle* handle = free_;
  free_ = handle->next_free;
  return handle;
}

void HandleSlab::give_back(Handle* handle) {
  handle->tag = Handle::kFree;
  handle->next_free = free_;
  free_ = handle;
}

bool HandleSlab::owns(const void* pointer) const {
  const auto address = reinterpret_cast<uintptr_t>(pointer);
  const uintptr_t block = address & ~static_cast<uintptr_t>(kBlockBytes - 1);
  const uintptr_t offset = address - block;
  if (offset % sizeof(Handle) != 0 || offset >= kHandlesPerBlock * sizeof(Handle)) return false;
  if (block == last_block_) return true;
  if (blocks_.find(block) == blocks_.end()) return false;
  last_block_ = block;
  return true;
}

void Releases::add(napi_ref reference) {
  const std::lock_guard<std::mutex> lock(mutex_);
  references_.push_back(reference);
  any_ = true;
}

void Releases::give_up(napi_env env) {
  if (!any_) return;
  std::vector<napi_ref> references;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    references.swap(references_);
    any_ = false;
  }
  for (const napi_ref reference : references) napi_delete_reference(env, reference);
}

Environment::Environment(napi_env env)
    : env(env), releases(std::make_shared<Releases>()), plain_keys_(at::empty({}).key_set()) {}

thread_local bool warnings_wait = false;

void Environment::run_errands() {
  releases->give_up(env);
  if (!growth_is_due_ && !warnings_wait) return;
  // Report the call's own error, not one that a listener throws.
  bool failed = false;
  napi_value error = nullptr;
  napi_is_exception_pending(env, &failed);
  if (failed) napi_get_and_clear_last_exception(env, &error);
  if (warnings_wait) tell_warnings();
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (growth_is_due_ && !pending) report_growth();
  if (!failed) return;
  napi_is_exception_pending(env, &pending);
  napi_value dropped = nullptr;
  if (pending) napi_get_and_clear_last_exception(env, &dropped);
  napi_throw(env, error);
}

napi_value Environment::wrap(at::Tensor tensor) {
  Handle* handle = reusable_;
  if (handle != nullptr) {
    reusable_ = handle->next_free;
    --reusable_count_;
  } else {
    handle = slab_.take();
  }
  const napi_value value = external_of(handle);
  handle->tensor = std::move(tensor);
  handle->tag = Handle::kTensor;
  ++live_;
  charge(handle);
  return value;
}

// The external of a handle, managed by the garbage collector; created if there is none yet.
napi_value Environment::external_of(Handle* handle) {
  napi_value value = nullptr;
  if (handle->reference != nullptr) {
    napi_get_reference_value(env, handle->reference, &value);
    napi_reference_unref(env, handle->reference, nullptr);
    return value;
  }
  napi_status status = napi_create_external(env, handle, nullptr, nullptr, &value);
  if (status == napi_ok) status = napi_create_reference(env, value, 0, &handle->reference);
  if (status != napi_ok) slab_.give_back(handle);
  check(status);
  handle->looked_at = 0;
  young_.push_back(handle);
  if (!awaits_collection_) await_collection();
  return value;
}

// Leaves an object to the collector at once, to hear of the next collection. Its callback comes, as all do,
// in a turn of the event loop of its own.
void Environment::await_collection() {
  napi_value object = nullptr;
  if (napi_create_external(env, this, after_collection, nullptr, &object) != napi_ok) return;
  awaits_collection_ = true;
  ++callbacks_;
}

void Environment::after_collection(napi_env env, void* data, void*) {
  auto* environment = static_cast<Environment*>(data);
  environment->awaits_collection_ = false;
  if (--environment->callbacks_ == 0 && environment->closing_) {
    delete environment;
    return;
  }
  if (environment->closing_) return;
  environment->look_through();
  environment->releases->give_up(env);
}

// Frees the young handles that were collected.
void Environment::look_through() {
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  size_t left = 0;
  for (Handle* handle : young_) {
    napi_value value = nullptr;
    napi_get_reference_value(env, handle->reference, &value);
    if (value == nullptr) {
      forget(handle);
    } else if (++handle->looked_at >= kOutlived &&
               napi_add_finalizer(env, value, handle, finalize, this, nullptr) == napi_ok) {
      ++callbacks_;
    } else {
      young_[left++] = handle;
    }
  }
  young_.resize(left);
  napi_close_handle_scope(env, scope);
  if (left > 0) await_collection();
}

optional<float> Environment::plain_number(const at::Tensor& tensor) const {
  // A tracer has to meet the tensor again.
  if (!tensor.defined() || at::tracer::impl::is_dispatch_enabled()) return {};
  const c10::TensorImpl* impl = tensor.unsafeGetTensorImpl();
  const bool plain = impl->key_set() == plain_keys_ && impl->dim() == 0 && impl->autograd_meta() == nullptr &&
                     tensor.scalar_type() == at::kFloat && tensor.use_count() == 1 &&
                     tensor.storage().use_count() == 1;
  if (!plain) return {};
  const float number = *tensor.data_ptr<float>();
  if (std::isnan(number)) return {};  // JavaScript does not keep a NaN's sign and payload
  return number;
}

Handle* Environment::handle_of(napi_value value, size_t index) {
  void* pointer = nullptr;
  if (napi_get_value_external(env, value, &pointer) != napi_ok || !slab_.owns(pointer)) {
    wrong_type("argument " + std::to_string(index), "a tensor of this thread", "something else");
  }
  return static_cast<Handle*>(pointer);
}

const at::Tensor& Environment::unwrap(napi_value value, size_t index) {
  Handle* handle = handle_of(value, index);
  if (handle->tag != Handle::kTensor) {
    throw CodedError("ERR_DISPOSED", "argument " + std::to_string(index) + ": the tensor has been disposed");
  }
  return handle->tensor;
}

const at::Tensor* Environment::find(napi_value value) const {
  void* pointer = nullptr;
  if (napi_get_value_external(env, value, &pointer) != napi_ok || !slab_.owns(pointer)) return nullptr;
  const auto* handle = static_cast<const Handle*>(pointer);
  return handle->tag == Handle::kTensor ? &handle->tensor : nullptr;
}

void Environment::dispose(napi_value value) {
  Handle* handle = handle_of(value, 0);
  if (handle->tag != Handle::kTensor) return;
  release(handle);
  if (reusable_count_ == kMostReusable) return;
  napi_reference_ref(env, handle->reference, nullptr);
  handle->next_free = reusable_;
  reusable_ = handle;
  ++reusable_count_;
}

void Environment::set_data(napi_value value, const at::Tensor& data) {
  unwrap(value, 0);
  Handle* handle = handle_of(value, 0);
  const at::Tensor kept = data;  // may be the handle's own
  discharge(handle);
  try {
    handle->tensor.set_data(kept);
  } catch (...) {
    charge(handle);
    throw;
  }
  charge(handle);
}

void Environment::release(Handle* handle) {
  discharge(handle);
  handle->tag = Handle::kDisposed;
  handle->tensor = at::Tensor();
  --live_;
}

// Gives a handle up whose external is gone.
void Environment::forget(Handle* handle) {
  if (handle->tag == Handle::kTensor) release(handle);
  napi_delete_reference(env, handle->reference);
  handle->reference = nullptr;
  slab_.give_back(handle);
}

void Environment::finalize(napi_env env, void* data, void* hint) {
  auto* environment = static_cast<Environment*>(hint);
  environment->forget(static_cast<Handle*>(data));
  environment->releases->give_up(env);
  if (--environment->callbacks_ == 0 && environment->closing_) delete environment;
}

void Environment::close() {
  closing_ = true;
  for (Handle* handle : young_) forget(handle);
  young_.clear();
  if (callbacks_ == 0) delete this;
}

void Environment::charge(Handle* handle) {
  const at::Tensor& tensor = handle->tensor;
  // Tensors without data, on the device `meta`, have a storage with a size alone.
  const auto storage_bytes =
      tensor.has_storage() && !tensor.is_meta() ? static_cast<int64_t>(tensor.storage().nbytes()) : 0;
  unreported_ += kUncounted;
  handle->storage = nullptr;
  handle->bytes = kTensorOverhead;
  if (storage_bytes < kLargeStorage) {
    handle->bytes += storage_bytes;
  } else {
    handle->storage = tensor.storage().unsafeGetStorageImpl();
    SharedStorage& shared = shared_storages_[handle->storage];
    if (++shared.handles == 1) account(tensor.device(), shared.bytes = storage_bytes);
  }
  account(tensor.device(), handle->bytes);
}

void Environment::discharge(Handle* handle) {
  unreported_ -= kUncounted;
  const c10::Device device = handle->tensor.device();
  account(device, -handle->bytes);
  if (handle->storage == nullptr) return;
  const auto shared = shared_storages_.find(handle->storage);
  if (--shared->second.handles == 0) {
    account(device, -shared->second.bytes);
    shared_storages_.erase(shared);
  }
}

void Environment::account(c10::Device device, int64_t bytes) {
  auto place = bytes_.begin();
  if (device.type() != c10::kCPU) {
    place =
        std::find_if(bytes_.begin(), bytes_.end(), [&](const auto& entry) { return entry.first == device; });
    if (place == bytes_.end()) place = bytes_.emplace(bytes_.end(), device, 0);
  }
  place->second += bytes;
  unreported_ += bytes;
  if (unreported_ >= kReportStep || unreported_ <= -kReportStep) {
    int64_t total = 0;
    napi_adjust_external_memory(env, unreported_, &total);
    unreported_ = 0;
    if (growth_listener_ != nullptr && bytes > 0) growth_is_due_ = true;
  }
}

void Environment::watch_growth(napi_value listener, int64_t tensors, int64_t bytes) {
  growth_tensors_ = tensors;
  growth_bytes_ = bytes;
  if (growth_listener_ != nullptr) napi_delete_reference(env, growth_listener_);
  growth_listener_ = nullptr;
  check(napi_create_reference(env, listener, 1, &growth_listener_));
}

void Environment::report_growth() {
  growth_is_due_ = false;
  if (growth_listener_ == nullptr) return;
  const int64_t bytes = bytes_.front().second;  // the CPU's
  if (live_ <= growth_tensors_ && bytes <= growth_bytes_) return;
  napi_value listener = nullptr;
  napi_value undefined = nullptr;
  napi_value count = nullptr;
  napi_get_reference_value(env, growth_listener_, &listener);
  napi_delete_reference(env, growth_listener_);
  growth_listener_ = nullptr;
  napi_get_undefined(env, &undefined);
  napi_create_int64(env, live_, &count);
  napi_call_function(env, undefined, listener, 1, &count, nullptr);
}

}  // namespace torchloss
