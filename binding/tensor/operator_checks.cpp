#include "tensor/operator_checks.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "losses/checks.h"
#include "node/shared_memory.h"

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

void of_ctc(Stack& stack) {
  stack[1] = hold_checked(stack[1].toTensor(), stack[0].toTensor());
  for (const size_t i : {2, 3}) {
    if (stack[i].isTensor()) stack[i] = hold_lengths(stack[i].toTensor());
  }
  check_ctc(stack[0].toTensor(), stack[1].toTensor(), lengths(stack[2]), lengths(stack[3]));
}

void of_nll(Stack& stack) {
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

// The place of a window's size, stride, padding or dilation, of which one number stands for all dimensions.
double along(const c10::IValue& list, size_t dim, double unless) {
  const auto numbers = list.toIntVector();
  if (numbers.empty()) return unless;
  return static_cast<double>(numbers[std::min(dim, numbers.size() - 1)]);
}

constexpr double kMost = std::numeric_limits<int32_t>::max();

// LibTorch counts the places of a window in 32 bits: one far longer than the input passes its check, and is
// then gone through step by step. What is computed here in double is exact where it decides.
void of_max_pool1d(Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  if (input.dim() == 0) return;
  const double kernel = along(stack[1], 0, 1), dilation = along(stack[4], 0, 1);
  const double window = dilation * (kernel - 1) + 1;
  if (window <= kMost || window <= static_cast<double>(input.size(-1)) + 2 * along(stack[3], 0, 0)) return;
  const std::string steps =
      dilation == 1 ? "" : " with a dilation of " + std::to_string(stack[4].toIntVector()[0]);
  wrong_value("kernel_size",
              "a window within the padded input of " + std::to_string(input.size(-1)) + " elements",
              std::to_string(stack[1].toIntVector()[0]) + steps);
}

// The same count, by which it goes through its input.
void of_col2im(Stack& stack) {
  for (const size_t dim : {0, 1}) {
    const double padded = along(stack[1], dim, 0) + 2 * along(stack[4], dim, 0);
    const double window = along(stack[3], dim, 1) * (along(stack[2], dim, 1) - 1) + 1;
    if ((padded - window) / std::max(1.0, along(stack[5], dim, 1)) < kMost && padded < 2 * kMost) continue;
    wrong_value("padding", "a padded output of at most 2147483647 elements in each dimension",
                std::to_string(static_cast<int64_t>(along(stack[4], dim, 0))));
  }
}

// Integers whose sums overflow, and then pass LibTorch's checks.
void check_sums(const c10::IValue& value, const char* name) {
  constexpr int64_t kLargest = int64_t{1} << 53;
  const auto numbers = value.isInt() ? std::vector<int64_t>{value.toInt()} : value.toIntVector();
  for (const int64_t number : numbers) {
    if (number >= -kLargest && number <= kLargest) continue;
    wrong_value(name, "integers from -2^53 to 2^53", std::to_string(number));
  }
}

void of_pad(Stack& stack) { check_sums(stack[1], "pad"); }
void of_matrix_power(Stack& stack) { check_sums(stack[1], "n"); }
void of_fractional_pool(Stack& stack) { check_sums(stack[1], "kernel_size"); }

// A three-dimensional convolution copies its input with oneMKL, in steps of a stride times the length of a
// row. If that overflows, oneMKL prints an error and copies nothing, and the result is of memory that was not
// written.
template <size_t Stride>
void of_conv3d(Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  if (stack[1].toTensor().dim() != 5 || input.dim() < 4) return;
  constexpr double kFits = 9007199254740992.0 * 1024;  // 2^63
  for (const size_t dim : {0, 1, 2}) {
    if (along(stack[Stride], dim, 1) * static_cast<double>(input.size(-1)) < kFits) continue;
    const auto strides = stack[Stride].toIntVector();
    wrong_value("stride",
                "less than 2^63 divided by the last size of the input, " + std::to_string(input.size(-1)),
                std::to_string(strides[std::min(dim, strides.size() - 1)]));
  }
}

// An operator that goes through all slices of a tensor, even through those without elements, would take
// minutes to do nothing. Sizes next to a zero cost no memory, so that no other check limits them.
void check_slices(at::IntArrayRef sizes, double slices, const char* name) {
  constexpr double kMostSlices = 1 << 28;
  if (std::find(sizes.begin(), sizes.end(), 0) == sizes.end()) return;
  for (const int64_t size : sizes) slices *= static_cast<double>(std::max<int64_t>(1, size));
  if (slices <= kMostSlices) return;
  std::ostringstream shape;
  shape << sizes;
  wrong_value(name, "at most 268435456 slices of a tensor without elements", "shape " + shape.str());
}

void of_slices(Stack& stack) { check_slices(stack[0].toTensor().sizes(), 1, "input"); }

// The same for a result of the given sizes in the last dimensions, one for each channel.
template <size_t Dims>
void of_output_slices(Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  const auto sizes = stack[1].toIntVector();
  if (static_cast<size_t>(input.dim()) <= Dims || sizes.size() != Dims) return;
  double channels = 1;
  for (const int64_t size : input.sizes().slice(0, input.dim() - Dims)) channels *= static_cast<double>(size);
  check_slices(sizes, channels, "output_size");
}

// The backward pass of no rows reads outside of them, or divides by zero, for each norm but 0. The result has
// no elements for any norm, and its gradient is zero.
template <size_t Rows, size_t Norm>
void of_pdist(Stack& stack) {
  const at::Tensor& rows = stack[Rows].toTensor();
  if (rows.dim() == 2 && rows.size(0) == 0 && stack[Norm].toDouble() >= 0) stack[Norm] = 0.0;
}

// The sizes of a packed sequence's steps, of which a recurrent layer reads the first one without looking for
// it. Its other overloads have the state at this place, a list for lstm, and then the weights, also a list.
template <size_t Following>
void of_packed_sequence(Stack& stack) {
  if (!stack[1].isTensor() || (Following > 0 && !stack[Following].isTensor())) return;
  const at::Tensor& sizes = stack[1].toTensor();
  if (sizes.numel() > 0) return;
  std::ostringstream shape;
  shape << sizes.sizes();
  wrong_value("batch_sizes", "the size of at least one step", "a tensor of shape " + shape.str());
}

void check_dims(const at::Tensor& tensor, int64_t dims, const char* name) {
  if (tensor.dim() == dims) return;
  wrong_value(name, "a tensor of " + std::to_string(dims) + " dimensions", std::to_string(tensor.dim()));
}

// Python flattens both before it calls the operator, which takes their first sizes for the number of
// elements.
void of_embedding_bag(Stack& stack) {
  check_dims(stack[1].toTensor(), 1, "indices");
  check_dims(stack[2].toTensor(), 1, "offsets");
}

// batch_norm checks what it passes on to this operator.
void of_native_batch_norm(Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  if (input.dim() < 2 || input.size(1) == 0) {
    std::ostringstream shape;
    shape << input.sizes();
    wrong_value("input", "a tensor [N, C, ...] with at least one channel", "shape " + shape.str());
  }
  constexpr const char* kNames[] = {"", "weight", "bias", "running_mean", "running_var"};
  for (const size_t i : {1, 2, 3, 4}) {
    const OptionalTensor each = optional_tensor(stack[i]);
    const bool given = each.has_value() && each->defined();
    if (given ? each->dim() == 1 && each->size(0) == input.size(1) : i < 3 || stack[5].toBool()) continue;
    std::ostringstream got;
    if (given) {
      got << "shape " << each->sizes();
    } else {
      got << "none";
    }
    wrong_value(kNames[i], "a tensor of shape [" + std::to_string(input.size(1)) + "]", got.str());
  }
}

void of_packed_matrix(Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  check_dims(input, 2, "input");
  if (input.numel() == 0) wrong_value("input", "a matrix with elements", "an empty one");
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
      {"aten::max_pool1d", of_max_pool1d},
      {"aten::col2im", of_col2im},
      {"aten::fractional_max_pool2d", of_fractional_pool},
      {"aten::fractional_max_pool3d", of_fractional_pool},
      {"aten::conv3d", of_conv3d<3>},
      {"aten::convolution", of_conv3d<3>},
      {"aten::_convolution", of_conv3d<3>},
      {"aten::slow_conv3d", of_conv3d<4>},
      {"aten::slow_conv3d_forward", of_conv3d<4>},
      {"aten::matrix_power", of_matrix_power},
      {"aten::linalg_matrix_power", of_matrix_power},
      {"aten::pad", of_pad},
      {"aten::constant_pad_nd", of_pad},
      {"aten::reflection_pad1d", of_pad},
      {"aten::reflection_pad2d", of_pad},
      {"aten::reflection_pad3d", of_pad},
      {"aten::replication_pad1d", of_pad},
      {"aten::replication_pad2d", of_pad},
      {"aten::replication_pad3d", of_pad},
      {"aten::lstm", of_packed_sequence<0>},
      {"aten::quantized_lstm", of_packed_sequence<0>},
      {"aten::gru", of_packed_sequence<2>},
      {"aten::quantized_gru", of_packed_sequence<2>},
      {"aten::rnn_tanh", of_packed_sequence<2>},
      {"aten::rnn_relu", of_packed_sequence<2>},
      {"aten::adaptive_max_pool2d", of_output_slices<2>},
      {"aten::adaptive_max_pool3d", of_output_slices<3>},
      {"aten::sort", of_slices},
      {"aten::argsort", of_slices},
      {"aten::msort", of_slices},
      {"aten::geqrf", of_slices},
      {"aten::qr", of_slices},
      {"aten::linalg_qr", of_slices},
      {"aten::pdist", of_pdist<0, 1>},
      {"aten::_pdist_forward", of_pdist<0, 1>},
      {"aten::_pdist_backward", of_pdist<1, 2>},
      {"aten::embedding_bag", of_embedding_bag},
      {"aten::_embedding_bag", of_embedding_bag},
      {"aten::_embedding_bag_forward_only", of_embedding_bag},
      {"aten::native_batch_norm", of_native_batch_norm},
      {"aten::fbgemm_pack_gemm_matrix_fp16", of_packed_matrix},
      {"aten::fbgemm_linear_quantize_weight", of_packed_matrix},
      {"aten::mkldnn_rnn_layer", of_mkldnn_rnn_layer},
      {"aten::quantized_lstm_cell", of_quantized_lstm_cell},
      {"inductor::resize_storage_bytes_", of_resize_storage},
  };
  const auto check = checks.find(schema.name());
  return check == checks.end() ? nullptr : check->second;
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
