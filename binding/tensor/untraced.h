// What a tracer must not record: memory that is filled or read apart from LibTorch's operators.
#pragma once

#include <ATen/TracerMode.h>
#include <c10/util/Exception.h>

namespace torchloss {

// While it lives, nothing is recorded: a tensor made meanwhile is a constant of the trace.
using Untraced = at::tracer::impl::NoTracerDispatchMode;

// Says, while a module is traced, what the trace will not follow. lib/base/warnings.ts knows the word.
inline void warn_of_trace(const char* what) {
  if (!at::tracer::impl::is_dispatch_enabled()) return;
  TORCH_WARN(
      "TracerWarning: ", what,
      " might cause the trace to be incorrect. The tracer does not follow JavaScript values: what is "
      "computed from this one is a constant in the trace, and a branch on it is always taken as now. The "
      "trace might not fit other inputs.");
}

}  // namespace torchloss
