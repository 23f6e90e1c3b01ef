#ifdef TORCHLOSS_GLOO

#include "c10d/reducer.h"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/engine.h>

#include <atomic>
#include <limits>
#include <map>
#include <torch/csrc/distributed/c10d/comm.hpp>
#include <torch/csrc/distributed/c10d/logger.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>
#include <type_traits>

#include "c10d/group.h"
#include "node/changes.h"
#include "node/errors.h"

namespace torchloss {

namespace distributed {

namespace {

using Tensors = std::vector<at::Tensor>;
using ProcessGroup = c10d::ProcessGroup;

constexpr int64_t kMiB = 1024 * 1024;
constexpr int64_t kDefaultBucketMiB = 25;
// As in Python's DistributedDataParallel.
constexpr size_t kBroadcastBytes = 250 * kMiB;

struct Replica {
  std::shared_ptr<Group> group;
  GlooPointer gloo;
  c10::intrusive_ptr<ProcessGroup> process_group;
  std::shared_ptr<c10d::Reducer> reducer;
  std::string name;
  bool finds_unused = false;
  bool is_static = false;
  std::atomic<bool> has_delayed{false};  // with a static graph, in the first backward pass
  bool joins = false;
  bool divides_by_all = true;
  bool throws_early = false;
};

std::mutex replicas_mutex;
auto& replicas = *new std::map<int64_t, std::shared_ptr<Replica>>;  // for as long as groups live
int64_t last_replica = 0;

std::shared_ptr<Replica> replica_of(int64_t id) {
  const std::lock_guard<std::mutex> lock(replicas_mutex);
  const auto found = replicas.find(id);
  if (found != replicas.end()) return found->second;
  throw CodedError("ERR_DISPOSED", "DistributedDataParallel: it has been disposed");
}

// Before LibTorch 2 a backend is a process group; since then one is made of backends. Up to 2.5 the options
// of a process group name its default backend, and from 2.6 on a setter.
template <typename Backend, typename Whole = ProcessGroup>
c10::intrusive_ptr<Whole> process_group_of(const c10::intrusive_ptr<Backend>& backend, const Group& group) {
  if constexpr (std::is_base_of_v<Whole, Backend>) {
    return backend;
  } else {
    c10::intrusive_ptr<Whole> whole;
    if constexpr (std::is_constructible_v<Whole, decltype(group.store), int, int>) {
      whole = c10::make_intrusive<Whole>(group.store, group.rank, group.size);
      whole->setDefaultBackend(Whole::BackendType::GLOO);
    } else {
      auto options = c10::make_intrusive<typename Whole::Options>("gloo");
      whole = c10::make_intrusive<Whole>(group.store, group.rank, group.size, std::move(options));
    }
    whole->setBackend(c10::DeviceType::CPU, Whole::BackendType::GLOO, backend);
    return whole;
  }
}

using Buckets = std::vector<std::vector<size_t>>;

// The constructor's parameters differ between versions of LibTorch: up to 2.6 it takes the buckets' limits,
// from 2.8 on two switches, from 2.11 on also the caps of single buckets.
template <typename Reducer>
std::shared_ptr<Reducer> make_reducer(const Tensors& params, const Buckets& buckets,
                                      const std::vector<size_t>& limits,
                                      const c10::intrusive_ptr<ProcessGroup>& group,
                                      const std::vector<bool>& sparse, int64_t bucket_bytes, bool find_unused,
                                      bool grads_are_views,
                                      const std::unordered_map<size_t, std::string>& names,
                                      int64_t first_bytes) {
  const auto make = [&](auto... newer) {
    return std::make_shared<Reducer>(params, buckets, group, sparse, bucket_bytes, find_unused,
                                     grads_are_views, names, first_bytes, newer...);
  };
  using Names = std::unordered_map<size_t, std::string>;
  using Caps = std::vector<int64_t>;
  using Pointer = c10::intrusive_ptr<ProcessGroup>;
  using Flags = std::vector<bool>;
  if constexpr (std::is_constructible_v<Reducer, Tensors, Buckets, Pointer, Flags, int64_t, bool, bool, Names,
                                        int64_t, bool, bool, Caps>) {
    return make(false, false, Caps{});
  } else if constexpr (std::is_constructible_v<Reducer, Tensors, Buckets, Pointer, Flags, int64_t, bool, bool,
                                               Names, int64_t, bool, bool>) {
    return make(false, false);
  } else if constexpr (std::is_constructible_v<Reducer, Tensors, Buckets, Pointer, Flags, int64_t, bool, bool,
                                               Names, int64_t>) {
    return make();
  } else {
    return std::make_shared<Reducer>(params, buckets, limits, group, sparse, bucket_bytes, find_unused,
                                     grads_are_views, names, first_bytes);
  }
}

template <typename T>
std::vector<T> reversed(const std::vector<T>& values) {
  return {values.rbegin(), values.rend()};
}

c10::intrusive_ptr<c10d::Work> reduce_over(const Replica& replica, at::Tensor& value,
                                           c10d::ReduceOp::RedOpType op = c10d::ReduceOp::SUM) {
  Tensors values = {value};
  c10d::AllreduceOptions options;
  options.reduceOp = op;
  return replica.gloo->allreduce(values, options);
}

// The sum over all ranks.
double sum_over(const Replica& replica, double own) {
  at::Tensor value = at::full({1}, own, at::kFloat);
  reduce_over(replica, value)->wait();
  return value.item<double>();
}

// The last rank for which `is_candidate` holds.
int common_rank(const Replica& replica, bool is_candidate) {
  at::Tensor rank = at::full({1}, is_candidate ? replica.group->rank : -1, at::kLong);
  reduce_over(replica, rank, c10d::ReduceOp::MAX)->wait();
  return static_cast<int>(rank.item<int64_t>());
}

void broadcast_over(const Replica& replica, const Tensors& tensors, int root) {
  Tensors sent;
  for (const at::Tensor& tensor : tensors) sent.push_back(tensor.detach());
  if (!sent.empty()) c10d::broadcast_coalesced(replica.process_group, sent, kBroadcastBytes, root);
}

// Tells the ranks that have no inputs left of a forward pass here.
void tell_of_forward(Replica& replica) {
  at::Tensor one = at::ones({1});
  const auto work = reduce_over(replica, one);
  if (replica.throws_early && sum_over(replica, 0) != 0) {
    work->wait();
    throw CodedError("ERR_MISMATCH", "join: another rank has no inputs left");
  }
  replica.reducer->set_forward_pass_work_handle(work, replica.divides_by_all);
}

}  // namespace

int64_t open_reducer(int64_t group_id, const std::string& description, const Tensors& params,
                     const std::vector<std::string>& names, const std::vector<bool>& sparse,
                     const Tensors& states, double bucket_mb, bool find_unused, bool grads_are_views,
                     bool is_static) {
  const auto replica = std::make_shared<Replica>();
  replica->group = group_of(group_id);
  Group& group = *replica->group;
  std::string call = "DistributedDataParallel of " + description;
  for (const at::Tensor& state : states) call += ", " + describe(state);
  group.verify(call);
  int64_t id = 0;
  {
    const std::lock_guard<std::mutex> lock(replicas_mutex);
    id = ++last_replica;
  }
  // Its reductions come in the order of this module's passes, whatever else the program asks of the group.
  const int64_t number = group.store->add("torchloss/ddp/" + std::to_string(group.rank), 1);
  replica->name = "torchloss/ddp/" + std::to_string(number);
  replica->gloo = group.connect(replica->name);
  replica->process_group = process_group_of(replica->gloo, group);
  {
    const at::NoGradGuard no_grad;
    if (!states.empty()) c10d::verify_params_across_processes(replica->process_group, params, {});
    broadcast_over(*replica, states, 0);
  }
  const bool is_default = bucket_mb == 0;
  const auto bucket_bytes = static_cast<int64_t>((is_default ? kDefaultBucketMiB : bucket_mb) * kMiB);
  const int64_t first_bytes =
      is_default || !kFirstBucketTakesSize ? c10d::kDefaultFirstBucketBytes : bucket_bytes;
  std::vector<size_t> limits;
  if (!find_unused || is_static) {
    // All in one bucket, until the order of the gradients is known after the first backward pass.
    limits = {static_cast<size_t>(std::numeric_limits<int64_t>::max())};
  } else if (first_bytes < bucket_bytes || !kFirstBucketTakesSize) {
    limits = {static_cast<size_t>(first_bytes), static_cast<size_t>(bucket_bytes)};
  } else {
    limits = {static_cast<size_t>(bucket_bytes)};
  }
  const auto [buckets, bucket_limits] =
      c10d::compute_bucket_assignment_by_size(params, limits, sparse, {}, {});
  std::unordered_map<size_t, std::string> names_by_index;
  for (size_t i = 0; i < names.size(); ++i) names_by_index.emplace(i, names[i]);
  replica->reducer = make_reducer<c10d::Reducer>(params, reversed(buckets), reversed(bucket_limits),
                                                 replica->process_group, sparse, bucket_bytes, find_unused,
                                                 grads_are_views, names_by_index, first_bytes);
  replica->finds_unused = find_unused;
  replica->is_static = is_static;
  if (is_static) replica->reducer->set_static_graph();
  const std::lock_guard<std::mutex> lock(replicas_mutex);
  replicas.emplace(id, replica);
  return id;
}

void close_reducer(int64_t id) {
  std::shared_ptr<Replica> replica;
  const std::lock_guard<std::mutex> lock(replicas_mutex);
  const auto found = replicas.find(id);
  if (found == replicas.end()) return;
  replica = std::move(found->second);
  replicas.erase(found);
}

void before_forward(int64_t id, bool records, bool reduces, const Tensors& buffers) {
  const auto replica = replica_of(id);
  if (records && reduces) replica->reducer->prepare_for_forward();
  const at::NoGradGuard no_grad;
  if (replica->joins) tell_of_forward(*replica);
  if (records) {
    const at::AutoGradMode with_grad(true);
    replica->reducer->rebuild_buckets();
  }
  if (!buffers.empty()) {
    int root = 0;
    if (replica->joins) {
      // Rank 0 may have no inputs left, and old buffers.
      root = common_rank(*replica, true);
    } else {
      // Otherwise a rank that makes more forward passes than the others would send where they reduce.
      replica->group->verify("a forward pass of " + replica->name + " that sends " +
                             std::to_string(buffers.size()) + " buffers");
    }
    broadcast_over(*replica, buffers, root);
  }
  if (replica->joins) sum_over(*replica, reduces ? 1 : 0);
}

void after_forward(int64_t id, const Tensors& outputs) {
  const auto replica = replica_of(id);
  replica->reducer->prepare_for_backward(replica->is_static ? Tensors{} : outputs);
  if (!replica->is_static || replica->has_delayed) return;
  // The first backward pass only counts the uses of parameters, and all gradients are reduced at its end.
  const auto hook = [weak = std::weak_ptr<Replica>(replica)](const at::Tensor&) {
    const auto found = weak.lock();
    if (found == nullptr || found->has_delayed.exchange(true)) return;
    torch::autograd::Engine::get_default_engine().queue_callback(
        [reducer = found->reducer] { reducer->delay_all_reduce(); });
  };
  for (const at::Tensor& output : outputs) {
    if (output.requires_grad()) output.register_hook(hook);
  }
}

void begin_join(int64_t id, bool divides_by_all, bool throws_early) {
  const auto replica = replica_of(id);
  replica->group->verify("join of " + replica->name + (throws_early ? " that throws" : ""));
  replica->joins = true;
  replica->divides_by_all = divides_by_all;
  replica->throws_early = throws_early;
}

int64_t shadow(int64_t id, const Tensors& buffers) {
  const auto replica = replica_of(id);
  const at::NoGradGuard no_grad;
  if (sum_over(*replica, 0) == 0) return kAllJoined;
  if (replica->throws_early) {
    sum_over(*replica, 1);
    throw CodedError("ERR_MISMATCH", "join: this rank has no inputs left, and other ranks have");
  }
  replica->reducer->rebuild_buckets();
  if (!buffers.empty()) broadcast_over(*replica, buffers, common_rank(*replica, false));
  if (sum_over(*replica, 0) == 0) return kNoGradients;
  std::vector<c10::intrusive_ptr<c10::ivalue::Future>> reductions;
  for (c10d::GradBucket& bucket : replica->reducer->get_grad_buckets(true)) {
    reductions.push_back(replica->reducer->run_comm_hook(bucket));
  }
  for (const auto& reduction : reductions) reduction->waitAndThrow();
  if (replica->finds_unused) {
    at::Tensor used = replica->reducer->get_local_used_map_on_device();
    reduce_over(*replica, used)->wait();
  }
  replica->reducer->push_rebuilt_params_for_all_indices();
  return kGradients;
}

void end_join(int64_t id, bool completes, bool is_last, const Tensors& states) {
  const auto replica = replica_of(id);
  replica->joins = false;
  if (!completes) return;
  const at::NoGradGuard no_grad;
  broadcast_over(*replica, states, common_rank(*replica, is_last));
}

}  // namespace distributed

}  // namespace torchloss

#endif
