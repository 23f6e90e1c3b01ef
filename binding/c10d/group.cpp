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

// The prefixes under which Python's init_process_group connects a backend: they are part of its protocol.
StorePointer python_prefix(StorePointer store) {
  store = c10::make_intrusive<c10d::PrefixStore>(kBackendsHavePrefixes ? "0/" : "0", store);
  if (kBackendsHavePrefixes) store = c10::make_intrusive<c10d::PrefixStore>("cpu/", store);
  return store;
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

Group::Group(StorePointer given, int rank, int size, std::chrono::milliseconds timeout)
    : store(std::move(given)), rank(rank), size(size), timeout(timeout) {
  const at::NoGradGuard no_grad;
  // Counted before the ranks connect, so that the count is complete once they have.
  store->add("torchloss/ranks", 1);
  gloo_ = make_gloo(python_prefix(store), rank, size, timeout);
  connected_.emplace_back(gloo_);
  if (!kJoinsWithoutBarrier) {
    // Python 1.13 has a barrier here.
    store->add("store_based_barrier_key:1", 1);
    const auto end = std::chrono::steady_clock::now() + timeout;
    while (store->add("store_based_barrier_key:1", 0) < size) {
      if (std::chrono::steady_clock::now() > end) {
        throw CodedError("ERR_TIMEOUT", "init_process_group: not all ranks have joined in time");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  gloo_->setSequenceNumberForGroup();
  if (store->add("torchloss/ranks", 0) == size) verifier_ = connect("torchloss/verify");
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

void Group::verify(const std::string& call) {
  if (verifier_ == nullptr || size == 1) return;
  std::vector<at::Tensor> own = {as_bytes(call)};
  std::vector<std::vector<at::Tensor>> all(1);
  for (int i = 0; i < size; ++i) all[0].push_back(at::empty({kCallBytes}, at::kByte));
  verifier_->allgather(all, own)->wait();
  for (int i = 0; i < size; ++i) {
    if (std::memcmp(all[0][i].data_ptr(), own[0].data_ptr(), kCallBytes) != 0) {
      mismatch(rank, as_text(own[0]), i, as_text(all[0][i]));
    }
  }
}

void Group::verify_with(int peer, const std::string& call) {
  if (verifier_ == nullptr) return;
  constexpr int kTag = 1;
  std::vector<at::Tensor> own = {as_bytes(call)};
  std::vector<at::Tensor> other = {at::empty({kCallBytes}, at::kByte)};
  const auto sent = verifier_->send(own, peer, kTag);
  verifier_->recv(other, peer, kTag)->wait();
  sent->wait();
  if (!own[0].equal(other[0])) mismatch(rank, as_text(own[0]), peer, as_text(other[0]));
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
