// Why a call fits no signature.
#include <algorithm>
#include <sstream>

#include "node/values.h"
#include "tensor/signature.h"

namespace torchloss {

using Kind = Given::Kind;

void Signature::check_names(const Arguments& arguments) const {
  size_t places = 0;
  std::string names;
  for (const Parameter& parameter : parameters_) {
    if (!parameter.keyword_only && !parameter.writes && places++ < arguments.positional &&
        arguments.named(parameter.name) != nullptr) {
      wrong_value(parameter.name, "one value", "a positional and a named one");
    }
    names += (names.empty() ? "" : ", ") + parameter.name;
  }
  if (places < arguments.positional && !takes_rest(arguments)) {
    wrong_type(schema().name(),
               "at most " + std::to_string(places) +
                   (places == 1 ? " positional argument" : " positional arguments"),
               std::to_string(arguments.positional));
  }
  for (const std::string& key : arguments.names) {
    const bool known =
        std::any_of(parameters_.begin(), parameters_.end(), [&key](const Parameter& parameter) {
          return parameter.name == key || (parameter.writes && key == "out");
        });
    if (!known && !(factory_ && key == "requires_grad")) {
      wrong_type(key, "an argument of " + schema().name() + " (" + names + ")", "an unknown name");
    }
  }
}

Mismatch Signature::explain(Environment& environment, const Arguments& arguments) const {
  int64_t fitting = -1;
  try {
    check_names(arguments);
    Found found;
    bool rest = false;
    find(arguments, found, rest);
    fitting = 0;
    for (size_t i = 0; i < found.size(); ++i) {
      const Parameter& parameter = parameters_[i];
      const Given& given = *found[i];
      const std::string& name = parameter.name;
      if (accepts(environment, parameter, given)) {
        ++fitting;
        continue;
      }
      if (given.kind == Kind::kAbsent) wrong_type(name, expected_of(*parameter.argument), "nothing");
      // Its error names the schema's argument.
      try {
        to_ivalue(environment, Napi::Value(environment.env, given.value), *parameter.argument,
                  parameter.takes_number);
      } catch (const ArgumentError& error) {
        if (error.kind == ArgumentError::Kind::kRange) wrong_value(name, error.expected, error.got);
        wrong_type(name, error.expected, error.got);
      }
      wrong_type(name, expected_of(*parameter.argument), "a value of another type");
    }
    wrong_type(schema().name(), "other arguments", "these");
  } catch (const ArgumentError& error) {
    return {schema(), fitting, error};
  }
}

void no_signature_fits(const std::string& name, const std::vector<Mismatch>& mismatches) {
  int64_t best = -1;
  for (const Mismatch& mismatch : mismatches) best = std::max(best, mismatch.fitting);
  std::vector<const Mismatch*> closest;
  for (const Mismatch& mismatch : mismatches) {
    if (mismatch.fitting == best) closest.push_back(&mismatch);
  }
  const ArgumentError& first = closest.front()->error;
  const bool alike = std::all_of(closest.begin(), closest.end(), [&first](const Mismatch* mismatch) {
    return mismatch->error.kind == first.kind && mismatch->error.parameter == first.parameter &&
           mismatch->error.got == first.got;
  });
  if (alike) {
    std::ostringstream expected;
    std::vector<std::string> seen;
    for (const Mismatch* mismatch : closest) {
      const std::string& text = mismatch->error.expected;
      if (std::find(seen.begin(), seen.end(), text) != seen.end()) continue;
      expected << (seen.empty() ? "" : " or ") << text;
      seen.push_back(text);
    }
    throw ArgumentError(first.kind, first.parameter, expected.str(), first.got);
  }
  std::ostringstream list;
  for (const Mismatch* mismatch : closest) {
    const ArgumentError& error = mismatch->error;
    list << "\n  " << mismatch->schema << "\n    " << error.parameter << ": expected " << error.expected
         << ", got " << error.got;
  }
  wrong_type(name, "arguments of one of its overloads", "none that fits:" + list.str());
}

}  // namespace torchloss
