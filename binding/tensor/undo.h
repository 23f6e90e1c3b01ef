#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>

#include <vector>

namespace torchloss {

// The layout of the tensors that a call writes to, before the call. LibTorch gives a tensor its new sizes
// before it asks for the memory: if that fails, the tensor would claim memory that it does not have.
class Undo {
 public:
  Undo(const c10::FunctionSchema& schema, const torch::jit::Stack& stack);

  // Restores the tensors' old sizes, strides and storage.
  void restore() const noexcept;

 private:
  struct Before {
    at::Tensor tensor;
    c10::Storage storage;
    at::DimVector sizes;
    at::DimVector strides;
    int64_t offset;
  };

  void note(const at::Tensor& tensor);

  std::vector<Before> before_;
};

}  // namespace torchloss
