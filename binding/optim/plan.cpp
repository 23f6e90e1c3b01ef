#include "optim/plan.h"

namespace torchloss {

std::vector<Entry> entries_of(const std::vector<Step>& steps) {
  std::vector<Entry> entries;
  for (const Step& step : steps) entries.push_back({step.name, step.call});
  return entries;
}

std::unique_ptr<PlannedStep> plan_step(Environment& environment, const std::string& name,
                                       const std::vector<napi_value>& arguments) {
  for (const auto* steps : {&kOptimSteps, &kAdamSteps, &kFactoredSteps}) {
    for (const Step& step : *steps)
      if (name == step.name) return step.plan(environment, arguments);
  }
  wrong_value("step", "the name of an optimizer's step", "'" + name + "'");
}

}  // namespace torchloss
