// Losses of large batches, computed in parts that fit into the processor's caches.
#pragma once

#include <memory>

#include "lanes/lane.h"
#include "parts/batched.h"

namespace torchloss {

namespace detail {

using MakeJob = std::unique_ptr<Job> (*)(Environment& environment, napi_value settings, BatchedCall call);

std::unique_ptr<Job> evaluation(Environment& environment, napi_value settings, BatchedCall call);
std::unique_ptr<Job> differentiation(Environment& environment, napi_value settings, BatchedCall call);

// (lane, id, settings, ...the loss's own arguments)
template <auto Function, MakeJob Make>
napi_value start_in_parts(napi_env env, napi_callback_info info) noexcept {
  constexpr size_t kOwn = 3;
  napi_value values[kOwn + Batchable<Function>::kArguments];
  size_t count = kOwn + Batchable<Function>::kArguments;
  void* data = nullptr;
  if (napi_get_cb_info(env, info, &count, values, nullptr, &data) != napi_ok) return nullptr;
  auto& environment = *static_cast<Environment*>(data);
  try {
    auto job = Make(environment, values[2], Batchable<Function>::read(environment, values + kOwn));
    job->id = Read<double>::from(environment, values[1], 1);
    submit(environment, Read<int64_t>::from(environment, values[0], 0), std::move(job));
  } catch (...) {
    raise_current_exception(environment);
  }
  return nullptr;
}

}  // namespace detail

// Sums up the losses of all samples; the loss is called without a reduction.
template <auto Function>
constexpr napi_callback evaluate_loss = detail::start_in_parts<Function, detail::evaluation>;

// The same with the gradients of inputs.
template <auto Function>
constexpr napi_callback differentiate_loss = detail::start_in_parts<Function, detail::differentiation>;

}  // namespace torchloss
