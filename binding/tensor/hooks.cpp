// Hooks: functions of JavaScript's that a backward pass calls with gradients, and nodes of the graph that are
// such a function.
#include "tensor/hooks.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/variable.h>

#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "node/changes.h"

namespace torchloss {

namespace {

using torch::autograd::Node;
using torch::autograd::variable_list;

// A function of JavaScript's, kept until the last part of a graph that may call it is gone, on whatever
// thread.
class Callback {
 public:
  Callback(Environment& environment, napi_value function)
      : environment_(environment), releases_(environment.releases), thread_(std::this_thread::get_id()) {
    check(napi_create_reference(environment.env, function, 1, &reference_));
  }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() { releases_->add(reference_); }

  // Calls it with a list of gradients, of which some may be undefined; gives what it gives in their place.
  variable_list operator()(const variable_list& gradients) const {
    if (std::this_thread::get_id() != thread_) {
      throw CodedError(
          "ERR_NOT_IMPLEMENTED",
          "hooks are JavaScript, which a backward pass can call only on its own thread and on the CPU: "
          "call backward(), not backwardAsync()");
    }
    napi_env env = environment_.env;
    napi_handle_scope scope = nullptr;
    check(napi_open_handle_scope(env, &scope));
    const auto close = [env](napi_handle_scope__* scope) { napi_close_handle_scope(env, scope); };
    const std::unique_ptr<napi_handle_scope__, decltype(close)> guard(scope, close);
    napi_value function = nullptr;
    napi_value undefined = nullptr;
    napi_value result = nullptr;
    check(napi_get_reference_value(env, reference_, &function));
    check(napi_get_undefined(env, &undefined));
    napi_value argument = write(environment_, std::vector<at::Tensor>(gradients));
    // An exception stays pending, and is what the call of `backward` then throws.
    check(napi_call_function(env, undefined, function, 1, &argument, &result));
    if (is_absent(env, result)) return gradients;
    variable_list changed;
    for (const OptionalTensor& item : Read<std::vector<OptionalTensor>>::from(environment_, result, 0)) {
      changed.push_back(item.has_value() ? *item : at::Tensor());
    }
    return changed;
  }

 private:
  Environment& environment_;
  const std::shared_ptr<Releases> releases_;
  const std::thread::id thread_;
  napi_ref reference_ = nullptr;
};

// Has `function` called with the gradient of a tensor; gives the number under which it is removed.
int64_t add_hook(Environment& environment, const at::Tensor& tensor, napi_value function) {
  const auto callback = std::make_shared<Callback>(environment, function);
  return tensor.register_hook(
      [callback](const at::Tensor& gradient) { return (*callback)({gradient}).at(0); });
}

void remove_hook(const at::Tensor& tensor, int64_t hook) { tensor.remove_hook(static_cast<unsigned>(hook)); }

#if TORCHLOSS_TORCH >= TORCHLOSS_SINCE_ACCUMULATED_HOOKS
class AfterAccumulation : public torch::autograd::PostAccumulateGradHook {
 public:
  explicit AfterAccumulation(std::shared_ptr<Callback> callback) : callback_(std::move(callback)) {}
  void operator()(const torch::autograd::Variable& tensor) override { (*callback_)({tensor}); }

 private:
  const std::shared_ptr<Callback> callback_;
};

// Has `function` called with a leaf once its gradient is added up; it takes the place of an earlier one.
void set_accumulated_hook(Environment& environment, const at::Tensor& tensor, napi_value function) {
  auto callback = std::make_shared<Callback>(environment, function);
  torch::autograd::impl::set_post_acc_grad_hooks(tensor,
                                                 std::make_unique<AfterAccumulation>(std::move(callback)));
}
#else
void set_accumulated_hook(Environment&, const at::Tensor&, napi_value) {
  throw CodedError("ERR_NOT_IMPLEMENTED", "register_post_accumulate_grad_hook: LibTorch " TORCH_VERSION
                                          " has no such hooks; 2.1 has");
}
#endif

// A node whose backward pass is a function of JavaScript's.
class CallbackNode : public Node {
 public:
  CallbackNode(std::string name, std::unique_ptr<Callback> callback, torch::autograd::edge_list&& edges)
      : Node(std::move(edges)), name_(std::move(name)), callback_(std::move(callback)) {}

  std::string name() const override { return name_; }

  variable_list apply(variable_list&& gradients) override {
    variable_list results = (*callback_)(gradients);
    if (results.size() != num_outputs()) {
      throw CodedError("ERR_TORCH", name_ + ": expected " + std::to_string(num_outputs()) +
                                        " gradients, got " + std::to_string(results.size()));
    }
    return results;
  }

 private:
  const std::string name_;
  const std::unique_ptr<Callback> callback_;
};

// A node as the graph holds it: by a pointer of LibTorch's own in newer versions, by a shared one in older.
template <typename Held>
struct NodeMaker {
  template <typename... Arguments>
  static Held make(Arguments&&... arguments) {
    return c10::make_intrusive<CallbackNode>(std::forward<Arguments>(arguments)...);
  }
};

template <>
struct NodeMaker<std::shared_ptr<Node>> {
  template <typename... Arguments>
  static std::shared_ptr<Node> make(Arguments&&... arguments) {
    return {new CallbackNode(std::forward<Arguments>(arguments)...), [](auto* node) { deleteNode(node); }};
  }
};

using HeldNode = std::decay_t<decltype(std::declval<at::Tensor>().grad_fn())>;

// `outputs` as tensors that depend on `inputs` by a node called `name`, whose backward pass `function` is: it
// gets the gradients of the outputs and gives those of the inputs.
std::vector<at::Tensor> custom_node(Environment& environment, const std::string& name,
                                    const std::vector<at::Tensor>& inputs,
                                    const std::vector<at::Tensor>& outputs, napi_value function) {
  const HeldNode node = NodeMaker<HeldNode>::make(name, std::make_unique<Callback>(environment, function),
                                                  torch::autograd::collect_next_edges(inputs));
  std::vector<at::Tensor> results;
  for (const at::Tensor& output : outputs) {
    at::Tensor result = output.detach();
    torch::autograd::set_history(result, node);
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace

const std::vector<Entry> kHooks = {
    {"add_hook", method<&add_hook>},
    {"remove_hook", method<&remove_hook>},
    {"set_accumulated_hook", method<&set_accumulated_hook>},
    {"custom_node", method<&custom_node>},
};

}  // namespace torchloss
