// The overloads behind a name, looked up in LibTorch's dispatcher.
#pragma once

#include <string>
#include <vector>

#include "tensor/signature.h"

namespace torchloss {

// An operator, or the overloads behind a name, ready to be called. The first overload that fits is called.
class Bound {
 public:
  // `names` are overloads (aten::add.Tensor) or, in the style of operators, one name for all of its
  // overloads.
  Bound(std::string name, const std::vector<std::string>& names, Style style);

  // The overload that a call fits and the stack for it.
  const Signature& resolve(Environment& environment, const Arguments& arguments, torch::jit::Stack& stack,
                           bool& wants_grad);

  std::vector<std::string> schemas() const;
  Style style() const { return style_; }

 private:
  // Adds an overload by its own name, or all overloads of an operator.
  void add_operator(const std::string& full);

  // Adds aten::add.Tensor, or aten::add.Tensor(self,alpha,other) for an order of arguments that differs from
  // the schema's. Overloads that an older LibTorch does not have are skipped.
  void add(const std::string& full);

  // The variants that write into `out`, looked up when first needed.
  const std::vector<Signature>& writing();

  std::string name_;
  Style style_;
  std::vector<Signature> plain_;
  std::vector<Signature> writing_;
};

}  // namespace torchloss
