#include "node/shared_memory.h"

#include <ATen/ops/from_blob.h>

#include <memory>

#include "node/array_buffer.h"
#include "node/method.h"

namespace torchloss {

namespace {

// Owned by a tensor over JavaScript's memory: keeps that memory until the last tensor is gone.
class Borrowed {
 public:
  Borrowed(std::shared_ptr<Releases> releases, napi_ref reference)
      : releases_(std::move(releases)), reference_(reference) {}
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() { releases_->add(reference_); }

 private:
  std::shared_ptr<Releases> releases_;
  napi_ref reference_;
};

void give_back(void* borrowed) { delete static_cast<Borrowed*>(borrowed); }

// LibTorch's memory that JavaScript also sees. A storage may lose its memory while it lives, by resize_ or by
// a write to a lazy clone, so both sides own the memory itself.
using Lent = std::shared_ptr<at::DataPtr>;

void forget(void* lent) { delete static_cast<Lent*>(lent); }

Lent lend_storage(const c10::Storage& storage) {
  const at::DataPtr& memory = storage.data_ptr();
  if (memory.get_deleter() == &forget) return *static_cast<Lent*>(memory.get_context());
  const auto lent = std::make_shared<at::DataPtr>();
  at::DataPtr shared(memory.get(), new Lent(lent), &forget, memory.device());
  *lent = storage.set_data_ptr(std::move(shared));
  storage.unsafeGetStorageImpl()->set_resizable(false);
  return lent;
}

}  // namespace

at::Tensor borrow(Environment& environment, napi_value view, void* data, at::IntArrayRef sizes,
                  at::ScalarType dtype) {
  napi_ref reference = nullptr;
  check(napi_create_reference(environment.env, view, 1, &reference));
  auto owner = std::make_unique<Borrowed>(environment.releases, reference);
  auto maker = at::for_blob(data, sizes);
  maker.context(owner.release(), &give_back).options(at::TensorOptions().dtype(dtype));
  return maker.make_tensor();
}

napi_value lend(Environment& environment, const at::Tensor& tensor) {
  void* data = tensor.data_ptr();  // first, since this gives a lazy clone its own memory
  auto owner = std::make_unique<Lent>(lend_storage(tensor.storage()));
  const auto release = [](napi_env, void*, void* lent) { forget(lent); };
  napi_value buffer = nullptr;
  check(make_array_buffer(environment.env, data, tensor.nbytes(), release, owner.get(), &buffer));
  owner.release();
  return buffer;
}

bool is_shared(const at::Tensor& tensor) {
  if (!tensor.has_storage() || !tensor.is_cpu()) return false;
  const auto deleter = tensor.storage().data_ptr().get_deleter();
  return deleter == &give_back || deleter == &forget;
}

}  // namespace torchloss
