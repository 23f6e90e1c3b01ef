#ifdef TORCHLOSS_GLOO

#include "c10d/collectives.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <map>

#include "c10d/group.h"
#include "node/errors.h"
#include "node/values.h"

namespace torchloss {

namespace distributed {

namespace {

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
at::Tensor as_real(const at::Tensor& tensor) {
  return tensor.is_complex() ? at::view_as_real(tensor.detach()) : tensor.detach();
}

Tensors as_real(const Tensors& tensors) {
  Tensors real;
  for (const at::Tensor& tensor : tensors) real.push_back(as_real(tensor));
  return real;
}

// The elements that a tensor has for each rank: `splits` counts rows, and none means equal parts.
at::Tensor parts_of(const at::Tensor& tensor, const Sizes& splits, int size) {
  if (splits.empty()) return at::full({size}, tensor.numel() / size, at::kLong);
  const int64_t rows = std::max<int64_t>(tensor.size(0), 1);
  return at::tensor(splits, at::kLong) * (tensor.numel() / rows);
}

// Throws on every rank if one does not expect the sizes that another one sends it.
void verify_parts(Group& group, const at::Tensor& output, const at::Tensor& input, const Sizes& output_splits,
                  const Sizes& input_splits) {
  if (!group.verifies()) return;
  const int size = group.size;
  const auto all =
      group.verified(at::stack({parts_of(output, output_splits, size), parts_of(input, input_splits, size)}));
  for (int from = 0; from < size; ++from) {
    for (int to = 0; to < size; ++to) {
      const auto expected = all[to][0][from].item<int64_t>();
      const auto sent = all[from][1][to].item<int64_t>();
      if (expected == sent) continue;
      throw CodedError("ERR_MISMATCH", "all_to_all_single: rank " + std::to_string(from) + " sends " +
                                           std::to_string(sent) + " elements to rank " + std::to_string(to) +
                                           ", which expects " + std::to_string(expected));
    }
  }
}

std::string with_root(const std::string& name, int64_t root) {
  return root < 0 ? name : name + " with root " + std::to_string(root);
}

at::Tensor sizes_of(const Tensors& tensors) {
  at::Tensor sizes = at::empty({static_cast<int64_t>(tensors.size())}, at::kLong);
  for (size_t i = 0; i < tensors.size(); ++i) sizes.data_ptr<int64_t>()[i] = tensors[i].numel();
  return sizes;
}

at::Tensor padded(const at::Tensor& bytes, int64_t size) {
  at::Tensor room = at::zeros({size}, at::kByte);
  room.narrow(0, 0, bytes.numel()).copy_(bytes);
  return room;
}

// Bytes of each rank with sizes of their own: on all ranks, or on the root alone.
Tensors gather_bytes(Group& group, const at::Tensor& own, int root) {
  const at::Tensor sizes = at::stack(group.verified(sizes_of({own}))).flatten();
  const auto most = sizes.max().item<int64_t>();
  const bool receives = root < 0 || group.rank == root;
  std::vector<Tensors> lists;
  if (receives) {
    lists.emplace_back();
    for (int i = 0; i < group.size; ++i) lists[0].push_back(at::empty({most}, at::kByte));
  }
  Tensors inputs = {padded(own, most)};
  if (root < 0) {
    group.gloo()->allgather(lists, inputs)->wait();
  } else {
    c10d::GatherOptions options;
    options.rootRank = root;
    group.gloo()->gather(lists, inputs, options)->wait();
  }
  if (!receives) return {};
  Tensors received;
  for (int i = 0; i < group.size; ++i) received.push_back(lists[0][i].narrow(0, 0, sizes[i].item<int64_t>()));
  return received;
}

void broadcast(Group& group, at::Tensor tensor, int root) {
  Tensors tensors = {std::move(tensor)};
  c10d::BroadcastOptions options;
  options.rootRank = root;
  group.gloo()->broadcast(tensors, options)->wait();
}

// The root's bytes on all ranks.
Tensors broadcast_bytes(Group& group, const Tensors& given, int root, int64_t count) {
  const bool is_root = group.rank == root;
  const at::Tensor sizes = is_root ? sizes_of(given) : at::empty({count}, at::kLong);
  broadcast(group, sizes, root);
  const at::Tensor all = is_root ? at::cat(given) : at::empty({sizes.sum().item<int64_t>()}, at::kByte);
  broadcast(group, all, root);
  Tensors received;
  int64_t start = 0;
  for (int64_t i = 0; i < count; ++i) {
    const auto size = sizes[i].item<int64_t>();
    received.push_back(all.narrow(0, start, size));
    start += size;
  }
  return received;
}

// One of the root's bytes for each rank.
Tensors scatter_bytes(Group& group, const Tensors& given, int root) {
  const bool is_root = group.rank == root;
  const at::Tensor sizes = is_root ? sizes_of(given) : at::empty({group.size}, at::kLong);
  broadcast(group, sizes, root);
  const auto most = sizes.max().item<int64_t>();
  Tensors outputs = {at::empty({most}, at::kByte)};
  std::vector<Tensors> lists;
  if (is_root) {
    lists.emplace_back();
    for (const at::Tensor& bytes : given) lists[0].push_back(padded(bytes, most));
  }
  c10d::ScatterOptions options;
  options.rootRank = root;
  group.gloo()->scatter(outputs, lists, options)->wait();
  return {outputs[0].narrow(0, 0, sizes[group.rank].item<int64_t>())};
}

}  // namespace

void collective(int64_t id, const std::string& name, const std::string& op, int64_t root_rank,
                const Tensors& given_outputs, const Tensors& given_inputs, const Sizes& output_splits,
                const Sizes& input_splits) {
  const at::NoGradGuard no_grad;
  const auto group = group_of(id);
  const int root = static_cast<int>(root_rank);
  Tensors outputs = as_real(given_outputs);
  Tensors inputs = as_real(given_inputs);
  std::string call = name;
  if (!op.empty()) call += " (" + op + ")";
  call = with_root(call, root);
  if (name == "all_to_all_single") {
    call += " of " + dtype_name(inputs.at(0).scalar_type());
  } else if (name != "barrier") {
    // A rank that is not the root gives only its part.
    call += " of " + describe(inputs.empty() ? outputs.at(0) : inputs.front());
  }
  group->verify(call);

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
  } else if (name == "reduce_scatter_tensor") {
    c10d::ReduceScatterOptions options;
    options.reduceOp = reduction(op);
    work = gloo->_reduce_scatter_base(outputs.at(0), inputs.at(0), options);
  } else if (name == "all_to_all_single") {
    verify_parts(*group, outputs.at(0), inputs.at(0), output_splits, input_splits);
    Sizes output_rows = output_splits;
    Sizes input_rows = input_splits;
    work = gloo->alltoall_base(outputs.at(0), inputs.at(0), output_rows, input_rows);
  } else {
    work = gloo->barrier();
  }
  work->wait();
}

void monitored_barrier(int64_t id, int64_t timeout, bool wait_all_ranks) {
  const auto group = group_of(id);
  c10d::BarrierOptions options;
  options.timeout = std::chrono::milliseconds(timeout);
  try {
    group->gloo()->monitoredBarrier(options, wait_all_ranks);
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    const bool is_gone = message.find("Connection") != std::string::npos;
    throw CodedError(is_gone ? "ERR_CONNECTION" : "ERR_TIMEOUT", "monitored_barrier: " + message);
  }
}

int64_t transfer(int64_t id, bool sends, int64_t peer, int64_t tag, const at::Tensor& tensor) {
  const at::NoGradGuard no_grad;
  const auto group = group_of(id);
  Tensors tensors = {as_real(tensor)};
  const std::string call = "a transfer of " + describe(tensors[0]) + " with tag " + std::to_string(tag);
  int other = static_cast<int>(peer);
  const int label = static_cast<int>(tag);
  if (sends) {
    group->verify_sent(other, label, call);
    group->gloo()->send(tensors, other, label)->wait();
    return other;
  }
  other = group->verify_received(other, label, call);
  if (other >= 0) {
    group->gloo()->recv(tensors, other, label)->wait();
    return other;
  }
  const auto received = group->gloo()->recvAnysource(tensors, label);
  received->wait();
  return received->sourceRank();
}

Tensors exchange(int64_t id, const std::string& name, int64_t root_rank, int64_t count,
                 const Tensors& given) {
  const at::NoGradGuard no_grad;
  const auto group = group_of(id);
  const int root = static_cast<int>(root_rank);
  if (!group->verifies()) {
    throw CodedError("ERR_MISMATCH", name +
                                         ": expected all ranks to be torchloss; Python's ranks send pickles, "
                                         "which are programs: torchloss does not run them");
  }
  group->verify(with_root(name, root) + " of " + std::to_string(count));
  if (name == "broadcast_object_list") return broadcast_bytes(*group, given, root, count);
  if (name == "scatter_object_list") return scatter_bytes(*group, given, root);
  return gather_bytes(*group, given.at(0), root);
}

}  // namespace distributed

}  // namespace torchloss

#endif
