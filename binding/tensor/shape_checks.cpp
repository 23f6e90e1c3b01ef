#include "tensor/shape_checks.h"

#include <ATen/core/List.h>
#include <torch/version.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <unordered_set>
#include <vector>

#include "node/errors.h"

namespace torchloss {

namespace {

using Stack = torch::jit::Stack;

std::string text_of(at::IntArrayRef sizes) {
  std::ostringstream text;
  text << sizes;
  return text.str();
}

}  // namespace

// An operator that goes through all slices of a tensor, even through those without elements, would take
// minutes to do nothing. Sizes next to a zero cost no memory, so that no other check limits them.
void check_slices(at::IntArrayRef sizes, double slices, const char* name) {
  constexpr double kMostSlices = 1 << 28;
  if (std::find(sizes.begin(), sizes.end(), 0) == sizes.end()) return;
  for (const int64_t size : sizes) slices *= static_cast<double>(std::max<int64_t>(1, size));
  if (slices <= kMostSlices) return;
  wrong_value(name, "at most 268435456 slices of a tensor without elements", "shape " + text_of(sizes));
}

namespace {

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

// One integer or a list of them.
std::vector<int64_t> integers_of(const c10::IValue& value) {
  return value.isInt() ? std::vector<int64_t>{value.toInt()} : value.toIntVector();
}

// Integers whose sums overflow, and then pass LibTorch's checks.
void check_sums(const c10::IValue& value, const char* name) {
  constexpr int64_t kLargest = int64_t{1} << 53;
  for (const int64_t number : integers_of(value)) {
    if (number >= -kLargest && number <= kLargest) continue;
    wrong_value(name, "integers from -2^53 to 2^53", std::to_string(number));
  }
}

void of_pad(Stack& stack) { check_sums(stack[1], "pad"); }
void of_matrix_power(Stack& stack) { check_sums(stack[1], "n"); }

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

// Recurrent layers count through their weights.
void check_layers(const c10::IValue& value) {
  if (value.isInt() && value.toInt() <= 0) {
    wrong_value("num_layers", "at least 1", std::to_string(value.toInt()));
  }
}

// The sizes of a packed sequence's steps, of which a recurrent layer reads the first one without looking for
// it. Its other overloads have the state at this place, a list for lstm, and then the weights, also a list.
template <size_t Following>
void of_packed_sequence(Stack& stack) {
  const bool packed = stack[1].isTensor() && (Following == 0 || stack[Following].isTensor());
  check_layers(stack[packed ? 5 : 4]);
  if (!packed) return;
  const at::Tensor& sizes = stack[1].toTensor();
  if (sizes.numel() > 0) return;
  wrong_value("batch_sizes", "the size of at least one step", "a tensor of shape " + text_of(sizes.sizes()));
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

void check_elements(const at::Tensor& tensor, const char* name) {
  if (tensor.numel() > 0) return;
  wrong_value(name, "a tensor with elements", "shape " + text_of(tensor.sizes()));
}

// batch_norm checks what it passes on to these operators.
void check_channels(const at::Tensor& input) {
  if (input.dim() >= 2 && input.size(1) > 0) return;
  wrong_value("input", "a tensor [N, C, ...] with at least one channel", "shape " + text_of(input.sizes()));
}

void check_per_channel(const c10::IValue& value, const at::Tensor& input, bool optional, const char* name) {
  const OptionalTensor each = optional_tensor(value);
  const bool given = each.has_value() && each->defined();
  if (given ? each->dim() == 1 && each->size(0) == input.size(1) : optional) return;
  wrong_value(name, "a tensor of shape [" + std::to_string(input.size(1)) + "]",
              given ? "shape " + text_of(each->sizes()) : "none");
}

void of_native_batch_norm(Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  check_channels(input);
  check_per_channel(stack[1], input, true, "weight");
  check_per_channel(stack[2], input, true, "bias");
  check_per_channel(stack[3], input, stack[5].toBool(), "running_mean");
  check_per_channel(stack[4], input, stack[5].toBool(), "running_var");
}

void of_batch_norm_update_stats(Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  check_channels(input);
  check_elements(input, "input");
  check_per_channel(stack[1], input, true, "running_mean");
  check_per_channel(stack[2], input, true, "running_var");
}

// Operators that convolutions choose from, and others that divide by what they are given.
void check_positive(const c10::IValue& value, const char* name) {
  for (const int64_t number : integers_of(value)) {
    if (number <= 0) wrong_value(name, "positive integers", std::to_string(number));
  }
}

void of_slow_conv(Stack& stack) {
  check_elements(stack[0].toTensor(), "input");
  check_elements(stack[1].toTensor(), "weight");
  check_positive(stack[2], "kernel_size");
  check_positive(stack[4], "stride");
}

void of_mkldnn_convolution(Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  check_elements(input, "input");
  check_elements(stack[1].toTensor(), "weight");
  constexpr const char* kNames[] = {"padding", "stride", "dilation"};
  for (const size_t i : {0, 1, 2}) {
    const size_t given = stack[3 + i].toIntVector().size();
    if (static_cast<int64_t>(given) + 2 == input.dim()) continue;
    wrong_value(kNames[i], "one integer for each dimension of an image", std::to_string(given));
  }
  check_positive(stack[4], "stride");
  check_positive(stack[5], "dilation");
  check_positive(stack[6], "groups");
}

void of_slow_conv3d(Stack& stack) {
  of_slow_conv(stack);
  of_conv3d<4>(stack);
}

void of_channel_shuffle(Stack& stack) {
  check_positive(stack[1], "groups");
  const at::Tensor& input = stack[0].toTensor();
  const int64_t groups = stack[1].toInt();
  if (input.dim() > 1 && input.size(1) % groups != 0) {
    wrong_value("groups", "a divisor of the input's " + std::to_string(input.size(1)) + " channels",
                std::to_string(groups));
  }
#if TORCH_VERSION_MAJOR < 2
  check_elements(input, "input");
#endif
}

void of_choose_qparams(Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  if (stack[1].toInt() <= 0 || stack[1].toInt() > input.numel()) {
    wrong_value("numel", "at least 1 and at most the input's " + std::to_string(input.numel()) + " elements",
                std::to_string(stack[1].toInt()));
  }
  check_positive(stack[2], "n_bins");
  check_positive(stack[4], "bit_width");
}

// Each dimension of a window has its random number, for each channel of each sample.
template <int64_t Dims>
void of_fractional_pool(Stack& stack) {
  check_sums(stack[1], "kernel_size");
  const at::Tensor& input = stack[0].toTensor();
  const at::Tensor& samples = stack[3].toTensor();
  if (input.dim() != Dims + 1 && input.dim() != Dims + 2) return;
  const int64_t batch = input.dim() == Dims + 2 ? input.size(0) : 1;
  const int64_t expected[] = {batch, input.size(-Dims - 1), Dims};
  if (samples.sizes() == at::IntArrayRef(expected, 3)) return;
  wrong_value("random_samples", "shape " + text_of(at::IntArrayRef(expected, 3)),
              "shape " + text_of(samples.sizes()));
}

void of_histogramdd(Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  // Other overloads have the edges of the bins.
  if (!stack[1].isIntList()) return;
  const size_t bins = stack[1].toIntVector().size();
  if (input.dim() < 2 || static_cast<size_t>(input.size(-1)) == bins) return;
  wrong_value("bins", "one number for each of the input's " + std::to_string(input.size(-1)) + " columns",
              std::to_string(bins));
}

// The rows of a recurrent layer's weights, which are split into its gates.
void check_gates(const at::Tensor& weight, int64_t gates, const char* name) {
  if (weight.dim() == 2 && weight.size(0) > 0 && weight.size(0) % gates == 0) return;
  wrong_value(name, "a matrix of " + std::to_string(gates) + " * hidden_size rows",
              "shape " + text_of(weight.sizes()));
}

template <int64_t Gates>
void of_cell(Stack& stack) {
  check_gates(stack[2].toTensor(), Gates, "w_ih");
  check_gates(stack[3].toTensor(), Gates, "w_hh");
}

void of_packed_matrix(Stack& stack) {
  const at::Tensor& input = stack[0].toTensor();
  check_dims(input, 2, "input");
  check_elements(input, "input");
}

}  // namespace

const std::unordered_map<std::string, OperatorCheck>& shape_checks() {
  static const auto& checks = *new std::unordered_map<std::string, OperatorCheck>{
      {"aten::max_pool1d", of_max_pool1d},
      {"aten::col2im", of_col2im},
      {"aten::fractional_max_pool2d", of_fractional_pool<2>},
      {"aten::fractional_max_pool3d", of_fractional_pool<3>},
      {"aten::conv3d", of_conv3d<3>},
      {"aten::convolution", of_conv3d<3>},
      {"aten::_convolution", of_conv3d<3>},
      {"aten::slow_conv3d", of_slow_conv3d},
      {"aten::slow_conv3d_forward", of_slow_conv3d},
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
      {"aten::thnn_conv2d", of_slow_conv},
      {"aten::_slow_conv2d_forward", of_slow_conv},
      {"aten::mkldnn_convolution", of_mkldnn_convolution},
      {"aten::channel_shuffle", of_channel_shuffle},
      {"aten::native_channel_shuffle", of_channel_shuffle},
      {"aten::choose_qparams_optimized", of_choose_qparams},
      {"aten::histogramdd", of_histogramdd},
      {"aten::_histogramdd_bin_edges", of_histogramdd},
      {"aten::_histogramdd_from_bin_cts", of_histogramdd},
      {"aten::lstm_cell", of_cell<4>},
      {"aten::gru_cell", of_cell<3>},
      {"aten::lstm", of_packed_sequence<0>},
      {"aten::quantized_lstm", of_packed_sequence<0>},
      {"aten::gru", of_packed_sequence<2>},
      {"aten::quantized_gru", of_packed_sequence<2>},
      {"aten::rnn_tanh", of_packed_sequence<2>},
      {"aten::rnn_relu", of_packed_sequence<2>},
      {"aten::adaptive_avg_pool3d", of_output_slices<3>},
      {"aten::_adaptive_avg_pool3d", of_output_slices<3>},
      {"aten::adaptive_max_pool2d", of_output_slices<2>},
      {"aten::adaptive_max_pool3d", of_output_slices<3>},
      {"aten::topk", of_slices},
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
      {"aten::batch_norm_update_stats", of_batch_norm_update_stats},
      {"aten::fbgemm_pack_gemm_matrix_fp16", of_packed_matrix},
      {"aten::fbgemm_linear_quantize_weight", of_packed_matrix},
  };
  return checks;
}

bool trusts_lists(const std::string& name) {
#if TORCH_VERSION_MAJOR < 2
  static const auto& names = *new std::unordered_set<std::string>{
      "aten::max_unpool2d",        "aten::max_unpool3d",      "aten::reflection_pad1d",
      "aten::reflection_pad2d",    "aten::reflection_pad3d",  "aten::replication_pad1d",
      "aten::replication_pad2d",   "aten::replication_pad3d", "aten::slow_conv3d",
      "aten::slow_conv3d_forward", "aten::thnn_conv2d",       "aten::_slow_conv2d_forward",
      "aten::to_sparse_bsr",       "aten::to_sparse_bsc",
  };
  return names.count(name) > 0;
#else
  return false;
#endif
}

}  // namespace torchloss
