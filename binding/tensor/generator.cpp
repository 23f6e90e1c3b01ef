// What Python's torch.Generator does, with LibTorch's generators.
#include "node/generator.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include <cstring>
#include <mutex>

#include "tensor/generator.h"

namespace torchloss {

namespace {

// Seeds have 64 bits, for which only a bigint has room.
napi_value write_seed(Environment& environment, uint64_t seed) {
  napi_value value = nullptr;
  check(napi_create_bigint_uint64(environment.env, seed, &value));
  return value;
}

uint64_t read_seed(Environment& environment, napi_value value) {
  uint64_t seed = 0;
  bool lossless = false;
  if (napi_get_value_bigint_uint64(environment.env, value, &seed, &lossless) != napi_ok) {
    wrong_type("seed", "a bigint", "something else");
  }
  return seed;
}

at::Generator default_generator(const std::string& device) {
  return at::globalContext().defaultGenerator(c10::Device(device));
}

// The header of CUDA's generators needs CUDA's headers, so new ones are clones of the device's default
// generator.
at::Generator make_generator(const std::string& device) {
  if (c10::Device(device).is_cpu()) return at::detail::createCPUGenerator();
  at::Generator generator = default_generator(device).clone();
  generator.set_current_seed(c10::default_rng_seed_val);
  return generator;
}

at::Generator clone_generator(at::Generator generator) {
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return generator.clone();
}

std::string generator_device(at::Generator generator) { return generator.device().str(); }

void seed_generator(Environment& environment, at::Generator generator, napi_value value) {
  const uint64_t seed = read_seed(environment, value);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_current_seed(seed);
}

napi_value random_seed(Environment& environment, at::Generator generator) {
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return write_seed(environment, generator.seed());
}

napi_value initial_seed(Environment& environment, at::Generator generator) {
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return write_seed(environment, generator.current_seed());
}

at::Tensor generator_state(at::Generator generator) {
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return generator.get_state();
}

// LibTorch checks each counter in the state of a Mersenne Twister but not their sum, and would then read
// beyond the state. The layout is that of LibTorch's CPUGeneratorImplStateLegacy, which is the same in all
// versions.
void check_state(const at::Tensor& state) {
  constexpr size_t kLeft = 8, kNext = 16, kNumbers = 24;
  if (state.scalar_type() != at::kByte || !state.is_cpu() || !state.is_contiguous()) return;
  if (static_cast<size_t>(state.numel()) < kNumbers) return;
  const auto* bytes = state.data_ptr<uint8_t>();
  int32_t left = 0;
  uint64_t next = 0;
  std::memcpy(&left, bytes + kLeft, sizeof(left));
  std::memcpy(&next, bytes + kNext, sizeof(next));
  const bool valid = left > 0 && left <= at::MERSENNE_STATE_N &&
                     next <= static_cast<uint64_t>(at::MERSENNE_STATE_N + 1 - left);
  if (!valid) wrong_value("new_state", "a state from get_state()", "other bytes");
}

void set_generator_state(at::Generator generator, const at::Tensor& state) {
  if (generator.device().is_cpu()) check_state(state);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(state);
}

void manual_seed(Environment& environment, napi_value seed) { at::manual_seed(read_seed(environment, seed)); }

}  // namespace

const std::vector<Entry> kGenerators = {
    {"default_generator", method<&default_generator>},
    {"make_generator", method<&make_generator>},
    {"clone_generator", method<&clone_generator>},
    {"generator_device", method<&generator_device>},
    {"seed_generator", method<&seed_generator>},
    {"random_seed", method<&random_seed>},
    {"initial_seed", method<&initial_seed>},
    {"generator_state", method<&generator_state>},
    {"set_generator_state", method<&set_generator_state>},
    {"manual_seed", method<&manual_seed>},
};

}  // namespace torchloss
