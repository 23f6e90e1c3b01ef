#include "parts/evaluate.h"

#include <c10/core/InferenceMode.h>
#include <c10/util/irange.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "lanes/small_calls.h"
#include "lanes/workers.h"
#include "losses/checks.h"
#include "parts/exact_sum.h"
#include "parts/settings.h"
#include "parts/statistics.h"
#include "parts/weights.h"

namespace torchloss {

namespace {

napi_value float64_array(napi_env env, const std::vector<double>& values) {
  napi_value buffer = nullptr;
  napi_value array = nullptr;
  void* data = nullptr;
  check(napi_create_arraybuffer(env, values.size() * sizeof(double), &data, &buffer));
  if (!values.empty()) std::memcpy(data, values.data(), values.size() * sizeof(double));
  check(napi_create_typedarray(env, napi_float64_array, values.size(), buffer, 0, &array));
  return array;
}

// The results of one thread so far.
struct Found {
  explicit Found(int64_t worst) : statistics(worst) {}

  ExactSum sum;
  ExactSum weight;
  double elements = 0;
  double counted = 0;
  double right = 0;
  Statistics statistics;
};

// Per-sample sums for a part of the batch.
struct Sums {
  std::vector<double> losses;
  std::vector<double> weights;
  Hits hits;
  Labels labels;
  int64_t width = 1;  // unreduced losses per sample
};

// The elements that a thread takes at a time where the losses need no memory.
constexpr int64_t kOnePass = 256 * 1024;

class Evaluation final : public Job {
 public:
  Evaluation(const Settings& settings, BatchedCall call) : settings_(settings), call_(std::move(call)) {}

  void run() override {
    const Batch batch(std::move(call_), settings_.layout, settings_.inputs);
    check_samples(batch);
    const OneThread guard(is_small(batch.samples() * batch.width()));
    samples_ = batch.samples();
    if (settings_.wants_samples) {
      losses_.resize(samples_);
      if (has_weights()) weights_.resize(samples_);
      if (settings_.wants_right) {
        hits_.counted.resize(samples_);
        hits_.right.resize(samples_);
      }
    }
    if (samples_ > 0 && settings_.scores != kNoScores) {
      targets_ = batch.tensors()[1].numel() / samples_;
      labels_.targets.resize(samples_ * targets_);
      labels_.predicted.resize(samples_ * targets_);
      if (settings_.scores != kPlainScores) labels_.confidences.resize(samples_ * targets_);
    }
    if (samples_ == 0) {
      found_.emplace_back(settings_.worst);
      return;
    }
    check_mixed_dtypes(batch);
    in_one_pass_ = batch.is_in_one_pass();
    const auto flat = batch.width() > block() ? batch.flat() : optional<Batch>();
    if (flat.has_value() && !wants_labels()) {
      evaluate_blocks(batch, *flat);
    } else {
      evaluate_samples(batch);
    }
    for (size_t i = 1; i < found_.size(); ++i) join(found_[0], found_[i]);
  }

  napi_value result(Environment& environment) override {
    const napi_env env = environment.env;
    const Found& found = found_[0];
    napi_value object = nullptr;
    check(napi_create_object(env, &object));
    const auto set = [&](const char* name, const std::vector<double>& values) {
      check(napi_set_named_property(env, object, name, float64_array(env, values)));
    };
    set("counts", {static_cast<double>(samples_), found.elements, found.right, found.counted});
    set("sum", found.sum.parts());
    set("weight", found.weight.parts());
    set("special_counts", found.statistics.counts());
    set("worst", found.statistics.worst());
    set("special", found.statistics.special());
    set("sketch", found.statistics.sketch().pairs());
    if (settings_.wants_samples) {
      set("losses", losses_);
      set("weights", weights_);
      set("counted", hits_.counted);
      set("right", hits_.right);
    }
    if (settings_.scores != kNoScores) {
      set("targets", labels_.targets);
      set("predicted", labels_.predicted);
      set("confidences", labels_.confidences);
    }
    return object;
  }

 private:
  bool has_weights() const {
    return settings_.weighing == kClassWeights || settings_.weighing == kElementWeights;
  }

  // If all samples share one divisor, they cannot be told apart.
  void check_samples(const Batch& batch) const {
    if (batch.samples() < 2) return;
    const std::vector<at::Tensor>& tensors = batch.tensors();
    if (settings_.weighing == kElementWeights && !batch.has_samples(settings_.inputs)) {
      wrong_value("weight", "one weight per sample", text(tensors[settings_.inputs].sizes()));
    }
    if (settings_.weighing == kBatch && !batch.has_samples(0)) {
      wrong_value("input", "an input with its own samples for 'batchmean'", text(tensors[0].sizes()));
    }
  }

