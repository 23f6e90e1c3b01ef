// Emits LibTorch's warnings, and those of torch.nn.functional, as JavaScript process warnings.
#pragma once

#include <c10/util/Exception.h>

#include <string>
#include <vector>

#include "node/compat.h"
#include "node/method.h"

namespace torchloss {

// Collects LibTorch's warnings of one thread as text.
class WarningListener : public c10::WarningHandler {
 public:
#if TORCHLOSS_TORCH < 200
  void process(const c10::SourceLocation&, const std::string& message, bool) final { warn(message); }
#else
  void process(const c10::Warning& warning) final { warn(warning.msg()); }
#endif

 protected:
  virtual void warn(const std::string& message) = 0;
};

// Emits this thread's collected warnings. This runs JavaScript.
void tell_warnings();

extern const std::vector<Entry> kWarnings;

}  // namespace torchloss
