// The overloads that a name stands for, found in LibTorch's dispatcher.
#pragma once

#include <string>
#include <vector>

#include "tensor/signature.h"

namespace torchloss {

// An operator, or the overloads that a name stands for, ready to be called. Of those the first that fits is.
class Bound {
 public:
  // `names` are overloads (aten::add.Tensor) or, by the style of operators, one name that stands for all of
  // its own.
  Bound(std::string name, const std::vector<std::string>& names, Style style);

  // The operator that a call fits and the stack for it.
  const c10::OperatorHandle& resolve(Environment& environment, const Arguments& arguments,
                                     torch::jit::Stack& stack, bool& wants_grad);

  std::vector<std::string> schemas() const;

 private:
  // An overload by its own name, or the overloads of an operator.
  void add_operator(const std::string& full);

  // aten::add.Tensor, or aten::add.Tensor(self,alpha,other) for an order of arguments that is not the
  // schema's. What an older LibTorch has not is left out.
  void add(const std::string& full);

  // The twins that write into `out`, looked for when one is first wanted.
  const std::vector<Signature>& writing();

  std::string name_;
  Style style_;
  std::vector<Signature> plain_;
  std::vector<Signature> writing_;
};

}  // namespace torchloss