  // Tensors are widened before the loss sees them. Whether the loss accepts the dtypes as given is left to
  // LibTorch.
  void check_mixed_dtypes(const Batch& batch) const {
    bool has_half = false;
    bool mixed = false;
    optional<at::ScalarType> dtype;
    for (const at::Tensor& tensor : batch.tensors()) {
      if (!tensor.defined() || !tensor.is_floating_point()) continue;
      has_half = has_half || is_half(tensor);
      mixed = mixed || (dtype.has_value() && *dtype != tensor.scalar_type());
      dtype = tensor.scalar_type();
    }
    if (!has_half || !mixed) return;
    const c10::InferenceMode guard;
    batch.loss(batch.part(0, 1));
  }

  // In 16 bits each operator of a composed loss rounds, and may overflow; float32 avoids both.
  static std::vector<at::Tensor> widened_part(std::vector<at::Tensor> part) {
    for (at::Tensor& tensor : part) {
      if (tensor.defined()) tensor = widened(tensor);
    }
    return part;
  }

  // The losses of a part of `count` samples, added up for each. How they are computed must not depend on how
  // the data is split, so tensors that are broadcast or not contiguous are copied first.
  static Sums sums_of_losses(const Batch& batch, const std::vector<at::Tensor>& part, int64_t count) {
    Sums sums;
    const ElementLoss& loss = batch.element_loss();
    if (loss.kind != ElementLoss::Kind::kNone) {
      const std::vector<at::Tensor> ready = for_one_pass(loss, part);
      const int64_t elements = ready[0].numel();
      if (elements > 0 && elements % count == 0 && is_in_one_pass(loss, ready)) {
        sums.width = elements / count;
        sums.losses.resize(count);
        sum_losses(loss, ready, 0, count, sums.width, sums.losses.data());
        return sums;
      }
    }
    const at::Tensor of_rows = batch.row_losses(part);
    const at::Tensor losses = of_rows.defined() ? of_rows : batch.loss(part);
    sums.width = losses.numel() / count;
    if (sums.width * count != losses.numel()) {
      wrong_value("input", "shapes with the same number of losses for each sample", text(losses.sizes()));
    }
    sums.losses = sample_sums(losses, count);
    return sums;
  }

  static void join(Found& all, const Found& part) {
    all.sum.add(part.sum);
    all.weight.add(part.weight);
    all.elements += part.elements;
    all.counted += part.counted;
    all.right += part.right;
    all.statistics.add(part.statistics);
  }

  void make_room(int64_t workers) {
    for (int64_t i = 0; i < workers; ++i) found_.emplace_back(settings_.worst);
  }

  // One pass need not stay within the caches.
  int64_t samples_at_once(const Batch& batch) const {
    const int64_t width = batch.width();
    if (in_one_pass_) return std::max<int64_t>(1, kOnePass / width);
    const int64_t read = wants_labels() ? 0 : batch.read_in_row_pass();
    return std::max<int64_t>(1, read > 0 ? kOnePass / read : settings_.part / width);
  }

  bool wants_labels() const { return settings_.wants_right || settings_.scores != kNoScores; }

  // Whole samples only.
  void evaluate_samples(const Batch& batch) {
    const int64_t at_once = samples_at_once(batch);
    const int64_t parts = (samples_ + at_once - 1) / at_once;
    // On another device each operator already uses enough threads.
    const int64_t workers = settings_.on_cpu ? workers_for(parts) : 1;
    make_room(workers);
    share_out(parts, workers, [&](int64_t index, int64_t worker) {
      const c10::InferenceMode guard;
      const int64_t begin = index * at_once;
      const int64_t count = std::min(at_once, samples_ - begin);
      Sums sums;
      if (in_one_pass_) {
        sums.width = batch.width();
        sums.losses = sums_in_one_pass(batch, begin * batch.width(), count, batch.width());
        if (wants_labels()) add_labels(sums, batch.part(begin, count), count);
      } else {
        const std::vector<at::Tensor> part = batch.part(begin, count);
        sums = sums_of(batch, part, count);
        if (wants_labels()) add_labels(sums, part, count);
      }
      keep(found_[worker], std::move(sums), begin);
    });
  }

  // The elements of a sample to compute at a time: what suits the CPU's caches, or few waits for a device.
  int64_t block() const { return settings_.on_cpu ? kSumBlock : settings_.part; }

