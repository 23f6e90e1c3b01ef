#include "tensor/undo.h"

#include <c10/util/Exception.h>

namespace torchloss {

Undo::Undo(const c10::FunctionSchema& schema, const torch::jit::Stack& stack) {
  const auto& arguments = schema.arguments();
  for (size_t i = 0; i < arguments.size() && i < stack.size(); ++i) {
    const c10::AliasInfo* alias = arguments[i].alias_info();
    if (alias == nullptr) continue;
    // In a list of tensors, the tensors are written to rather than the list.
    if (stack[i].isTensor()) {
      if (alias->isWrite()) note(stack[i].toTensor());
    } else if (stack[i].isTensorList()) {
      for (const at::Tensor& tensor : stack[i].toTensorVector()) note(tensor);
    }
  }
}

void Undo::note(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.layout() != at::kStrided || !tensor.has_storage()) return;
  before_.push_back({tensor, tensor.storage(), at::DimVector(tensor.sizes()), at::DimVector(tensor.strides()),
                     tensor.storage_offset()});
}

void Undo::restore() const noexcept {
  for (const Before& before : before_) {
    c10::TensorImpl* impl = before.tensor.unsafeGetTensorImpl();
    try {
      if (impl->storage().unsafeGetStorageImpl() != before.storage.unsafeGetStorageImpl()) {
        impl->set_storage_keep_dtype(before.storage);
      }
      if (impl->sizes() != at::IntArrayRef(before.sizes) ||
          impl->strides() != at::IntArrayRef(before.strides) || impl->storage_offset() != before.offset) {
        impl->set_sizes_and_strides(before.sizes, before.strides, before.offset);
      }
    } catch (const c10::Error&) {
      // A tensor whose sizes cannot be changed has kept them.
    }
  }
}

}  // namespace torchloss
