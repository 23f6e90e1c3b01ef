#include "losses/chunked_cross_entropy.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/div.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <limits>

#include "losses/composed.h"
#include "node/changes.h"

namespace torchloss {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The gradients that are computed.
struct Wanted {
  bool input = false;
  bool linear_weight = false;
  bool linear_bias = false;

  bool any() const { return input || linear_weight || linear_bias; }
};

struct Result {
  at::Tensor loss;
  at::Tensor input, linear_weight, linear_bias;  // gradients; undefined where none was wanted
};

// The dtypes of a call, and which of its tensors need a copy in another dtype.
struct Layout {
  Layout(const at::Tensor& input, const at::Tensor& linear_weight, const ChunkedCall& call, Wanted wanted)
      : dtype(input.scalar_type()), acc(call.acc_dtype), mixed(dtype != acc) {
    const bool accurate = call.policy == kAccurate;
    native = kMatmulWidens && mixed && input.is_cuda();
    if (mixed) {
      output = dtype == at::kHalf ? acc : dtype;
      grad_input = accurate ? acc : dtype;
      logits = dtype == at::kHalf && !accurate ? dtype : acc;
      if (!native || (wanted.input && grad_input == logits)) weight_copy = logits;
    }
    stages_weight = wanted.linear_weight && !(call.policy == kCompact && (native || logits == dtype));
    stages_input = wanted.input && !native && grad_input != weight_copy;
    multiplies_wide_input = mixed && !native && dtype != logits;
    copies_input = mixed && (wanted.linear_weight || multiplies_wide_input);
    widens_logits = stages_weight && !native && logits != acc;
    narrows_logits = native && wanted.input && logits != grad_input;
    const auto row_bytes = [](int64_t size, at::ScalarType type) {
      return size * static_cast<int64_t>(c10::elementSize(type));
    };
    casts_in_place = !stages_weight && mixed &&
                     row_bytes(linear_weight.size(0), logits) >= row_bytes(input.size(1), dtype);
  }

  const at::ScalarType dtype;  // of the inputs and the results
  const at::ScalarType acc;    // of sums
  const bool mixed;            // whether these two differ
  bool native = false;         // whether a matrix product can be wider than its factors
  at::ScalarType output = dtype;
  at::ScalarType grad_input = dtype;
  at::ScalarType logits = dtype;
  at::ScalarType weight_copy = dtype;
  bool stages_weight = false;          // sum up a chunk's gradient of linear_weight apart from the others
  bool stages_input = false;           // compute a chunk's gradient of input in another dtype
  bool copies_input = false;           // have a copy of a chunk's input in `acc`
  bool multiplies_wide_input = false;  // of which the logits are made
  bool widens_logits = false;          // copy the logits' gradient to `acc` for that of linear_weight
  bool narrows_logits = false;         // round it to `dtype` for that of input
  bool casts_in_place = false;         // round in the memory of the logits
};

// A template, so that an older LibTorch need not have the wider product.
template <typename T>
void multiply(const T& first, const T& second, T out) {
  if constexpr (kMatmulWidens) {
    if (first.scalar_type() != out.scalar_type()) {
      at::mm_out(out, first, second, out.scalar_type());
      return;
    }
  }
  at::mm_out(out, first, second);
}

// The loss and its gradients, computed one chunk after the other.
class Chunks {
 public:
  // `grad_losses`, [N]: the gradient of each sample's loss, for the backward pass without a reduction.
  Chunks(const at::Tensor& input, const at::Tensor& linear_weight, const OptionalTensor& linear_bias,
         const ChunkedCall& call, Wanted wanted, const OptionalTensor& grad_losses = {})
      : input_(input),
        linear_weight_(linear_weight),
        call_(call),
        wanted_(wanted),
        layout_(input, linear_weight, call, wanted),
        samples_(input.size(0)),
        features_(input.size(1)),
        classes_(linear_weight.size(0)),
        labels_(labels_in_range()),
        sample_weight_(sample_weights(grad_losses)),
        weight_copy_(linear_weight.to(layout_.weight_copy)),
        logits_(empty({call.rows, classes_}, layout_.logits)),
        row_(empty({call.rows}, layout_.logits)) {
    if (linear_bias.has_value()) bias_ = linear_bias->to(layout_.logits);
    if (layout_.copies_input) input_copy_ = empty({call.rows, features_}, layout_.acc);
    if (wanted.input) grad_.input = empty({samples_, features_}, layout_.grad_input);
    if (layout_.stages_input) staged_input_ = empty({call.rows, features_}, layout_.weight_copy);
    if (wanted.linear_weight) grad_.linear_weight = zeros({classes_, features_}, layout_.dtype);
    if (layout_.stages_weight) staged_weight_ = empty({classes_, features_}, layout_.acc);
    if (layout_.widens_logits) wide_logits_ = empty({call.rows, classes_}, layout_.acc);
    if (wanted.linear_bias) grad_.linear_bias = zeros({classes_}, layout_.dtype);
    if (wanted.linear_bias && layout_.mixed) staged_bias_ = zeros({classes_}, layout_.acc);
  }

