#include "optim/adam_pass.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/grad_mode.h>
#include <c10/macros/Macros.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "node/changes.h"

// CMakeLists.txt compiles this file with -ffp-contract=off: which products are rounded before they are added
// is written out here.
#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)
#define TORCHLOSS_FMA __attribute__((target("avx2,fma")))
#else
#define TORCHLOSS_FMA
#endif

namespace torchloss {

namespace optim {

namespace {

// So many elements at a time stay in the processor's cache between the loops.
constexpr int64_t kBlock = 16 * 1024;

struct Singles {
  explicit Singles(const AdamNumbers& numbers)
      : average(static_cast<float>(numbers.average)),
        kept(static_cast<float>(numbers.kept)),
        squared(static_cast<float>(numbers.squared)),
        correction(static_cast<float>(numbers.correction)),
        eps(static_cast<float>(numbers.eps)),
        rate(static_cast<float>(numbers.rate)),
        decay(static_cast<float>(numbers.decay)),
        shrink(static_cast<float>(numbers.shrink)) {}

  float average, kept, squared, correction, eps, rate, decay, shrink;
};

struct Elements {
  float* param;
  const float* grad;
  float* exp_avg;
  float* exp_avg_sq;
};

// How LibTorch's kernels add a product: rounding it first, or at once.
enum class Rounding { kTwice, kOnce, kUnknown };

template <Rounding R>
inline float add_product(float a, float b, float sum) {
  if constexpr (R == Rounding::kOnce) return __builtin_fmaf(a, b, sum);
  return a * b + sum;
}

// lerp_ goes from the nearer end.
template <Rounding R, bool Small, bool Decays>
C10_ALWAYS_INLINE void averages(const Elements& at, int64_t count, const Singles& of) {
  const float* __restrict param = at.param;
  const float* __restrict grads = at.grad;
  float* __restrict exp_avg = at.exp_avg;
  float* __restrict exp_avg_sq = at.exp_avg_sq;
  const float weight = Small ? of.average : of.average - 1.0F;
  for (int64_t i = 0; i < count; ++i) {
    const float grad = Decays ? add_product<R>(of.decay, param[i], grads[i]) : grads[i];
    exp_avg[i] = add_product<R>(weight, grad - exp_avg[i], Small ? exp_avg[i] : grad);
    exp_avg_sq[i] = add_product<R>(of.squared * grad, grad, exp_avg_sq[i] * of.kept);
  }
}

template <Rounding R>
C10_ALWAYS_INLINE void averages(const Elements& at, int64_t count, const Singles& of) {
  const bool small = std::abs(of.average) < 0.5F;
  if (of.decay != 0) {
    small ? averages<R, true, true>(at, count, of) : averages<R, false, true>(at, count, of);
  } else {
    small ? averages<R, true, false>(at, count, of) : averages<R, false, false>(at, count, of);
  }
}

C10_ALWAYS_INLINE void move(const Elements& at, const float* __restrict roots, int64_t count,
                            const Singles& of) {
  float* __restrict param = at.param;
  const float* __restrict exp_avg = at.exp_avg;
  for (int64_t i = 0; i < count; ++i) {
    const float denominator = roots[i] / of.correction + of.eps;
    param[i] = param[i] * of.shrink + of.rate * exp_avg[i] / denominator;
  }
}

TORCHLOSS_FMA void averages_once(const Elements& at, int64_t count, const Singles& of) {
  averages<Rounding::kOnce>(at, count, of);
}
TORCHLOSS_FMA void move_wide(const Elements& at, const float* roots, int64_t count, const Singles& of) {
  move(at, roots, count, of);
}
void averages_twice(const Elements& at, int64_t count, const Singles& of) {
  averages<Rounding::kTwice>(at, count, of);
}
void move_narrow(const Elements& at, const float* roots, int64_t count, const Singles& of) {
  move(at, roots, count, of);
}

bool has_fma() {
#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#elif defined(__FP_FAST_FMAF)
  return true;
#else
  return false;
#endif
}

// Elements of one tensor, of which a window is what an operator sees.
class Window {
 public:
  Window(float* data, int64_t count)
      : tensor_(at::from_blob(data, {count}, at::TensorOptions().dtype(at::kFloat))) {}

