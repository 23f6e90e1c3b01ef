// One overload of an operator as a signature: what it takes, whether a call fits, and the stack for it.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>
#include <c10/util/SmallVector.h>

#include <string>
#include <vector>

#include "tensor/given.h"
#include "tensor/operator_checks.h"

namespace torchloss {

// The rules by which arguments are named and read.
enum class Style : uint8_t {
  kOperator,  // the schema's, as in torch.ops.aten
  kFunction,  // those of Python's parser for torch functions, which calls `self` `input`
  kMethod,    // the same for methods, whose first argument is the tensor itself
};

// The name of an argument in that style.
inline const std::string& parameter_name(const c10::Argument& argument, Style style) {
  static const std::string& input = *new std::string("input");
  return style == Style::kFunction && argument.name() == "self" ? input : argument.name();
}

// The arguments of a call: positional values, then named ones.
struct Arguments {
  c10::SmallVector<Given, 6> values;
  size_t positional = 0;
  std::vector<std::string> names;

  const Given* named(const std::string& name) const;
};

// Why a call does not fit a signature, and how many arguments fit: -1 if their number or names do not.
struct Mismatch {
  const c10::FunctionSchema& schema;
  int64_t fitting;
  ArgumentError error;
};

// Whether a name is one of the options of a new tensor, which an `out` already determines.
bool is_tensor_option(const std::string& name);

// What a call of an operator has to see to beside the call itself, found out once.
struct Duties {
  explicit Duties(const c10::FunctionSchema& schema);

  OperatorCheck check = nullptr;  // of the arguments
  bool writes = false;            // into some of them
  bool may_change = false;        // what some of them contain: it writes into them, or takes lists of such
  bool small_alone = false;       // whether small calls are for one thread: see lanes/small_calls.h
  bool gives_dtype = false;
  bool names_results = false;
};

class Signature {
 public:
  // `order` lists the arguments in an order that differs from the schema's, for deprecated signatures.
  Signature(c10::OperatorHandle op, Style style, const std::vector<std::string>& order = {});

  // Whether a call fits; if so, `stack` is what to call the operator with.
  bool read(Environment& environment, const Arguments& arguments, torch::jit::Stack& stack) const;

  // Why a call does not fit.
  Mismatch explain(Environment& environment, const Arguments& arguments) const;

  const c10::OperatorHandle& op() const { return op_; }
  const c10::FunctionSchema& schema() const { return op_.schema(); }
  // Whether it makes new tensors from `dtype` and the like, and so takes `requires_grad`.
  bool is_factory() const { return factory_; }
  const Duties& duties() const { return duties_; }

 private:
  enum class Type : uint8_t {
    kTensor,
    kTensors,
    kOptionalTensors,
    kNumber,
    kInteger,
    kFloat,
    kBoolean,
    kString,
    kDType,
    kDevice,
    kIntegers,
    kFloats,
    kBooleans,
    kNumbers,
    kOther,
  };

  struct Parameter {
    std::string name;
    const c10::Argument* argument = nullptr;
    size_t place = 0;  // in the schema
    Type type = Type::kOther;
    bool optional = false;
    bool keyword_only = false;
    bool takes_number = false;  // instead of a tensor
    bool writes = false;        // an `out`
    int32_t repeats = 0;        // the length of the list that one number stands for
    bool fixed = false;         // a list that LibTorch reads without looking for its length
  };

  using Found = c10::SmallVector<const Given*, 12>;

  static Type type_of(const c10::TypePtr& type);
  bool find(const Arguments& arguments, Found& found, bool& rest) const;
  bool means_all(const Parameter& parameter) const;
  bool accepts(Environment& environment, const Parameter& parameter, const Given& given) const;
  c10::IValue convert(Environment& environment, const Parameter& parameter, const Given& given) const;
  bool takes_rest(const Arguments& arguments) const;
  void check_names(const Arguments& arguments) const;

  c10::OperatorHandle op_;
  Duties duties_;
  Style style_;
  std::vector<Parameter> parameters_;
  size_t outs_ = 0;    // the number of `out` tensors
  bool rest_ = false;  // sizes may be given one by one
  bool factory_ = false;
};

// Throws one error for a call that fits no signature: for the closest signatures, what the one argument
// should have been, or a list of all of them.
[[noreturn]] void no_signature_fits(const std::string& name, const std::vector<Mismatch>& mismatches);

}  // namespace torchloss