  // The loss of each sample.
  at::Tensor losses() {
    const at::Tensor losses = empty({samples_}, layout_.dtype);
    for (int64_t begin = 0; begin < samples_; begin += call_.rows) {
      const Chunk chunk = shifted_logits(begin);
      const at::Tensor own = of_target(chunk);  // before the exponential overwrites it
      const at::Tensor loss = sum_of_exponentials(chunk).log_().sub_(own.to(layout_.acc));
      loss.mul_(chunk.weight.to(layout_.acc));
      losses.narrow(0, begin, chunk.size).copy_(loss);
    }
    return losses;
  }

  // The sum of the weighted losses, and the gradients.
  Result loss_and_gradients() {
    const at::Tensor loss = zeros({}, layout_.output);
    if (call_.reduction == kMean && samples_ == 0) loss.fill_(std::numeric_limits<double>::quiet_NaN());
    for (int64_t begin = 0; begin < samples_; begin += call_.rows) {
      const Chunk chunk = shifted_logits(begin);
      loss.add_(chunk.weight.dot(of_target(chunk).to(chunk.weight.scalar_type())));
      const at::Tensor sum = sum_of_exponentials(chunk);
      if (wanted_.any()) {
        at::Tensor factor = row_.narrow(0, 0, chunk.size);
        at::div_out(factor, chunk.weight, sum);
        at::Tensor logits = chunk.logits;
        at::mul_out(logits, logits, factor.unsqueeze(1));
      }
      loss.sub_(chunk.weight.to(layout_.acc).dot(sum.log_()));
      if (wanted_.any()) add_gradients(chunk);
    }
    grad_.loss = loss.to(layout_.dtype);
    if (wanted_.input) grad_.input = grad_.input.to(layout_.dtype);
    return std::move(grad_);
  }

 private:
  struct Chunk {
    int64_t begin, size;
    at::Tensor input, labels, weight, logits;
    at::Tensor input_copy;  // the input itself where no copy is needed
  };

  at::Tensor empty(at::IntArrayRef sizes, at::ScalarType dtype) const {
    return at::empty(sizes, input_.options().dtype(dtype).requires_grad(false));
  }
  at::Tensor zeros(at::IntArrayRef sizes, at::ScalarType dtype) const {
    return at::zeros(sizes, input_.options().dtype(dtype).requires_grad(false));
  }

  at::Tensor ignored() const { return call_.target.eq(call_.ignore_index); }

  // The labels, with class 0 in place of an ignored class that does not exist.
  at::Tensor labels_in_range() const {
    if (call_.ignore_index >= 0 && call_.ignore_index < classes_) return call_.target;
    return call_.target.masked_fill(ignored(), 0);
  }

  // How much each sample counts: 0 where it is ignored. The sign is that of the logarithm of its probability,
  // except for losses without a reduction.
  at::Tensor sample_weights(const OptionalTensor& grad_losses) const {
    const at::ScalarType dtype = layout_.acc;
    at::Tensor weights;
    if (!call_.weight.has_value()) {
      weights = ignored().logical_not().to(dtype);
    } else {
      // The smaller one is converted.
      weights = samples_ > classes_ ? call_.weight->to(dtype).index_select(0, labels_)
                                    : call_.weight->index_select(0, labels_).to(dtype);
      weights = weights.masked_fill(ignored(), 0);
    }
    if (call_.reduction == kMean) {
      const at::Tensor sum = weights.sum();
      weights.div_(sum.neg().masked_fill(sum.eq(0), std::numeric_limits<double>::quiet_NaN()));
    } else if (call_.reduction == kSum) {
      weights.neg_();
    } else if (grad_losses.has_value()) {
      weights.neg_().mul_(grad_losses->to(dtype));
    }
    return weights;
  }