  // Blocks of elements of samples too large for one part; each sample is the sum of its blocks' sums.
  void evaluate_blocks(const Batch& batch, const Batch& flat) {
    const int64_t width = batch.width();
    const int64_t blocks = (width + block() - 1) / block();
    std::vector<double> losses(samples_ * blocks);
    std::vector<double> weights(has_weights() ? samples_ * blocks : 0);
    const int64_t workers = settings_.on_cpu ? workers_for(samples_ * blocks) : 1;
    share_out(samples_ * blocks, workers, [&](int64_t index, int64_t) {
      const c10::InferenceMode guard;
      const int64_t begin = index % blocks * block();
      const int64_t count = std::min(block(), width - begin);
      const int64_t first = index / blocks * width + begin;
      if (in_one_pass_) {
        losses[index] = sums_in_one_pass(flat, first, 1, count)[0];
        return;
      }
      const std::vector<at::Tensor> part = flat.part(first, count);
      losses[index] = sums_of_losses(flat, widened_part(part), 1).losses[0];
      if (has_weights()) weights[index] = sample_weights(settings_, part, 1, count)[0];
    });
    Sums sums;
    sums.width = width;
    for (const auto sample : c10::irange(samples_)) {
      const auto add_up = [&](const std::vector<double>& values) {
        return std::accumulate(values.begin() + sample * blocks, values.begin() + (sample + 1) * blocks, 0.0);
      };
      sums.losses.push_back(add_up(losses));
      if (has_weights()) sums.weights.push_back(add_up(weights));
    }
    make_room(1);
    keep(found_[0], std::move(sums), 0);
  }

  // The sums of the losses of `count` samples of `width` elements each, from the element `first` on.
  std::vector<double> sums_in_one_pass(const Batch& batch, int64_t first, int64_t count,
                                       int64_t width) const {
    std::vector<double> sums(count);
    sum_losses(batch.element_loss(), batch.tensors(), first, count, width, sums.data());
    return sums;
  }

  Sums sums_of(const Batch& batch, const std::vector<at::Tensor>& part, int64_t count) const {
    Sums sums = sums_of_losses(batch, widened_part(part), count);
    sums.weights = sample_weights(settings_, part, count, sums.width);
    if (settings_.weighing == kTargetLengths) divide_by_lengths(sums.losses, part[3]);
    return sums;
  }

  void add_labels(Sums& sums, const std::vector<at::Tensor>& part, int64_t count) const {
    at::Tensor predicted;
    if (settings_.wants_right || has_class_scores(settings_.scores))
      predicted = predicted_classes(settings_, part);
    if (settings_.wants_right) sums.hits = sample_hits(settings_, part[1], predicted, count);
    if (settings_.scores != kNoScores) sums.labels = target_labels(settings_, part, predicted);
  }

  void keep(Found& found, Sums sums, int64_t begin) {
    const auto count = static_cast<int64_t>(sums.losses.size());
    found.elements += static_cast<double>(sums.width * count);
    found.weight.add(sums.weights.data(), static_cast<int64_t>(sums.weights.size()));
    for (const double counted : sums.hits.counted) found.counted += counted;
    for (const double right : sums.hits.right) found.right += right;
    if (settings_.wants_samples) {
      std::copy(sums.losses.begin(), sums.losses.end(), losses_.begin() + begin);
      std::copy(sums.weights.begin(), sums.weights.end(), weights_.begin() + begin);
      std::copy(sums.hits.counted.begin(), sums.hits.counted.end(), hits_.counted.begin() + begin);
      std::copy(sums.hits.right.begin(), sums.hits.right.end(), hits_.right.begin() + begin);
    }
    if (settings_.scores != kNoScores) {
      const Labels& labels = sums.labels;
      const int64_t place = begin * targets_;
      std::copy(labels.targets.begin(), labels.targets.end(), labels_.targets.begin() + place);
      std::copy(labels.predicted.begin(), labels.predicted.end(), labels_.predicted.begin() + place);
      std::copy(labels.confidences.begin(), labels.confidences.end(), labels_.confidences.begin() + place);
    }
    const double first = settings_.first + static_cast<double>(begin);
    if (settings_.means && sums.width != 1) {
      std::vector<double> means = sums.losses;
      for (double& mean : means) mean /= static_cast<double>(sums.width);
      found.statistics.add(means.data(), count, first);
    } else {
      found.statistics.add(sums.losses.data(), count, first);
    }
    for (double& loss : sums.losses) {
      if (loss - loss != 0) loss = 0;  // counted separately
    }
    found.sum.add(sums.losses.data(), count);
  }

  const Settings settings_;
  BatchedCall call_;
  int64_t samples_ = 0;
  bool in_one_pass_ = false;
  std::vector<Found> found_;
  std::vector<double> losses_;
  std::vector<double> weights_;
  Hits hits_;
  Labels labels_;
  int64_t targets_ = 1;  // per sample
};

}  // namespace

std::unique_ptr<Job> detail::evaluation(Environment& environment, napi_value settings, BatchedCall call) {
  return std::make_unique<Evaluation>(Settings::read(environment, settings), std::move(call));
}

}  // namespace torchloss