  const at::Tensor& on(int64_t start, int64_t count) {
    tensor_.unsafeGetTensorImpl()->set_storage_offset(start);
    if (tensor_.numel() != count) tensor_.unsafeGetTensorImpl()->set_sizes_contiguous({count});
    return tensor_;
  }

 private:
  at::Tensor tensor_;
};

// The roots are LibTorch's own: with MKL they are not the nearest numbers.
void pass(const Elements& all, int64_t count, const Singles& of, Rounding rounding) {
  const at::AutoDispatchBelowADInplaceOrView guard;
  const int64_t room = std::min(count, kBlock);
  at::Tensor roots = at::empty({room}, at::TensorOptions().dtype(at::kFloat));
  auto* data = roots.data_ptr<float>();
  Window squares(all.exp_avg_sq, count);
  const bool wide = has_fma();
  for (int64_t start = 0; start < count; start += kBlock) {
    const int64_t block = std::min(kBlock, count - start);
    const Elements at{all.param + start, all.grad + start, all.exp_avg + start, all.exp_avg_sq + start};
    (rounding == Rounding::kOnce ? averages_once : averages_twice)(at, block, of);
    if (roots.numel() != block) roots.unsafeGetTensorImpl()->set_sizes_contiguous({block});
    at::sqrt_out(roots, squares.on(start, block));
    (wide ? move_wide : move_narrow)(at, data, block, of);
  }
}

at::Tensor wave(double step, double shift) {
  return at::arange(4099, at::TensorOptions().dtype(at::kDouble))
      .mul_(step)
      .add_(shift)
      .sin_()
      .to(at::kFloat);
}

struct Trial {
  at::Tensor param = wave(0.7, 0.1), grad = wave(1.3, 0.2), exp_avg = wave(0.9, 0.3),
             exp_avg_sq = wave(1.9, 0.4).square_();

