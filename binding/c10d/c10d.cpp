#include "c10d/c10d.h"

#include "lanes/lane.h"

namespace {

constexpr const char* kNeeded = ": torch.distributed needs Linux and a LibTorch with Gloo, as PyTorch's are";

}  // namespace

#ifdef TORCHLOSS_GLOO

#include <ATen/Functions.h>

#include <map>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "c10d/group.h"
#include "c10d/reducer.h"

namespace torchloss {

namespace distributed {

// Their addresses are null with a LibTorch without Gloo: this folder's references to c10d and Gloo are weak,
// see CMakeLists.txt.
#define TORCHLOSS_WEAK(symbol) __asm__(symbol) __attribute__((weak, visibility("default")))
extern const char gloo_code TORCHLOSS_WEAK("_ZTVN4c10d16ProcessGroupGlooE");
extern const char reducer_code TORCHLOSS_WEAK("_ZN4c10d7ReducerD1Ev");
#undef TORCHLOSS_WEAK

namespace {

using Tensors = std::vector<at::Tensor>;

// The groups of all environments by their identifiers; a group that is still joining is null. They outlive
// the process's last code: the end of a group waits for its threads.
std::mutex groups_mutex;
auto& groups = *new std::map<int64_t, std::shared_ptr<Group>>;
int64_t last_group = 0;

void close_connections(int64_t id) {
  std::shared_ptr<Group> group;
  {
    const std::lock_guard<std::mutex> lock(groups_mutex);
    const auto found = groups.find(id);
    if (found != groups.end()) group = found->second;
  }
  if (group != nullptr) group->close_connections();
}

// An identifier for a group. When this environment ends, what waits for other ranks is ended first: lanes end
// with the call that runs on them.
int64_t reserve(Environment& environment) {
  const std::lock_guard<std::mutex> lock(groups_mutex);
  const int64_t id = ++last_group;
  const auto end = [](void* data) { close_connections(reinterpret_cast<int64_t>(data)); };
  check(napi_add_env_cleanup_hook(environment.env, end, reinterpret_cast<void*>(id)));
  groups.emplace(id, nullptr);
  return id;
}

// Joins a group, at the address or the file of its store.
void join(int64_t id, const std::string& host, int64_t port, bool serves, const std::string& file,
          const std::string& prefix, int64_t rank, int64_t size, int64_t timeout) {
  const std::chrono::milliseconds most(timeout);
  StorePointer store;
  if (file.empty()) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(port);
    options.isServer = serves;
    options.numWorkers = static_cast<size_t>(size);
    options.timeout = most;
    // Also where an agent serves the store: then no rank waits for the others here.
    options.multiTenant = prefix.empty();
    store = c10::make_intrusive<c10d::TCPStore>(host, options);
  } else {
    store = c10::make_intrusive<c10d::FileStore>(file, static_cast<int>(size));
  }
  store->setTimeout(most);
  if (!prefix.empty()) store = c10::make_intrusive<c10d::PrefixStore>(prefix, store);
  store = c10::make_intrusive<c10d::PrefixStore>("default_pg", store);
  auto group = std::make_shared<Group>(store, static_cast<int>(rank), static_cast<int>(size), most);
  const std::lock_guard<std::mutex> lock(groups_mutex);
  groups[id] = std::move(group);
}

// Leaves a group. What other ranks still expect of this one fails there.
void leave(int64_t id) {
  std::shared_ptr<Group> group;
  const std::lock_guard<std::mutex> lock(groups_mutex);
  const auto found = groups.find(id);
  if (found == groups.end()) return;
  group = std::move(found->second);
  groups.erase(found);
}

c10d::ReduceOp reduction(const std::string& name) {
  static const std::map<std::string, c10d::ReduceOp::RedOpType> kNames = {
      {"SUM", c10d::ReduceOp::SUM}, {"AVG", c10d::ReduceOp::AVG},   {"PRODUCT", c10d::ReduceOp::PRODUCT},
      {"MIN", c10d::ReduceOp::MIN}, {"MAX", c10d::ReduceOp::MAX},   {"BAND", c10d::ReduceOp::BAND},
      {"BOR", c10d::ReduceOp::BOR}, {"BXOR", c10d::ReduceOp::BXOR},
  };
  const auto found = kNames.find(name);
  if (found == kNames.end()) wrong_value("op", "a ReduceOp", name);
  return c10d::ReduceOp(found->second);
}

// Complex numbers travel as pairs of real ones, as in Python.
Tensors as_real(const Tensors& tensors) {
  Tensors real;
  for (const at::Tensor& tensor : tensors) {
    real.push_back(tensor.is_complex() ? at::view_as_real(tensor.detach()) : tensor.detach());
  }
  return real;
}

// One call of all ranks. `outputs` get its results; what it needs of other values depends on the call.
void collective(int64_t id, const std::string& name, const std::string& op, int64_t peer, int64_t tag,
                const Tensors& given_outputs, const Tensors& given_inputs) {
  const at::NoGradGuard no_grad;
  const auto group = group_of(id);
  const int root = static_cast<int>(peer);
  Tensors outputs = as_real(given_outputs);
  Tensors inputs = as_real(given_inputs);
  std::string call = name;
  if (!op.empty()) call += " (" + op + ")";
  if (name == "send" || name == "recv") {
    call = "a transfer of " + describe(outputs.at(0)) + " with tag " + std::to_string(tag);
    group->verify_with(root, call);
  } else {
    if (root >= 0) call += " with root " + std::to_string(root);
    if (name != "barrier") {
      // A rank that is not the root gives only its part.
      call += " of " + describe(inputs.empty() ? outputs.at(0) : inputs.front());
    }
    group->verify(call);
  }

  const GlooPointer gloo = group->gloo();
  c10::intrusive_ptr<c10d::Work> work;
  if (name == "all_reduce") {
    c10d::AllreduceOptions options;
    options.reduceOp = reduction(op);
    work = gloo->allreduce(outputs, options);
  } else if (name == "reduce") {
    c10d::ReduceOptions options;
    options.reduceOp = reduction(op);
    options.rootRank = root;
    work = gloo->reduce(outputs, options);
  } else if (name == "broadcast") {
    c10d::BroadcastOptions options;
    options.rootRank = root;
    work = gloo->broadcast(outputs, options);
  } else if (name == "all_gather") {
    std::vector<Tensors> lists = {outputs};
    work = gloo->allgather(lists, inputs);
  } else if (name == "all_gather_into_tensor") {
    work = gloo->_allgather_base(outputs.at(0), inputs.at(0));
  } else if (name == "gather") {
    std::vector<Tensors> lists;
    if (group->rank == root) lists.push_back(outputs);
    c10d::GatherOptions options;
    options.rootRank = root;
    work = gloo->gather(lists, inputs, options);
  } else if (name == "scatter") {
    std::vector<Tensors> lists;
    if (group->rank == root) lists.push_back(inputs);
    c10d::ScatterOptions options;
    options.rootRank = root;
    work = gloo->scatter(outputs, lists, options);
  } else if (name == "reduce_scatter") {
    std::vector<Tensors> lists = {inputs};
    c10d::ReduceScatterOptions options;
    options.reduceOp = reduction(op);
    work = gloo->reduce_scatter(outputs, lists, options);
  } else if (name == "send") {
    work = gloo->send(outputs, root, static_cast<int>(tag));
  } else if (name == "recv") {
    work = gloo->recv(outputs, root, static_cast<int>(tag));
  } else {
    work = gloo->barrier();
  }
  work->wait();
}

// Whether all ranks are torchloss.
bool is_uniform(int64_t id) { return group_of(id)->verifies(); }

std::string problem() {
  if (&gloo_code != nullptr && &reducer_code != nullptr) return {};
  return std::string("this LibTorch was built without Gloo") + kNeeded;
}

}  // namespace

std::shared_ptr<Group> group_of(int64_t id) {
  const std::lock_guard<std::mutex> lock(groups_mutex);
  const auto found = groups.find(id);
  if (found != groups.end() && found->second != nullptr) return found->second;
  throw CodedError("ERR_NOT_INITIALIZED", "the process group has been destroyed");
}

}  // namespace distributed

const std::vector<Entry> kDistributed = {
    {"c10d_problem", method<&distributed::problem>},
    {"c10d_reserve", method<&distributed::reserve>},
    {"c10d_join", method<&distributed::join>, deferred_method<&distributed::join>},
    {"c10d_leave", method<&distributed::leave>, deferred_method<&distributed::leave>},
    {"c10d_is_uniform", method<&distributed::is_uniform>},
    {"c10d_collective", method<&distributed::collective>, deferred_method<&distributed::collective>},
    {"ddp_open", method<&distributed::open_reducer>, deferred_method<&distributed::open_reducer>},
    {"ddp_close", method<&distributed::close_reducer>},
    {"ddp_before_forward", method<&distributed::before_forward>,
     deferred_method<&distributed::before_forward>},
    {"ddp_after_forward", method<&distributed::after_forward>},
};

}  // namespace torchloss

#else

namespace torchloss {

namespace {

std::string problem() { return std::string("the addon was built without Gloo") + kNeeded; }

}  // namespace

const std::vector<Entry> kDistributed = {{"c10d_problem", method<&problem>}};

}  // namespace torchloss

#endif
