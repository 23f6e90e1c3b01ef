// What lib/evaluate/plans.ts says about a loss that is computed in parts.
#pragma once

#include "parts/batched.h"

namespace torchloss {

// The weight of an unreduced loss in a mean. lib/evaluate/plans.ts has the same numbers.
enum Weighing : int64_t {
  kCount = 0,           // 1
  kClassWeights = 1,    // the weight of its class, 0 for the ignored class
  kElementWeights = 2,  // its own weight
  kBatch = 3,           // none: each sample counts as 1
  kTargetLengths = 4,   // 1, after division by the length of the sample's target
};

// How the first tensor of a loss of classes gives classes and their probabilities. lib/evaluate/plans.ts has
// the same numbers.
enum Scores : int64_t {
  kNoScores = 0,          // it does not, or they are not wanted
  kPlainScores = 1,       // a score per class, of which the largest is the class; no probabilities
  kLogits = 2,            // the same; softmax gives probabilities
  kLogProbabilities = 3,  // the same; exp gives probabilities
  kProbabilities = 4,     // the probability of class 1 of two
  kBinaryLogits = 5,      // the same before the sigmoid
};

// Whether there is a score per class.
inline bool has_class_scores(Scores scores) {
  return scores == kPlainScores || scores == kLogits || scores == kLogProbabilities;
}

struct Settings {
  Layout layout = kElements;
  Weighing weighing = kCount;
  int64_t inputs = 0;
  int64_t ignore_index = 0;    // one that no target has, for losses without the option
  int64_t part = 0;            // elements at a time, more if one sample has more
  int64_t worst = 0;           // the number of worst samples to report
  double first = 0;            // the index of the first sample
  bool means = false;          // whether a sample's loss is the mean of its elements rather than their sum
  bool wants_samples = false;  // whether the sums of each sample are returned
  bool wants_right = false;    // whether to count targets whose class has the largest score
  Scores scores = kNoScores;   // whether the classes of all targets are returned, and how they are found
  bool on_cpu = true;
  int64_t wanted = 0;  // the inputs whose gradients are wanted, one bit each
  double count = 0;    // the number of losses, if each counts as 1
  bool divides =
      false;  // whether gradients are divided by the weight, rather than scaled by its inverse from the start

  static Settings read(Environment& environment, napi_value object) {
    const napi_env env = environment.env;
    const auto value = [&](const char* name) {
      napi_value property = nullptr;
      check(napi_get_named_property(env, object, name, &property));
      return property;
    };
    const auto integer = [&](const char* name) { return Read<int64_t>::from(environment, value(name), 2); };
    const auto flag = [&](const char* name) { return Read<bool>::from(environment, value(name), 2); };
    Settings settings;
    settings.layout = static_cast<Layout>(integer("layout"));
    settings.weighing = static_cast<Weighing>(integer("weighing"));
    settings.inputs = integer("inputs");
    settings.ignore_index = integer("ignore_index");
    settings.part = integer("part");
    settings.worst = integer("worst");
    settings.first = Read<double>::from(environment, value("first"), 2);
    settings.means = flag("means");
    settings.wants_samples = flag("wants_samples");
    settings.wants_right = flag("wants_right");
    settings.scores = static_cast<Scores>(integer("scores"));
    settings.on_cpu = flag("on_cpu");
    settings.wanted = integer("wanted");
    settings.count = Read<double>::from(environment, value("count"), 2);
    settings.divides = flag("divides");
    return settings;
  }
};

}  // namespace torchloss