  Elements elements() const {
    return {param.data_ptr<float>(), grad.data_ptr<float>(), exp_avg.data_ptr<float>(),
            exp_avg_sq.data_ptr<float>()};
  }
  bool equals(const Trial& other) const {
    const auto same = [](const at::Tensor& a, const at::Tensor& b) {
      return std::memcmp(a.data_ptr(), b.data_ptr(), a.nbytes()) == 0;
    };
    return same(param, other.param) && same(exp_avg, other.exp_avg) && same(exp_avg_sq, other.exp_avg_sq);
  }
};

void call_operators(const Trial& trial, const AdamNumbers& numbers) {
  const at::Tensor grad = numbers.decay == 0 ? trial.grad : trial.grad.add(trial.param, numbers.decay);
  if (numbers.shrink != 1) trial.param.mul_(numbers.shrink);
  trial.exp_avg.lerp_(grad, numbers.average);
  trial.exp_avg_sq.mul_(numbers.kept).addcmul_(grad, grad, numbers.squared);
  const at::Tensor denominator = trial.exp_avg_sq.sqrt().div_(numbers.correction).add_(numbers.eps);
  trial.param.addcdiv_(trial.exp_avg, denominator, numbers.rate);
}

// Which way the operators round is found out by calling them, since it depends on the processor and on how
// LibTorch was built.
Rounding find_rounding() {
  constexpr std::array kTrials = {
      AdamNumbers{0.1, 0.999, 0.001, 0.03162, 1e-8, -1e-3},
      AdamNumbers{0.1, 0.99, 0.01, 0.2, 1e-6, -3e-4, 0.013},
      AdamNumbers{0.7, 0.95, 0.05, 0.9, 1e-8, -2e-2, 0, 0.99997},
  };
  const at::NoGradGuard no_grad;
  std::array<Trial, kTrials.size()> expected;
  for (size_t i = 0; i < kTrials.size(); ++i) call_operators(expected[i], kTrials[i]);
  for (const Rounding rounding : {Rounding::kOnce, Rounding::kTwice}) {
    if (rounding == Rounding::kOnce && !has_fma()) continue;
    bool equal = true;
    for (size_t i = 0; equal && i < kTrials.size(); ++i) {
      const Trial trial;
      pass(trial.elements(), trial.param.numel(), Singles(kTrials[i]), rounding);
      equal = trial.equals(expected[i]);
    }
    if (equal) return rounding;
  }
  return Rounding::kUnknown;
}

Rounding rounding() {
  static const Rounding found = kOptimizersLerp ? find_rounding() : Rounding::kUnknown;
  return found;
}

bool is_plain(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kFloat && tensor.is_cpu() && tensor.layout() == at::kStrided &&
         !tensor.is_neg() && !tensor._is_zerotensor() && !tensor.is_inference() && tensor.is_contiguous();
}

// Tensors may share memory, with which the order of the operators would matter.
bool lie_apart(const std::array<std::pair<const char*, size_t>, 4>& memory) {
  for (size_t i = 0; i < memory.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      const auto& [a, a_bytes] = memory[i];
      const auto& [b, b_bytes] = memory[k];
      if (a < b + b_bytes && b < a + a_bytes) return false;
    }
  }
  return true;
}

void note_written(const at::Tensor& tensor, int times) {
  for (int i = 0; i < times; ++i) tensor.unsafeGetTensorImpl()->bump_version();
}

}  // namespace

bool adam_in_one_pass(const at::Tensor& param, const at::Tensor& grad, const at::Tensor& exp_avg,
                      const at::Tensor& exp_avg_sq, const AdamNumbers& numbers) {
  const std::array<const at::Tensor*, 4> tensors = {&param, &grad, &exp_avg, &exp_avg_sq};
  for (const at::Tensor* tensor : tensors) {
    if (!is_plain(*tensor) || tensor->sizes() != param.sizes()) return false;
  }
  const int64_t count = param.numel();
  if (count == 0 || rounding() == Rounding::kUnknown) return false;
  const Elements all{param.data_ptr<float>(), grad.data_ptr<float>(), exp_avg.data_ptr<float>(),
                     exp_avg_sq.data_ptr<float>()};
  const size_t bytes = param.nbytes();
  const auto memory = [bytes](const float* data) {
    return std::make_pair(reinterpret_cast<const char*>(data), bytes);
  };
  if (!lie_apart({memory(all.param), memory(all.grad), memory(all.exp_avg), memory(all.exp_avg_sq)}))
    return false;
  const Singles of(numbers);
  const auto share = [&all, &of](int64_t start, int64_t end) {
    const Elements at{all.param + start, all.grad + start, all.exp_avg + start, all.exp_avg_sq + start};
    pass(at, end - start, of, rounding());
  };
  if (count < 2 * at::internal::GRAIN_SIZE || at::get_num_threads() == 1) {
    share(0, count);
  } else {
    // LibTorch's iterator has its threads, of which this addon has none.
    const at::Tensor output = param.detach();
    at::TensorIterator iterator = at::TensorIteratorConfig()
                                      .set_check_mem_overlap(false)
                                      .resize_outputs(false)
                                      .add_output(output)
                                      .add_input(grad)
                                      .build();
    const auto* first = reinterpret_cast<const char*>(all.param);
    iterator.for_each([&](char** data, const int64_t*, int64_t n) {
      const int64_t start = (data[0] - first) / static_cast<int64_t>(sizeof(float));
      share(start, start + n);
    });
  }
  note_written(param, numbers.shrink == 1 ? 1 : 2);
  note_written(exp_avg, 1);
  note_written(exp_avg_sq, 2);
  return true;
}

}  // namespace optim

}  // namespace torchloss
