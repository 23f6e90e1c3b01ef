#include "lanes/small_calls.h"

#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <unordered_set>

#if !defined(_WIN32)
// OpenMP's setting for the calling thread, and MKL's, looked up in LibTorch and its dependencies; null in a
// LibTorch without them.
extern "C" {
__attribute__((weak)) void omp_set_num_threads(int threads);
__attribute__((weak)) int MKL_Set_Num_Threads_Local(int threads);
}
#endif

namespace torchloss {

namespace {

#if defined(_WIN32)
constexpr void (*set_openmp)(int) = nullptr;
constexpr int (*set_mkl)(int) = nullptr;
#else
void (*const set_openmp)(int) = omp_set_num_threads;
int (*const set_mkl)(int) = MKL_Set_Num_Threads_Local;
#endif

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// Both at least 0; saturates instead of overflowing.
int64_t product(int64_t a, int64_t b) { return a != 0 && b > kMost / a ? kMost : a * b; }

// The number of elements that an elementwise operator works on.
int64_t elements_of(const std::vector<const at::Tensor*>& tensors) {
  int64_t largest = 0;
  int64_t dims = 0;
  for (const at::Tensor* tensor : tensors) {
    if (!tensor->defined()) continue;
    largest = std::max<int64_t>(largest, tensor->numel());
    dims = std::max<int64_t>(dims, tensor->dim());
  }
  int64_t broadcast = 1;
  for (int64_t dim = 1; dim <= dims; ++dim) {
    int64_t size = 1;
    for (const at::Tensor* tensor : tensors) {
      if (!tensor->defined() || tensor->dim() < dim) continue;
      const int64_t own = tensor->size(-dim);
      if (size != 1 && own != 1 && own != size) return largest;
      if (own != 1) size = own;
    }
    broadcast = product(broadcast, size);
  }
  return std::max(largest, broadcast);
}

// Operators, by name, that LibTorch splits even for few elements and that give the same bits on one thread.
// The others keep their threads: either LibTorch does not split small calls, or the numbers depend on the
// number of threads, as those of matrix products, of the gradients of normalizations and of gelu do.
bool is_listed(std::string_view name) {
  // clang-format off
  static const std::unordered_set<std::string_view> names = {
      "_log_softmax", "_softmax", "acos", "asin", "atan", "binary_cross_entropy",
      "binary_cross_entropy_with_logits", "cos", "cosine_embedding_loss", "cross_entropy_loss", "erf",
      "erfc", "erfinv", "exp", "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss", "log", "log10",
      "log2", "log_softmax", "margin_ranking_loss", "mse_loss", "multi_margin_loss",
      "multilabel_margin_loss", "nll_loss", "nll_loss2d", "nll_loss2d_forward", "nll_loss_forward",
      "nll_loss_nd", "poisson_nll_loss", "sin", "smooth_l1_loss", "soft_margin_loss", "softmax", "sqrt",
      "tan", "tanh", "triplet_margin_loss", "trunc"};
  // clang-format on
  return names.count(name) > 0;
}

// Backward steps with the same guarantee, beside those of the operators above.
bool is_listed_step(const std::string& step) {
  // clang-format off
  static const std::unordered_set<std::string_view> names = {
      "abs", "add", "broadcast_tensors", "clamp", "clamp_min", "clone", "copy_slices", "div", "expand",
      "linalg_vector_norm", "log_sigmoid", "masked_fill", "max", "maximum", "mean", "min", "minimum",
      "mul", "neg", "norm", "permute", "pow", "reshape_alias", "rsub", "select", "slice", "squeeze",
      "sub", "sum", "t", "to_copy", "transpose", "unsqueeze", "view", "where"};
  // clang-format on
  std::string name;
  const std::string_view kind = std::string_view(step).substr(0, step.find("Backward"));
  for (const char letter : kind) {
    if (letter >= 'A' && letter <= 'Z') {
      if (!name.empty()) name += '_';
      name += static_cast<char>(letter - 'A' + 'a');
    } else {
      name += letter;
    }
  }
  return names.count(name) > 0 || is_listed(name) || step == "torch::autograd::AccumulateGrad";
}

// The number of elements of an incoming gradient, from autograd's metadata; the upper limit where a LibTorch
// does not expose it (1.13).
template <typename Metadata>
int64_t elements_of(const Metadata& metadata) {
  if constexpr (requires {
                  metadata.is_nested_tensor();
                  metadata.shape_as_dim_vector();
                }) {
    if (metadata.is_nested_tensor()) return kMost;
    int64_t elements = 1;
    for (const c10::SymInt& size : metadata.shape_as_dim_vector()) {
      if (size.is_symbolic()) return kMost;
      elements = product(elements, size.as_int_unchecked());
    }
    return elements;
  } else {
    return kMost;
  }
}

int64_t largest_gradient(const torch::autograd::Node& node) {
  int64_t largest = 0;
  for (uint32_t input = 0; input < node.num_inputs(); ++input) {
    largest = std::max(largest, elements_of(node.input_metadata(input)));
  }
  return largest;
}

}  // namespace

OneThread::OneThread(bool alone) {
  if (!alone || set_openmp == nullptr) return;
  // Asked first, since asking makes LibTorch set its own number of threads.
  const int threads = at::get_num_threads();
  if (threads < 2) return;
  before_ = threads;
  set_openmp(1);
  if (set_mkl != nullptr) mkl_before_ = set_mkl(1);
}

OneThread::~OneThread() {
  if (before_ == 0) return;
  set_openmp(before_);
  if (set_mkl != nullptr) set_mkl(mkl_before_);
}

bool is_small(int64_t elements) { return elements < at::internal::GRAIN_SIZE; }

bool is_small(const std::vector<const at::Tensor*>& tensors) { return is_small(elements_of(tensors)); }

bool is_small_graph(const std::vector<at::Tensor>& outputs) {
  // In longer passes other costs dominate.
  constexpr size_t kSteps = 256;
  std::vector<const torch::autograd::Node*> nodes;
  std::unordered_set<const torch::autograd::Node*> seen;
  const auto visit = [&](const torch::autograd::Node* node) {
    if (node != nullptr && seen.insert(node).second) nodes.push_back(node);
  };
  for (const at::Tensor& output : outputs) visit(output.grad_fn().get());
  for (size_t next = 0; next < nodes.size(); ++next) {
    const torch::autograd::Node& node = *nodes[next];
    if (nodes.size() > kSteps || !is_small(largest_gradient(node)) || !is_listed_step(node.name()))
      return false;
    for (const torch::autograd::Edge& edge : node.next_edges()) visit(edge.function.get());
  }
  return true;
}

bool shares_out_small_calls(const std::string& name) {
  constexpr std::string_view kNamespace = "aten::";
  return name.compare(0, kNamespace.size(), kNamespace) == 0 &&
         is_listed(std::string_view(name).substr(kNamespace.size()));
}

bool is_small_call(const std::vector<c10::IValue>& arguments) {
  std::vector<at::Tensor> tensors;
  for (const c10::IValue& argument : arguments) {
    if (argument.isTensor()) tensors.push_back(argument.toTensor());
  }
  std::vector<const at::Tensor*> pointers;
  for (const at::Tensor& tensor : tensors) pointers.push_back(&tensor);
  return is_small(pointers);
}

}  // namespace torchloss
