// A process group: this process's connections to the others, and the checks that their calls match.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

#include "node/changes.h"

namespace torchloss {

namespace distributed {

// LibTorch's Gloo backend, whose connections can be closed while calls wait on them.
class Gloo final : public c10d::ProcessGroupGloo {
 public:
  using c10d::ProcessGroupGloo::ProcessGroupGloo;

  // Calls in progress and later ones fail at once.
  void close_connections();
};

using GlooPointer = c10::intrusive_ptr<Gloo>;
using StorePointer = c10::intrusive_ptr<c10d::Store>;

class Group {
 public:
  // `base` is the store in which Python gives each group a prefix, its name: '0' is the default group, and
  // the groups made of it are counted from there. Blocks until all ranks are here. Python 1.13 also waits for
  // `everyone`, the number of ranks of the default group.
  Group(StorePointer base, const std::string& name, int rank, int size, int everyone,
        std::chrono::milliseconds timeout);

  // Takes part in making a group of other ranks, as far as Python's ranks expect it.
  void skip(const std::string& name) const;

  // A group of some of these ranks. `rank` is this one's there.
  std::shared_ptr<Group> part(const std::string& name, int rank, int size,
                              std::chrono::milliseconds timeout) const;

  // Throws on every rank if the ranks do not all describe their next call alike. Without this check, Gloo
  // ends a process that gets more bytes than it expects.
  void verify(const std::string& call);

  // The same for a tensor that this rank sends to another one.
  void verify_sent(int peer, int tag, const std::string& call);

  // The same for one that it receives. Gives the rank that sends it; a negative `peer` is any rank.
  int verify_received(int peer, int tag, const std::string& call);

  // What the other ranks give as `own`, which has the same size on all of them.
  std::vector<at::Tensor> verified(const at::Tensor& own);

  // More connections between the same ranks, for calls whose order must not depend on other calls.
  GlooPointer connect(const std::string& name);

  // Ends what waits on any connection of this group.
  void close_connections();

  // Whether all ranks are torchloss. Ranks of Python make no checks, so none are made with them.
  bool verifies() const { return verifier_ != nullptr; }

  GlooPointer gloo() const { return gloo_; }

  const StorePointer base;
  const StorePointer store;  // `base` under the group's name
  const int rank;
  const int size;
  const std::chrono::milliseconds timeout;

 private:
  // The store in which the groups made of this one have their prefixes.
  StorePointer parts() const { return kBackendsHavePrefixes ? store : base; }

  std::mutex mutex_;  // of the list
  std::vector<c10::weak_intrusive_ptr<Gloo>> connected_;
  bool closed_ = false;
  GlooPointer gloo_;
  GlooPointer verifier_;
};

// The group of an identifier from `c10d_reserve`, or an error if there is none.
std::shared_ptr<Group> group_of(int64_t id);

// How a collective is described to other ranks: the dtype and the number of elements.
std::string describe(const at::Tensor& tensor);

}  // namespace distributed

}  // namespace torchloss
