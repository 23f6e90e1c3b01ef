#include "tensor/operator_checks.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "losses/checks.h"
#include "node/shared_memory.h"
#include "tensor/shape_checks.h"

namespace torchloss {

namespace {

using Stack = torch::jit::Stack;

// Lengths come as a tensor or, in another overload, as a list.
at::Tensor lengths(const c10::IValue& value) {
  return value.isTensor() ? value.toTensor() : at::tensor(value.toIntVector(), at::kLong);
}

void of_ctc(Stack& stack) {
  stack[1] = hold_checked(stack[1].toTensor(), stack[0].toTensor());
  for (const size_t i : {2, 3}) {
    if (stack[i].isTensor()) stack[i] = hold_lengths(stack[i].toTensor());
  }
  check_ctc(stack[0].toTensor(), stack[1].toTensor(), lengths(stack[2]), lengths(stack[3]));
}

void of_nll(Stack& stack) {
  check_slices(stack[1].toTensor().sizes(), 1, "target");
  stack[1] = hold_labels(stack[1].toTensor(), stack[0].toTensor());
  check_nll(stack[0].toTensor(), stack[1].toTensor(), stack[4].toInt());
}

void of_multi_margin(Stack& stack) {
  stack[1] = hold_labels(stack[1].toTensor(), stack[0].toTensor());
  check_multi_margin(stack[0].toTensor(), stack[1].toTensor(), optional_tensor(stack[4]), stack[5].toInt());
}

void of_multilabel_margin(Stack& stack) {
  stack[1] = hold_checked(stack[1].toTensor(), stack[0].toTensor());
  check_multilabel_margin(stack[0].toTensor(), stack[1].toTensor(), stack[2].toInt());
}

void of_binary_cross_entropy(Stack& stack) {
  check_binary_cross_entropy(stack[0].toTensor(), stack[1].toTensor());
}

// Shrinking takes memory from every tensor over the same storage, which would then reach beyond it.
void of_resize_storage(Stack& stack) {
  const auto bytes = static_cast<int64_t>(stack[0].toTensor().storage().nbytes());
  if (stack[1].toInt() < bytes) {
    wrong_value("new_size", "at least the storage's " + std::to_string(bytes) + " bytes",
                std::to_string(stack[1].toInt()));
  }
}

// Parts of other operators: LibTorch checks none of their arguments, and reads whatever memory they name.
[[noreturn]] void of_part(const char* name, const char* whole) {
  throw CodedError("ERR_NOT_IMPLEMENTED", std::string(name) +
                                              ": LibTorch does not check its arguments, which could end the "
                                              "process; use " +
                                              whole);
}

void of_mkldnn_rnn_layer(Stack&) { of_part("aten::mkldnn_rnn_layer", "aten::lstm"); }
void of_quantized_lstm_cell(Stack&) { of_part("aten::quantized_lstm_cell", "aten::lstm_cell"); }

bool takes_gradient(const Stack& stack) {
  return at::GradMode::is_enabled() && std::any_of(stack.begin(), stack.end(), [](const c10::IValue& value) {
           return value.isTensor() && value.toTensor().defined() && value.toTensor().requires_grad();
         });
}

// Operators whose backward pass reads indices unchecked, from outside the tensor if they have changed since.
// LibTorch's version counters notice operators that write to them, but not arrays over their memory.
bool reads_given_indices(const std::string& name) {
  static const auto& names = *new std::unordered_set<std::string>{
      "aten::embedding",
      "aten::embedding_bag",
      "aten::_embedding_bag",
      "aten::segment_reduce",
  };
  return names.count(name) > 0;
}

// The same for indices among the results.
bool reads_own_indices(const std::string& name) {
  static const auto& names = *new std::unordered_set<std::string>{
      "aten::adaptive_max_pool1d",     "aten::adaptive_max_pool2d",     "aten::adaptive_max_pool3d",
      "aten::embedding_bag",           "aten::_embedding_bag",          "aten::fractional_max_pool2d",
      "aten::fractional_max_pool3d",   "aten::max_pool1d_with_indices", "aten::max_pool2d_with_indices",
      "aten::max_pool3d_with_indices",
  };
  return names.count(name) > 0;
}

}  // namespace

// Replaces integers that JavaScript may change before a backward pass reads them. Any operator may take such
// integers, like the offsets of embedding_bag.
void hold_integers(const c10::FunctionSchema& schema, Stack& stack) {
  if (!takes_gradient(stack)) return;
  const bool always = reads_given_indices(schema.name());
  const auto& arguments = schema.arguments();
  for (size_t i = 0; i < stack.size(); ++i) {
    if (!stack[i].isTensor() || arguments[i].alias_info() != nullptr) continue;
    const at::Tensor& tensor = stack[i].toTensor();
    if (!tensor.defined() || !at::isIntegralType(tensor.scalar_type(), /*includeBool=*/true)) continue;
    if (always || is_shared(tensor)) stack[i] = tensor.clone();
  }
}

OperatorCheck check_of(const c10::FunctionSchema& schema) {
  static const auto& checks = *new std::unordered_map<std::string, OperatorCheck>{
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
      {"aten::mkldnn_rnn_layer", of_mkldnn_rnn_layer},
      {"aten::quantized_lstm_cell", of_quantized_lstm_cell},
      {"inductor::resize_storage_bytes_", of_resize_storage},
  };
  const auto check = checks.find(schema.name());
  if (check != checks.end()) return check->second;
  const auto of_shapes = shape_checks().find(schema.name());
  return of_shapes == shape_checks().end() ? nullptr : of_shapes->second;
}

namespace {

void check_memory(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.layout() != at::kStrided || !tensor.has_storage()) return;
  // Tensors without data, and lazy zeros, have sizes alone.
  if (tensor.is_meta() || tensor._is_zerotensor() || tensor.numel() == 0) return;
  const size_t bytes = at::detail::computeStorageNbytes(
      tensor.sizes(), tensor.strides(), tensor.element_size(), static_cast<size_t>(tensor.storage_offset()));
  const size_t there = tensor.storage().nbytes();
  if (bytes <= there) return;
  wrong_value("result", "a tensor that fits into its " + std::to_string(there) + " bytes of memory",
              "one of " + std::to_string(bytes));
}

}  // namespace

void check_results(const c10::FunctionSchema& schema, Stack& results) {
  for (const c10::IValue& result : results) {
    if (result.isTensor()) {
      check_memory(result.toTensor());
    } else if (result.isTensorList()) {
      for (const at::Tensor& tensor : result.toTensorVector()) check_memory(tensor);
    }
  }
  if (results.size() < 2 || !results[0].isTensor() || !results[0].toTensor().requires_grad()) return;
  if (!reads_own_indices(schema.name())) return;
  for (size_t i = 1; i < results.size(); ++i) results[i] = results[i].toTensor().clone();
}

}  // namespace torchloss
