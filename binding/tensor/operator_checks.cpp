#include "tensor/operator_checks.h"

#include <ATen/ops/tensor.h>

#include <unordered_map>

#include "losses/checks.h"

namespace torchloss {

namespace {

using Stack = torch::jit::Stack;

OptionalTensor optional_tensor(const c10::IValue& value) {
  if (value.isNone()) return {};
  return value.toTensor();
}

// Lengths come as a tensor or, in another overload, as a list.
at::Tensor lengths(const c10::IValue& value) {
  return value.isTensor() ? value.toTensor() : at::tensor(value.toIntVector(), at::kLong);
}

void of_ctc(const Stack& stack) {
  check_ctc(stack[0].toTensor(), stack[1].toTensor(), lengths(stack[2]), lengths(stack[3]));
}

void of_nll(const Stack& stack) { check_nll(stack[0].toTensor(), stack[1].toTensor(), stack[4].toInt()); }

void of_multi_margin(const Stack& stack) {
  check_multi_margin(stack[0].toTensor(), stack[1].toTensor(), optional_tensor(stack[4]), stack[5].toInt());
}

void of_multilabel_margin(const Stack& stack) {
  check_multilabel_margin(stack[0].toTensor(), stack[1].toTensor(), stack[2].toInt());
}

void of_binary_cross_entropy(const Stack& stack) {
  check_binary_cross_entropy(stack[0].toTensor(), stack[1].toTensor());
}

}  // namespace

void check_operator(const std::string& name, const Stack& arguments) {
  static const auto& checks = *new std::unordered_map<std::string, void (*)(const Stack&)>{
      {"aten::ctc_loss", of_ctc},
      {"aten::_ctc_loss", of_ctc},
      {"aten::cross_entropy_loss", of_nll},
      {"aten::nll_loss", of_nll},
      {"aten::nll_loss_nd", of_nll},
      {"aten::nll_loss2d", of_nll},
      {"aten::nll_loss_forward", of_nll},
      {"aten::nll_loss2d_forward", of_nll},
      {"aten::multi_margin_loss", of_multi_margin},
      {"aten::multilabel_margin_loss", of_multilabel_margin},
      {"aten::multilabel_margin_loss_forward", of_multilabel_margin},
      {"aten::binary_cross_entropy", of_binary_cross_entropy},
  };
  const auto check = checks.find(name);
  if (check != checks.end()) check->second(arguments);
}

}  // namespace torchloss
