// Constants in traces that come from the inputs' sizes; see lib/jit/sizes.ts.
#include <ATen/ops/equal.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <numeric>
#include <unordered_map>

#include "jit/script.h"

namespace torchloss {

namespace jit {

namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

// How much longer the variants of an axis are: lib/jit/sizes.ts has the same.
constexpr int64_t kSteps[] = {1, 2};
constexpr size_t kVariants = std::size(kSteps);

// A dimension of an input that may have any size.
struct Axis {
  int64_t input;
  int64_t dim;
  int64_t size;
};

enum Verdict : int64_t { kFollowed = 0, kKept = 1, kBranches = 2 };

std::shared_ptr<Graph> graph_of(const Script& script) { return script.module.get_method("forward").graph(); }

std::vector<Node*> nodes_of(const Graph& graph) {
  std::vector<Node*> nodes;
  for (const Node* node : graph.nodes()) nodes.push_back(const_cast<Node*>(node));
  return nodes;
}

// The order of a graph's values, to compare which of them nodes take.
std::unordered_map<const Value*, size_t> order_of(const Graph& graph) {
  std::unordered_map<const Value*, size_t> order;
  for (const Value* input : graph.inputs()) order.emplace(input, order.size());
  for (const Node* node : graph.nodes())
    for (const Value* output : node->outputs()) order.emplace(output, order.size());
  return order;
}

bool same_constant(const c10::IValue& a, const c10::IValue& b) {
  if (a.isTensor() && b.isTensor()) {
    const at::Tensor &first = a.toTensor(), &second = b.toTensor();
    return first.defined() == second.defined() &&
           (!first.defined() || (first.sizes() == second.sizes() && first.dtype() == second.dtype() &&
                                 first.device() == second.device() && at::equal(first, second)));
  }
  // As text, so that a NaN is itself.
  return a.tagKind() == b.tagKind() && c10::str(a) == c10::str(b);
}

// The integer that a constant is, or is as a tensor, which numbers beside tensors become.
optional<int64_t> integer_of(const c10::IValue& value) {
  if (value.isInt()) return value.toInt();
  if (!value.isTensor()) return {};
  const at::Tensor& tensor = value.toTensor();
  const bool plain =
      tensor.defined() && tensor.dim() == 0 && tensor.is_cpu() && tensor.scalar_type() == at::kLong;
  if (!plain) return {};
  return tensor.item().toLong();
}

// What is learned from the variants about one constant of the trace.
struct Found {
  Node* node;
  int64_t value;
  std::vector<std::pair<size_t, std::array<int64_t, kVariants>>> axes;  // on which it depends, and its values
};

class Comparison {
 public:
  Comparison(Graph& base, std::vector<Axis> axes)
      : base_(base), nodes_(nodes_of(base)), order_(order_of(base)), axes_(std::move(axes)) {
    verdicts_.resize(axes_.size(), kFollowed);
  }

  // Compares the trace with those that are longer along one axis.
  void add(size_t axis, const std::array<std::shared_ptr<Graph>, kVariants>& variants) {
    std::unordered_map<Node*, std::array<int64_t, kVariants>> values;
    for (size_t at = 0; at < kVariants; ++at) {
      if (!compare(axis, *variants[at], at, values)) {
        verdicts_[axis] = kBranches;
        return;
      }
    }
    for (const auto& [node, seen] : values) {
      auto found = std::find_if(found_.begin(), found_.end(), [&](const Found& f) { return f.node == node; });
      if (found == found_.end()) {
        found_.push_back({node, *integer_of(*torch::jit::toIValue(node->output())), {}});
        found = found_.end() - 1;
      }
      found->axes.emplace_back(axis, seen);
    }
  }

  // Puts sizes in the constants' place where they are understood, and says of each axis what came of it.
  const std::vector<int64_t>& follow() {
    for (const Found& found : found_) {
      Value* value = found.axes.size() == 1 ? line(found) : product(found);
      if (value != nullptr) {
        if (torch::jit::toIValue(found.node->output())->isTensor()) {
          const torch::jit::WithInsertPoint point(found.node);
          value = base_.insert(c10::prim::NumToTensor, {value});
        }
        found.node->output()->replaceAllUsesWith(value);
        found.node->destroy();
        continue;
      }
      for (const auto& [axis, seen] : found.axes)
        if (verdicts_[axis] == kFollowed) verdicts_[axis] = kKept;
    }
    return verdicts_;
  }

