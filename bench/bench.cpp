// The C++ program of the benchmark: the same calls, of the same LibTorch, with nothing in between; what PyTorch composes from
// several operators in Python is composed the same way here. It reads commands from standard input; README.md in this folder
// describes them.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <sys/resource.h>

#include <cctype>
#include <ctime>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Tensors = std::vector<at::Tensor>;

struct Shape {
  int64_t rows, columns, steps, batch, length;
};

at::Tensor scores(at::IntArrayRef shape) {
  return at::arange(c10::multiply_integers(shape), at::kFloat).mul_(0.7).sin_().reshape(shape);
}

at::Tensor signs(at::IntArrayRef shape) { return scores(shape).cos_().sub_(0.8).sign_(); }

at::Tensor make_tensor(const std::string& kind, const Shape& s) {
  const std::vector<int64_t> matrix{s.rows, s.columns};
  if (kind == "scores") return scores(matrix);
  if (kind == "values") return scores(matrix).cos_();
  if (kind == "columns_first") return scores(matrix).cos_().t().contiguous();
  if (kind == "opposites") return scores(matrix).neg_();
  if (kind == "log_probabilities") return scores(matrix).log_softmax(1);
  if (kind == "probabilities") return scores(matrix).softmax(1);
  if (kind == "shares") return scores(matrix).cos_().softmax(1);
  if (kind == "signs") return signs(matrix);
  if (kind == "row_signs") return signs({s.rows});
  if (kind == "bits") return signs(matrix).clamp_min_(0);
  if (kind == "labels") return at::arange(s.rows, at::kLong).remainder_(s.columns);
  if (kind == "label_sets") {
    const at::Tensor columns =
        at::arange(s.rows * s.columns, at::kLong).remainder_(s.columns).reshape(matrix);
    return columns.masked_fill(columns.ge(3), -1);
  }
  if (kind == "steps") return scores({s.steps, s.batch, s.columns}).log_softmax(2);
  if (kind == "sequences") {
    return at::arange(s.batch * s.length, at::kLong)
        .remainder_(s.columns - 1)
        .add_(1)
        .reshape({s.batch, s.length});
  }
  if (kind == "input_lengths") return at::full({s.batch}, s.steps, at::kLong);
  if (kind == "target_lengths") return at::full({s.batch}, s.length, at::kLong);
  throw std::runtime_error("no tensor is called " + kind);
}

at::Tensor reduce(const at::Tensor& losses, int64_t reduction) {
  return reduction == at::Reduction::Mean ? losses.mean() : losses.sum();
}

at::Tensor gaussian_nll_loss(const Tensors& t, int64_t reduction) {
  if (t[2].lt(0).any().item<bool>()) throw std::runtime_error("a negative variance");
  const at::Tensor variance = t[2].clone();
  {
    const at::NoGradGuard guard;
    variance.clamp_min_(1e-6);
  }
  return reduce(0.5 * (variance.log() + (t[0] - t[1]).pow(2) / variance), reduction);
}

at::Tensor multilabel_soft_margin_loss(const Tensors& t, int64_t reduction) {
  const at::Tensor losses = -(t[1] * at::log_sigmoid(t[0]) + (1 - t[1]) * at::log_sigmoid(-t[0]));
  return reduce(losses.sum(1) / t[0].size(1), reduction);
}

at::Tensor triplet_margin_with_distance_loss(const Tensors& t, int64_t reduction) {
  const at::Tensor positive = at::pairwise_distance(t[0], t[1]);
  const at::Tensor negative = at::pairwise_distance(t[0], t[2]);
  return reduce(at::clamp_min(1.0 + positive - negative, 0), reduction);
}

