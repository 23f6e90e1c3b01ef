#include "memory/memory.h"

#include "memory/allocator.h"
#include "memory/small_blocks.h"
#include "memory/system_memory.h"
#include "tensor/device.h"

namespace torchloss {

namespace {

// `cap` in bytes; a quarter of the memory if it is negative.
void use_cache(double cap) { use_caching_allocator(cap < 0 ? total_memory() / 4 : static_cast<size_t>(cap)); }

void empty_cache() {
  if (block_cache() != nullptr) block_cache()->release();
  release_small_blocks();
  release_device_memory();
}

napi_value allocator_stats(Environment& environment) {
  const BlockCache* cache = block_cache();
  const BlockCache::Stats stats = cache == nullptr ? BlockCache::Stats{} : cache->stats();
  Napi::Object result = Napi::Object::New(environment.env);
  const auto set = [&](const char* name, size_t value) {
    result[name] = Napi::Number::New(environment.env, static_cast<double>(value));
  };
  result["enabled"] = Napi::Boolean::New(environment.env, cache != nullptr);
  set("cap", cache == nullptr ? 0 : cache->cap());
  set("cached_bytes", stats.cached_bytes);
  set("cached_blocks", stats.cached_blocks);
  set("in_use_bytes", stats.in_use_bytes);
  set("in_use_blocks", stats.in_use_blocks);
  set("hits", stats.hits);
  set("misses", stats.misses);
  return result;
}

}  // namespace

const std::vector<Entry> kMemory = {
    {"use_cache", method<&use_cache>},
    {"empty_cache", method<&empty_cache>},
    {"allocator_stats", method<&allocator_stats>},
};

}  // namespace torchloss