 private:
  bool compare(size_t axis, Graph& variant, size_t at,
               std::unordered_map<Node*, std::array<int64_t, kVariants>>& values) {
    const std::vector<Node*> others = nodes_of(variant);
    if (others.size() != nodes_.size()) return false;
    const auto order = order_of(variant);
    for (size_t i = 0; i < nodes_.size(); ++i) {
      Node *own = nodes_[i], *other = others[i];
      if (own->kind() != other->kind() || own->inputs().size() != other->inputs().size() ||
          own->outputs().size() != other->outputs().size()) {
        return false;
      }
      for (size_t k = 0; k < own->inputs().size(); ++k) {
        if (order_.at(own->inputs()[k]) != order.at(other->inputs()[k])) return false;
      }
      if (own->kind() == c10::prim::GetAttr && own->s(c10::attr::name) != other->s(c10::attr::name))
        return false;
      if (own->kind() == c10::prim::Constant) note(axis, own, other, at, values);
    }
    return true;
  }

  void note(size_t axis, Node* own, const Node* other, size_t at,
            std::unordered_map<Node*, std::array<int64_t, kVariants>>& values) {
    const auto mine = torch::jit::toIValue(own->output());
    const auto theirs = torch::jit::toIValue(other->output());
    if (!mine.has_value() || !theirs.has_value()) return;
    const bool known = values.count(own) != 0;
    if (!known && same_constant(*mine, *theirs)) return;
    const auto own_number = integer_of(*mine), other_number = integer_of(*theirs);
    if (mine->tagKind() != theirs->tagKind() || !own_number.has_value() || !other_number.has_value()) {
      if (verdicts_[axis] == kFollowed) verdicts_[axis] = kKept;
      return;
    }
    if (!known) values[own].fill(*own_number);
    values[own][at] = *other_number;
  }

  Value* size(size_t axis, Node* before) {
    const torch::jit::WithInsertPoint point(before);
    // The module itself comes first.
    return base_.insert(c10::aten::size,
                        {base_.inputs().at(static_cast<size_t>(axes_[axis].input) + 1), axes_[axis].dim});
  }

  Value* combine(c10::Symbol op, Value* value, int64_t number, int64_t neutral, Node* before) {
    if (number == neutral) return value;
    const torch::jit::WithInsertPoint point(before);
    return base_.insert(op, {value, number});
  }

  // A multiple of a size, and a number.
  Value* line(const Found& found) {
    const auto& [axis, seen] = found.axes.front();
    const int64_t slope = seen[0] - found.value;
    if (seen[1] - seen[0] != slope) return nullptr;
    Value* scaled = combine(c10::aten::mul, size(axis, found.node), slope, 1, found.node);
    return combine(c10::aten::add, scaled, found.value - slope * axes_[axis].size, 0, found.node);
  }

  // A multiple of several sizes, or a part of it.
  Value* product(const Found& found) {
    int64_t over = found.value, under = 1;
    for (const auto& [axis, seen] : found.axes) {
      const int64_t length = axes_[axis].size;
      for (size_t at = 0; at < kVariants; ++at)
        if (seen[at] * length != found.value * (length + kSteps[at])) return nullptr;
      under *= length;
    }
    const int64_t common = std::gcd(over, under);
    Value* value = nullptr;
    for (const auto& [axis, seen] : found.axes) {
      Value* next = size(axis, found.node);
      const torch::jit::WithInsertPoint point(found.node);
      value = value == nullptr ? next : base_.insert(c10::aten::mul, {value, next});
    }
    value = combine(c10::aten::mul, value, over / common, 1, found.node);
    return combine(c10::aten::floordiv, value, under / common, 1, found.node);
  }

  Graph& base_;
  const std::vector<Node*> nodes_;
  const std::unordered_map<const Value*, size_t> order_;
  const std::vector<Axis> axes_;
  std::vector<int64_t> verdicts_;
  std::vector<Found> found_;
};

// `variants` has those of each axis in turn, each axis is the number of an input, a dimension and its size.
std::vector<int64_t> follow_sizes(const Script& base, const std::vector<Script>& variants,
                                  const std::vector<std::vector<int64_t>>& given) {
  std::vector<Axis> axes;
  for (const auto& axis : given) axes.push_back({axis.at(0), axis.at(1), axis.at(2)});
  const std::shared_ptr<Graph> graph = graph_of(base);
  Comparison comparison(*graph, axes);
  for (size_t axis = 0; axis < axes.size(); ++axis) {
    std::array<std::shared_ptr<Graph>, kVariants> own;
    for (size_t at = 0; at < kVariants; ++at) own[at] = graph_of(variants.at(axis * kVariants + at));
    comparison.add(axis, own);
  }
  return comparison.follow();
}

}  // namespace

}  // namespace jit

const std::vector<Entry> kTraceSizes = {{"follow_sizes", method<&jit::follow_sizes>}};

}  // namespace torchloss
