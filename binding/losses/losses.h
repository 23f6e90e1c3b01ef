// The losses: a table with one row each, from the operator's name to the function that calls LibTorch.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kLosses;

// A loss whose other arguments are read, as a function of its first tensor.
using PlannedLoss = std::function<at::Tensor(const at::Tensor&)>;

// The loss of that name, for later and for any thread; the first argument is left out.
PlannedLoss plan_loss(Environment& environment, const std::string& name,
                      const std::vector<napi_value>& arguments);

}  // namespace torchloss
