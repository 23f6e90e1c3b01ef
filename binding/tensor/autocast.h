// Mixed precision: while it is on, LibTorch runs some operators in a lower precision. The state is a thread's
// own, so that lanes take that of the call.
#pragma once

#include <c10/core/ScalarType.h>

#include <vector>

#include "node/method.h"

namespace torchloss {

struct AutocastState {
  bool cpu = false;
  bool cuda = false;
  at::ScalarType cpu_dtype = at::kBFloat16;
  at::ScalarType cuda_dtype = at::kHalf;
  bool caches = true;

  static AutocastState now();
  bool any() const { return cpu || cuda; }
};

// Sets the state of the calling thread while it lives.
class AutocastScope {
 public:
  explicit AutocastScope(const AutocastState& state);
  ~AutocastScope();
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  const AutocastState before_;
};

// Forgets the weights that were cast so far: they may be about to change.
void forget_cast_weights();

extern const std::vector<Entry> kAutocast;

}  // namespace torchloss
