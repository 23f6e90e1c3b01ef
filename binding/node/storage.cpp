#include "node/storage.h"

#include <ATen/ops/empty.h>

#include <cstring>

#include "tensor/untraced.h"

namespace torchloss {

at::Tensor compact(at::Tensor tensor) {
  const size_t bytes = tensor.element_size();
  if (tensor.numel() == 1 && tensor.is_cpu() && tensor.storage().nbytes() > bytes) {
    const Untraced unseen;
    const at::Tensor own = at::empty({}, tensor.options().requires_grad(false));
    std::memcpy(own.data_ptr(), tensor.data_ptr(), bytes);
    tensor.unsafeGetTensorImpl()->set_storage_keep_dtype(own.storage());
    tensor.unsafeGetTensorImpl()->set_storage_offset(0);
  }
  return tensor;
}

}  // namespace torchloss
