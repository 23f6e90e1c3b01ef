#include "tensor/settings.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/DefaultDtype.h>

#include "node/compat.h"

namespace torchloss {

namespace {

// The dtype of new floating tensors.
int64_t default_dtype() { return static_cast<int64_t>(c10::get_default_dtype_as_scalartype()); }

void set_default_dtype(int64_t dtype) {
  c10::set_default_dtype(caffe2::TypeMeta::fromScalarType(static_cast<at::ScalarType>(dtype)));
}

// 0: any algorithms, 1: a warning where there is no deterministic one, 2: an error there.
int64_t deterministic_mode() {
  const at::Context& context = at::globalContext();
  if (!context.deterministicAlgorithms()) return 0;
  return context.deterministicAlgorithmsWarnOnly() ? 1 : 2;
}

void set_deterministic_mode(int64_t mode) {
  at::globalContext().setDeterministicAlgorithms(mode != 0, mode == 1);
}

std::string matmul_precision() {
  switch (at::globalContext().float32MatmulPrecision()) {
    case at::Float32MatmulPrecision::HIGH:
      return "high";
    case at::Float32MatmulPrecision::MEDIUM:
      return "medium";
    default:
      return "highest";
  }
}

void set_matmul_precision(const std::string& precision) {
  at::globalContext().setFloat32MatmulPrecision(precision);
}

int64_t interop_threads() { return at::get_num_interop_threads(); }

void set_interop_threads(int64_t threads) { at::set_num_interop_threads(static_cast<int>(threads)); }

}  // namespace

void check_sparse_tensors() {
  // 1.13 always checks. LibTorch 2 reads and writes past the ends of tensors unless it is told to check.
#if TORCHLOSS_TORCH >= 200
  at::globalContext().setCheckSparseTensorInvariants(true);
#endif
}

const std::vector<Entry> kSettings = {
    {"default_dtype", method<&default_dtype>},
    {"set_default_dtype", method<&set_default_dtype>},
    {"deterministic_mode", method<&deterministic_mode>},
    {"set_deterministic_mode", method<&set_deterministic_mode>},
    {"matmul_precision", method<&matmul_precision>},
    {"set_matmul_precision", method<&set_matmul_precision>},
    {"interop_threads", method<&interop_threads>},
    {"set_interop_threads", method<&set_interop_threads>},
};

}  // namespace torchloss
