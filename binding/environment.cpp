#include "environment.h"

#include <ATen/ops/empty.h>

#include <cmath>

#include "errors.h"

namespace torchloss {

namespace {

// V8 hears of memory in steps of this size: telling it of every scalar would cost more than the scalar's
// loss.
constexpr int64_t kReportStep = 64 * 1024;

// Storages below this count once for each handle; above it they are looked up, so that views are not counted
// twice.
constexpr int64_t kLargeStorage = 64 * 1024;

// What a tensor takes beside its elements: its implementation, its storage's, and the handle.
constexpr int64_t kTensorOverhead = 512;

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

Environment::Environment(napi_env env) : env(env), plain_keys_(at::empty({}).key_set()) {}

napi_value Environment::wrap(at::Tensor tensor) {
  Handle* handle = slab_.take();
  handle->tensor = std::move(tensor);
  handle->tag = Handle::kTensor;
  ++live_;
  charge(handle);
  napi_value value = nullptr;
  if (napi_create_external(env, handle, finalize, this, &value) != napi_ok) {
    release(handle);
    slab_.give_back(handle);
    return nullptr;
  }
  ++externals_;
  return value;
}

optional<float> Environment::plain_number(const at::Tensor& tensor) const {
  if (!tensor.defined()) return {};
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

void Environment::dispose(napi_value value) {
  Handle* handle = handle_of(value, 0);
  if (handle->tag == Handle::kTensor) release(handle);
}

void Environment::release(Handle* handle) {
  discharge(handle);
  handle->tag = Handle::kDisposed;
  handle->tensor = at::Tensor();
  --live_;
}

void Environment::finalize(napi_env, void* data, void* hint) {
  auto* environment = static_cast<Environment*>(hint);
  auto* handle = static_cast<Handle*>(data);
  if (handle->tag == Handle::kTensor) environment->release(handle);
  environment->slab_.give_back(handle);
  if (--environment->externals_ == 0 && environment->closing_) delete environment;
}

void Environment::close() {
  closing_ = true;
  if (externals_ == 0) delete this;
}

void Environment::charge(Handle* handle) {
  const at::Tensor& tensor = handle->tensor;
  const auto storage_bytes = tensor.has_storage() ? static_cast<int64_t>(tensor.storage().nbytes()) : 0;
  handle->storage = nullptr;
  handle->bytes = kTensorOverhead;
  if (storage_bytes < kLargeStorage) {
    handle->bytes += storage_bytes;
  } else {
    handle->storage = tensor.storage().unsafeGetStorageImpl();
    SharedStorage& shared = shared_storages_[handle->storage];
    if (++shared.handles == 1) account(shared.bytes = storage_bytes);
  }
  account(handle->bytes);
}

void Environment::discharge(Handle* handle) {
  account(-handle->bytes);
  if (handle->storage == nullptr) return;
  const auto shared = shared_storages_.find(handle->storage);
  if (--shared->second.handles == 0) {
    account(-shared->second.bytes);
    shared_storages_.erase(shared);
  }
}

void Environment::account(int64_t bytes) {
  bytes_ += bytes;
  unreported_ += bytes;
  if (unreported_ >= kReportStep || unreported_ <= -kReportStep) {
    int64_t total = 0;
    napi_adjust_external_memory(env, unreported_, &total);
    unreported_ = 0;
  }
}

}  // namespace torchloss