  // A chunk's logits, less the largest of each row.
  Chunk shifted_logits(int64_t begin) {
    const int64_t size = std::min(call_.rows, samples_ - begin);
    Chunk chunk{begin,
                size,
                input_.narrow(0, begin, size),
                labels_.narrow(0, begin, size),
                sample_weight_.narrow(0, begin, size),
                logits_.narrow(0, 0, size),
                {}};
    chunk.input_copy = layout_.copies_input ? input_copy_.narrow(0, 0, size).copy_(chunk.input) : chunk.input;
    multiply(layout_.multiplies_wide_input ? chunk.input_copy : chunk.input,
             (layout_.native ? linear_weight_ : weight_copy_).t(), chunk.logits);
    if (bias_.defined()) chunk.logits.add_(bias_);
    at::Tensor largest = row_.narrow(0, 0, size).unsqueeze(1);
    at::amax_out(largest, chunk.logits, {1}, true);
    chunk.logits.sub_(largest);
    return chunk;
  }

  static at::Tensor of_target(const Chunk& chunk) {
    return chunk.logits.gather(1, chunk.labels.unsqueeze(1)).squeeze(1);
  }

  // In `acc`: in float16 the sum may become 0.
  at::Tensor sum_of_exponentials(const Chunk& chunk) const {
    return chunk.logits.exp_().sum(at::OptionalIntArrayRef({1}), false, layout_.acc);
  }

  // Adds the gradients of a chunk, whose logits hold the weighted softmax by now: what is missing in each row
  // is the weight at its label.
  void add_gradients(const Chunk& chunk) {
    if (wanted_.linear_bias)
      add_bias_gradient(chunk);  // first: the gradient of linear_weight may overwrite the logits
    at::Tensor narrow = chunk.logits;
    const bool direct = wanted_.linear_weight && !layout_.stages_weight;
    if (layout_.narrows_logits || direct) narrow = narrow.to(layout_.dtype);
    if (wanted_.input) add_input_gradient(chunk, narrow);
    if (wanted_.linear_weight && layout_.stages_weight) add_staged_weight_gradient(chunk);
    if (direct) add_weight_gradient(chunk, narrow);
  }

  void add_bias_gradient(const Chunk& chunk) {
    const at::Tensor sum = layout_.mixed ? staged_bias_ : grad_.linear_bias;
    sum.sub_(chunk.logits.sum(at::OptionalIntArrayRef({0}), false, layout_.acc));
    sum.index_add_(0, chunk.labels, chunk.weight);
    if (!layout_.mixed) return;
    grad_.linear_bias.add_(sum.to(layout_.dtype));
    sum.zero_();
  }

  void add_input_gradient(const Chunk& chunk, const at::Tensor& narrow) {
    const at::Tensor place = grad_.input.narrow(0, chunk.begin, chunk.size);
    at::Tensor gradient = layout_.stages_input ? staged_input_.narrow(0, 0, chunk.size) : place;
    at::mul_out(gradient, at::index_select(weight_copy_, 0, chunk.labels),
                chunk.weight.to(gradient.scalar_type()).unsqueeze(1));
    at::addmm_out(gradient, gradient, layout_.narrows_logits ? narrow : chunk.logits,
                  layout_.narrows_logits ? linear_weight_ : weight_copy_, 1, -1);
    if (layout_.stages_input) place.copy_(gradient);
  }

  void add_staged_weight_gradient(const Chunk& chunk) {
    const at::Tensor logits =
        layout_.widens_logits ? wide_logits_.narrow(0, 0, chunk.size).copy_(chunk.logits) : chunk.logits;
    const bool widens = layout_.native && layout_.logits != layout_.acc;
    multiply(logits.t(), widens ? chunk.input : chunk.input_copy, staged_weight_);
    staged_weight_.index_add_(0, chunk.labels, weighted_input(chunk), -1);
    grad_.linear_weight.sub_(staged_weight_);
  }

  void add_weight_gradient(const Chunk& chunk, const at::Tensor& narrow) {
    grad_.linear_weight.addmm_(narrow.t(), chunk.input, 1, -1);
    at::Tensor weighted = weighted_input(chunk);
    if (layout_.casts_in_place) {
      weighted = logits_.view(layout_.dtype).narrow(0, 0, chunk.size).narrow(1, 0, features_).copy_(weighted);
    }
    grad_.linear_weight.index_add_(0, chunk.labels, weighted.to(layout_.dtype));
  }

  // Each row of a chunk's input times the sample's weight, in memory that is not needed any more.
  at::Tensor weighted_input(const Chunk& chunk) {
    const at::Tensor weight = chunk.weight.unsqueeze(1);
    if (layout_.mixed) return chunk.input_copy.mul_(weight);
    if (classes_ < features_) return chunk.input * weight;
    at::Tensor product = chunk.logits.narrow(1, 0, features_);
    return at::mul_out(product, chunk.input, weight);
  }