// The losses by the names of torch.nn.functional.
const std::map<std::string, at::Tensor (*)(const Tensors&, int64_t)> kLosses = {
    {"l1_loss", [](auto& t, auto r) { return at::l1_loss(t[0], t[1], r); }},
    {"mse_loss", [](auto& t, auto r) { return at::mse_loss(t[0], t[1], r); }},
    {"huber_loss", [](auto& t, auto r) { return at::huber_loss(t[0], t[1], r, 1.0); }},
    {"smooth_l1_loss", [](auto& t, auto r) { return at::smooth_l1_loss(t[0], t[1], r, 1.0); }},
    {"cross_entropy", [](auto& t, auto r) { return at::cross_entropy_loss(t[0], t[1], {}, r, -100, 0.0); }},
    {"nll_loss", [](auto& t, auto r) { return at::nll_loss_nd(t[0], t[1], {}, r, -100); }},
    {"poisson_nll_loss",
     [](auto& t, auto r) { return at::poisson_nll_loss(t[0], t[1], true, false, 1e-8, r); }},
    {"gaussian_nll_loss", gaussian_nll_loss},
    {"kl_div", [](auto& t, auto r) { return at::kl_div(t[0], t[1], r, false); }},
    {"binary_cross_entropy", [](auto& t, auto r) { return at::binary_cross_entropy(t[0], t[1], {}, r); }},
    {"binary_cross_entropy_with_logits",
     [](auto& t, auto r) { return at::binary_cross_entropy_with_logits(t[0], t[1], {}, {}, r); }},
    {"margin_ranking_loss",
     [](auto& t, auto r) { return at::margin_ranking_loss(t[0], t[1], t[2], 0.0, r); }},
    {"hinge_embedding_loss", [](auto& t, auto r) { return at::hinge_embedding_loss(t[0], t[1], 1.0, r); }},
    {"cosine_embedding_loss",
     [](auto& t, auto r) { return at::cosine_embedding_loss(t[0], t[1], t[2], 0.0, r); }},
    {"soft_margin_loss", [](auto& t, auto r) { return at::soft_margin_loss(t[0], t[1], r); }},
    {"multilabel_soft_margin_loss", multilabel_soft_margin_loss},
    {"multilabel_margin_loss", [](auto& t, auto r) { return at::multilabel_margin_loss(t[0], t[1], r); }},
    {"multi_margin_loss", [](auto& t, auto r) { return at::multi_margin_loss(t[0], t[1], 1, 1, {}, r); }},
    {"triplet_margin_loss",
     [](auto& t, auto r) { return at::triplet_margin_loss(t[0], t[1], t[2], 1.0, 2, 1e-6, false, r); }},
    {"triplet_margin_with_distance_loss", triplet_margin_with_distance_loss},
    {"ctc_loss", [](auto& t, auto r) { return at::ctc_loss(t[0], t[1], t[2], t[3], 0, r, false); }},
};

// Operators by their methods' names.
#define ONE(name) {#name, [](auto& t, auto) { return at::name(t[0]); }}
#define TWO(name) {#name, [](auto& t, auto) { return at::name(t[0], t[1]); }}
#define DIM(name, ...) {#name, [](auto& t, auto) { return at::name(t[0], __VA_ARGS__); }}
const std::map<std::string, at::Tensor (*)(const Tensors&, int64_t)> kOperators = {
    TWO(add),
    TWO(sub),
    TWO(mul),
    TWO(div),
    TWO(maximum),
    TWO(eq),
    TWO(lt),
    TWO(matmul),
    TWO(mm),
    ONE(abs),
    ONE(neg),
    ONE(exp),
    ONE(relu),
    ONE(sigmoid),
    ONE(tanh),
    ONE(square),
    ONE(sign),
    ONE(log),
    ONE(sqrt),
    ONE(rsqrt),
    ONE(reciprocal),
    ONE(sum),
    ONE(mean),
    ONE(max),
    ONE(argmax),
    ONE(any),
    ONE(t),
    ONE(clone),
    ONE(flatten),
    {"std", [](auto& t, auto) { return at::std(t[0]); }},
    DIM(softmax, 1),
    DIM(log_softmax, 1),
    DIM(cumsum, 1),
    DIM(unsqueeze, 0),
    DIM(transpose, 0, 1),
    DIM(select, 0, 1),
};

int64_t nanoseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

}  // namespace

int main() {
  std::cout << "ready" << std::endl << std::setprecision(9);
  Tensors tensors;
  std::function<at::Tensor()> loss;
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string command, pass, name;
    words >> command >> pass;
    if (command == "prepare") {
      std::string reduction, kind;
      Shape shape{};
      words >> name >> name >> reduction;
      words >> shape.rows >> shape.columns >> shape.steps >> shape.batch >> shape.length;
      loss = nullptr;
      tensors.clear();
      // Numbers are those of the table.
      while (words >> kind && std::isalpha(kind[0]) != 0) tensors.push_back(make_tensor(kind, shape));
      tensors[0].requires_grad_(pass == "backward");
      const int64_t code = reduction == "sum" ? at::Reduction::Sum : at::Reduction::Mean;
      const size_t dot = name.find('.');
      const auto call = dot == std::string::npos ? kLosses.at(name) : kOperators.at(name.substr(dot + 1));
      loss = [&tensors, code, function = call] { return function(tensors, code); };
      std::cout << loss().sum().item<float>() << std::endl;
      continue;
    }
    int64_t count = 0;
    words >> count;
    const bool backward = pass == "backward";
    getpriority(PRIO_PROCESS, 0);  // callgrind's mark
    const int64_t cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    const int64_t elapsed = nanoseconds(CLOCK_MONOTONIC);
    for (int64_t i = 0; i < count; ++i) {
      const at::Tensor result = loss();
      if (backward) result.backward();
    }
    const int64_t elapsed_end = nanoseconds(CLOCK_MONOTONIC);
    const int64_t cpu_end = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    getpriority(PRIO_PROCESS, 0);
    std::cout << cpu_end - cpu << ' ' << elapsed_end - elapsed << std::endl;
  }
}
