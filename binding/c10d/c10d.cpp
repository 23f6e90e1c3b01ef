#include "c10d/c10d.h"

#include "lanes/lane.h"

namespace {

constexpr const char* kNeeded = ": torch.distributed needs Linux and a LibTorch with Gloo, as PyTorch's are";

}  // namespace

#ifdef TORCHLOSS_GLOO

#include <algorithm>
#include <map>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "c10d/collectives.h"
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

void keep(int64_t id, std::shared_ptr<Group> group) {
  const std::lock_guard<std::mutex> lock(groups_mutex);
  groups[id] = std::move(group);
}

// Joins the default group, at the address or the file of its store.
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
  const auto everyone = static_cast<int>(size);
  keep(id, std::make_shared<Group>(store, "0", static_cast<int>(rank), everyone, everyone, most));
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

// Makes a group of some ranks of the default group, in which all ranks take part. Gives whether this rank is
// a member. `ranks` are in ascending order.
bool join_part(int64_t id, int64_t whole, const std::string& name, const Sizes& ranks, int64_t timeout) {
  const auto all = group_of(whole);
  all->verify("new_group of ranks " + c10::Join(", ", ranks));
  const auto own = std::find(ranks.begin(), ranks.end(), all->rank);
  if (own == ranks.end()) {
    all->skip(name);
    leave(id);
    return false;
  }
  const auto rank = static_cast<int>(own - ranks.begin());
  keep(id, all->part(name, rank, static_cast<int>(ranks.size()), std::chrono::milliseconds(timeout)));
  return true;
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
    {"c10d_join_part", method<&distributed::join_part>, deferred_method<&distributed::join_part>},
    {"c10d_leave", method<&distributed::leave>, deferred_method<&distributed::leave>},
    {"c10d_is_uniform", method<&distributed::is_uniform>},
    {"c10d_collective", method<&distributed::collective>, deferred_method<&distributed::collective>},
    {"c10d_monitored_barrier", method<&distributed::monitored_barrier>,
     deferred_method<&distributed::monitored_barrier>},
    {"c10d_transfer", method<&distributed::transfer>, deferred_method<&distributed::transfer>},
    {"c10d_exchange", method<&distributed::exchange>, deferred_method<&distributed::exchange>},
    {"ddp_open", method<&distributed::open_reducer>, deferred_method<&distributed::open_reducer>},
    {"ddp_close", method<&distributed::close_reducer>},
    {"ddp_before_forward", method<&distributed::before_forward>,
     deferred_method<&distributed::before_forward>},
    {"ddp_after_forward", method<&distributed::after_forward>},
    {"ddp_begin_join", method<&distributed::begin_join>, deferred_method<&distributed::begin_join>},
    {"ddp_shadow", method<&distributed::shadow>, deferred_method<&distributed::shadow>},
    {"ddp_end_join", method<&distributed::end_join>, deferred_method<&distributed::end_join>},
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