  const at::Tensor input_, linear_weight_;
  const ChunkedCall& call_;
  const Wanted wanted_;
  const Layout layout_;
  const int64_t samples_, features_, classes_;
  const at::Tensor labels_, sample_weight_, weight_copy_, logits_, row_;
  at::Tensor bias_, input_copy_, staged_input_, staged_weight_, wide_logits_, staged_bias_;
  Result grad_;
};

Wanted wanted_of(const at::Tensor& input, const at::Tensor& linear_weight,
                 const OptionalTensor& linear_bias) {
  if (!at::GradMode::is_enabled()) return {};
  return {input.requires_grad(), linear_weight.requires_grad(),
          linear_bias.has_value() && linear_bias->requires_grad()};
}

void refuse_higher_order() {
  TORCH_CHECK(!at::GradMode::is_enabled(),
              "linear_cross_entropy: with options its gradients have no gradients of their own; without "
              "options (null) they have, for create_graph");
}

// The gradients of what apply took: the three tensors, and two values that have none.
variable_list gradients(at::Tensor input, at::Tensor linear_weight, at::Tensor linear_bias) {
  return {std::move(input), std::move(linear_weight), std::move(linear_bias), {}, {}};
}

// A loss that is one number: the gradients are computed with it, and the backward pass multiplies them.
struct ReducedLoss : torch::autograd::Function<ReducedLoss> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& input, const at::Tensor& linear_weight,
                            const OptionalTensor& linear_bias, const ChunkedCall& call, Wanted wanted) {
    const Result found = Chunks(input, linear_weight, linear_bias, call, wanted).loss_and_gradients();
    ctx->saved_data["retains"] = call.allow_retain_graph;
    ctx->saved_data["gradients"] =
        std::vector<at::Tensor>{found.input, found.linear_weight, found.linear_bias};
    return found.loss;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    refuse_higher_order();
    const bool retains = ctx->saved_data["retains"].toBool();
    const auto found = ctx->saved_data.find("gradients");
    TORCH_CHECK(found != ctx->saved_data.end(),
                "linear_cross_entropy: the first backward pass used up the gradients; a second one needs "
                "LinearCrossEntropyOptions with allow_retain_graph: true");
    std::vector<at::Tensor> own = found->second.toTensorVector();
    if (!retains) ctx->saved_data.erase(found);
    for (at::Tensor& gradient : own) {
      if (gradient.defined()) gradient = retains ? gradient * grads[0] : gradient.mul_(grads[0]);
    }
    return gradients(own[0], own[1], own[2]);
  }
};

// The loss of each sample: the backward pass computes the logits again.
struct UnreducedLoss : torch::autograd::Function<UnreducedLoss> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& input, const at::Tensor& linear_weight,
                            const OptionalTensor& linear_bias, const ChunkedCall& call, Wanted wanted) {
    const auto detached = [](const OptionalTensor& tensor) {
      return tensor.has_value() ? tensor->detach() : at::Tensor();
    };
    ctx->save_for_backward(
        {input.detach(), linear_weight.detach(), call.target, detached(linear_bias), detached(call.weight)});
    ctx->saved_data["wanted"] = c10::List<bool>({wanted.input, wanted.linear_weight, wanted.linear_bias});
    ctx->saved_data["call"] =
        c10::List<int64_t>({call.ignore_index, call.rows, call.policy, static_cast<int64_t>(call.acc_dtype)});
    return Chunks(input, linear_weight, linear_bias, call, {}).losses();
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    refuse_higher_order();
    const variable_list saved = ctx->get_saved_variables();
    const auto present = [](const at::Tensor& tensor) {
      return tensor.defined() ? OptionalTensor(tensor) : OptionalTensor();
    };
    const auto wanted = ctx->saved_data["wanted"].toBoolList();
    const auto numbers = ctx->saved_data["call"].toIntVector();
    const ChunkedCall call{saved[2],
                           present(saved[4]),
                           kNone,
                           numbers[0],
                           numbers[1],
                           static_cast<AccPolicy>(numbers[2]),
                           static_cast<at::ScalarType>(numbers[3]),
                           true};
    Result found = Chunks(saved[0], saved[1], present(saved[3]), call,
                          {wanted.get(0), wanted.get(1), wanted.get(2)}, grads[0])
                       .loss_and_gradients();
    return gradients(found.input, found.linear_weight, found.linear_bias);
  }
};

}  // namespace

at::Tensor chunked_cross_entropy(const at::Tensor& input, const at::Tensor& linear_weight,
                                 const OptionalTensor& linear_bias, const ChunkedCall& call) {
  const Wanted wanted = wanted_of(input, linear_weight, linear_bias);
  if (call.reduction == kNone) return UnreducedLoss::apply(input, linear_weight, linear_bias, call, wanted);
  return ReducedLoss::apply(input, linear_weight, linear_bias, call, wanted);
}

}  // namespace torchloss
