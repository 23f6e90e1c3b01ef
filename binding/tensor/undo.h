#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>

#include <vector>

namespace torchloss {

// What the tensors that a call writes to looked like before it. LibTorch gives a tensor its new sizes before
// it asks for the memory: where that is refused, the tensor would claim memory that it has not.
class Undo {
 public:
  Undo(const c10::FunctionSchema& schema, const torch::jit::Stack& stack);

  // Gives the tensors their old sizes, strides and storage back.
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
