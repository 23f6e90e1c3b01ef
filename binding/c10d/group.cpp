#ifdef TORCHLOSS_GLOO

#include "c10d/group.h"

#include <ATen/Functions.h>

#include <cstdlib>
#include <cstring>
#include <sstream>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

#include "node/changes.h"
#include "node/errors.h"
#include "node/values.h"

namespace torchloss {

namespace distributed {

namespace {

// The bytes in which a rank describes its call; a longer description ends in a checksum.
constexpr int64_t kCallBytes = 256;

at::Tensor as_bytes(const std::string& call) {
  std::string text = call;
  if (text.size() >= static_cast<size_t>(kCallBytes)) {
    const std::string sum = "... #" + std::to_string(std::hash<std::string>{}(call));
    text = text.substr(0, static_cast<size_t>(kCallBytes) - sum.size() - 1) + sum;
  }
  at::Tensor bytes = at::zeros({kCallBytes}, at::kByte);
  std::memcpy(bytes.data_ptr(), text.data(), text.size());
  return bytes;
}

std::string as_text(const at::Tensor& bytes) { return static_cast<const char*>(bytes.data_ptr()); }

[[noreturn]] void mismatch(int rank, const std::string& own, int other, const std::string& others) {
  throw CodedError("ERR_MISMATCH", "the ranks do not make the same call: this rank (" + std::to_string(rank) +
                                       ") calls " + own + ", rank " + std::to_string(other) + " calls " +
                                       others);
}

// The prefixes under which Python's groups and their backends have their keys: they are part of its protocol.
StorePointer of_group(const StorePointer& base, const std::string& name) {
  return c10::make_intrusive<c10d::PrefixStore>(kBackendsHavePrefixes ? name + "/" : name, base);
}

StorePointer of_backend(const StorePointer& store) {
  if (!kBackendsHavePrefixes) return store;
  return c10::make_intrusive<c10d::PrefixStore>("cpu/", store);
}

// Python 1.13 has a barrier of all ranks at the end of each new group.
void wait_for(int everyone, const StorePointer& base, const std::string& name,
              std::chrono::milliseconds timeout) {
  if (kJoinsWithoutBarrier) return;
  const std::string key = "store_based_barrier_key:" + std::to_string(std::stoi(name) + 1);
  base->add(key, 1);
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (base->add(key, 0) < everyone) {
    if (std::chrono::steady_clock::now() > end) {
      throw CodedError("ERR_TIMEOUT", "not all ranks have joined the process group in time");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

GlooPointer make_gloo(const StorePointer& store, int rank, int size, std::chrono::milliseconds timeout) {
  auto options = c10d::ProcessGroupGloo::Options::create(timeout);
  // The interfaces to use, as Python reads them. Otherwise the one whose address this machine's name has.
  const char* given = std::getenv("GLOO_SOCKET_IFNAME");
  std::istringstream names(given == nullptr ? "" : given);
  for (std::string name; std::getline(names, name, ',');) {
    options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForInterface(name));
  }
  if (options->devices.empty()) options->devices.push_back(c10d::ProcessGroupGloo::createDefaultDevice());
  options->threads = 2 * static_cast<int>(options->devices.size());
  return c10::make_intrusive<Gloo>(store, rank, size, options);
}

}  // namespace

void Gloo::close_connections() {
  for (const auto& context : contexts_) context->closeConnections();
}

Group::Group(StorePointer given, const std::string& name, int rank, int size, int everyone,
             std::chrono::milliseconds timeout)
    : base(std::move(given)), store(of_group(base, name)), rank(rank), size(size), timeout(timeout) {
  const at::NoGradGuard no_grad;
  // Counted before the ranks connect, so that the count is complete once they have.
  store->add("torchloss/ranks", 1);
  gloo_ = make_gloo(of_backend(store), rank, size, timeout);
  connected_.emplace_back(gloo_);
  wait_for(everyone, base, name, timeout);
  gloo_->setSequenceNumberForGroup();
  if (store->add("torchloss/ranks", 0) == size) verifier_ = connect("torchloss/verify");
}

void Group::skip(const std::string& name) const { wait_for(size, parts(), name, timeout); }

std::shared_ptr<Group> Group::part(const std::string& name, int rank, int size,
                                   std::chrono::milliseconds timeout) const {
  return std::make_shared<Group>(parts(), name, rank, size, this->size, timeout);
}

GlooPointer Group::connect(const std::string& name) {
  const StorePointer prefixed = c10::make_intrusive<c10d::PrefixStore>(name, store);
  GlooPointer made = make_gloo(prefixed, rank, size, timeout);
  const std::lock_guard<std::mutex> lock(mutex_);
  connected_.emplace_back(made);
  if (closed_) made->close_connections();
  return made;
}

void Group::close_connections() {
  const std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
  for (auto& weak : connected_) {
    if (const GlooPointer gloo = weak.lock()) gloo->close_connections();
  }
}

std::vector<at::Tensor> Group::verified(const at::Tensor& own) {
  std::vector<at::Tensor> inputs = {own};
  std::vector<std::vector<at::Tensor>> all(1);
  for (int i = 0; i < size; ++i) all[0].push_back(at::empty_like(own));
  verifier_->allgather(all, inputs)->wait();
  return all[0];
}

void Group::verify(const std::string& call) {
  if (verifier_ == nullptr || size == 1) return;
  const at::Tensor own = as_bytes(call);
  const auto all = verified(own);
  for (int i = 0; i < size; ++i) {
    if (!own.equal(all[i])) mismatch(rank, as_text(own), i, as_text(all[i]));
  }
}

// The sender tells what it sends, and sends it once the receiver has told what it expects.
void Group::verify_sent(int peer, int tag, const std::string& call) {
  if (verifier_ == nullptr) return;
  std::vector<at::Tensor> own = {as_bytes(call)};
  std::vector<at::Tensor> other = {at::empty_like(own[0])};
  verifier_->send(own, peer, 2 * tag)->wait();
  verifier_->recv(other, peer, 2 * tag + 1)->wait();
  if (!own[0].equal(other[0])) mismatch(rank, as_text(own[0]), peer, as_text(other[0]));
}

int Group::verify_received(int peer, int tag, const std::string& call) {
  if (verifier_ == nullptr) return peer;
  std::vector<at::Tensor> own = {as_bytes(call)};
  std::vector<at::Tensor> other = {at::empty_like(own[0])};
  if (peer >= 0) {
    verifier_->recv(other, peer, 2 * tag)->wait();
  } else {
    const auto received = verifier_->recvAnysource(other, 2 * tag);
    received->wait();
    peer = received->sourceRank();
  }
  verifier_->send(own, peer, 2 * tag + 1)->wait();
  if (!own[0].equal(other[0])) mismatch(rank, as_text(own[0]), peer, as_text(other[0]));
  return peer;
}

std::string describe(const at::Tensor& tensor) {
  std::string text = std::to_string(tensor.numel()) + " " + dtype_name(tensor.scalar_type());
  if (tensor.layout() == at::kStrided && !tensor.is_contiguous())
    text += " with strides " + c10::str(tensor.strides());
  return text;
}

}  // namespace distributed

}  // namespace torchloss

#endif
