// The losses: a table with one row each, from the operator's name to the function that calls LibTorch.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "node/method.h"

namespace torchloss {

extern const std::vector<Entry> kLosses;

// Cross entropy with the checks of its labels, of which linear_cross_entropy is made, too.
at::Tensor cross_entropy_loss(const at::Tensor& input, const at::Tensor& target, const OptionalTensor& weight,
                              int64_t reduction, int64_t ignore_index, double label_smoothing);

// A loss whose other arguments are read, as a function of its first tensor.
using PlannedLoss = std::function<at::Tensor(const at::Tensor&)>;

// The loss of that name, for later and for any thread; the first argument is left out.
PlannedLoss plan_loss(Environment& environment, const std::string& name,
                      const std::vector<napi_value>& arguments);

}  // namespace torchloss
