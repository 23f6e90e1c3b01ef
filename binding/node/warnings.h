// LibTorch's warnings, and torch.nn.functional's, as warnings of the JavaScript process.
#pragma once

#include <c10/util/Exception.h>

#include <string>
#include <vector>

#include "node/compat.h"
#include "node/method.h"

namespace torchloss {

// Takes LibTorch's warnings of one thread, as text.
class WarningListener : public c10::WarningHandler {
 public:
#if TORCH_VERSION_MAJOR < 2
  void process(const c10::SourceLocation&, const std::string& message, bool) final { warn(message); }
#else
  void process(const c10::Warning& warning) final { warn(warning.msg()); }
#endif

 protected:
  virtual void warn(const std::string& message) = 0;
};

// Tells the program of the warnings of this thread so far. It runs JavaScript.
void tell_warnings();

extern const std::vector<Entry> kWarnings;

}  // namespace torchloss
