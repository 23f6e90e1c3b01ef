#include "node/constants.h"

#include <utility>
#include <vector>

#include "losses/composed.h"
#include "losses/linear_cross_entropy.h"
#include "losses/mindspore.h"
#include "node/changes.h"
#include "node/values.h"
#include "parts/settings.h"
#include "parts/statistics.h"

namespace torchloss {

namespace {

using Table = std::vector<std::pair<const char*, int64_t>>;

const Table kReductions = {{"none", kNone}, {"mean", kMean}, {"sum", kSum}, {"batchmean", kBatchMean}};

const Table kLayouts = {{"elements", kElements}, {"vectors", kVectors},     {"variance", kVariance},
                        {"rows", kRows},         {"sequences", kSequences}, {"projected", kProjected}};

const Table kWeighings = {{"count", kCount},
                          {"classWeights", kClassWeights},
                          {"elementWeights", kElementWeights},
                          {"batch", kBatch},
                          {"targetLengths", kTargetLengths}};

const Table kAccPolicies = {
    {"auto", kAuto}, {"accurate", kAccurate}, {"balanced", kBalanced}, {"compact", kCompact}};

const Table kActivations = {{"none", kNoActivation}, {"softmax", kSoftmax}, {"logsoftmax", kLogSoftmax},
                            {"relu", kReLU},         {"relu6", kReLU6},     {"tanh", kTanh},
                            {"sigmoid", kSigmoid}};

const Table kOptions = {{"chosen", kChosen}, {"absent", kAbsent}};

const Table kScores = {{"none", kNoScores},
                       {"plain", kPlainScores},
                       {"logits", kLogits},
                       {"logProbabilities", kLogProbabilities},
                       {"probabilities", kProbabilities},
                       {"binaryLogits", kBinaryLogits}};

const Table kSketch = {
    {"parts", Sketch::kParts}, {"lowestPower", Sketch::kLowestPower}, {"zero", Sketch::kZero}};

#define TORCHLOSS_CHANGE_ENTRY(constant, name, since) {name, since},
const Table kChanges = {TORCHLOSS_CHANGES(TORCHLOSS_CHANGE_ENTRY)};
#undef TORCHLOSS_CHANGE_ENTRY

Table dtypes() {
  Table table;
  for (const NamedNumber& dtype : kDTypes) table.emplace_back(dtype.name, dtype.number);
  return table;
}

}  // namespace

napi_value constants(napi_env env) {
  napi_value object = nullptr;
  check(napi_create_object(env, &object));
  const auto add = [&](const char* name, const Table& table) {
    napi_value words = nullptr;
    check(napi_create_object(env, &words));
    for (const auto& [word, number] : table) {
      napi_value value = nullptr;
      check(napi_create_int64(env, number, &value));
      check(napi_set_named_property(env, words, word, value));
    }
    check(napi_set_named_property(env, object, name, words));
  };
  add("dtypes", dtypes());
  add("reductions", kReductions);
  add("layouts", kLayouts);
  add("weighings", kWeighings);
  add("accPolicies", kAccPolicies);
  add("activations", kActivations);
  add("options", kOptions);
  add("scores", kScores);
  add("sketch", kSketch);
  add("changes", kChanges);
  return object;
}

}  // namespace torchloss
