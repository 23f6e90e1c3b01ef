#include "node/generator.h"

#include <memory>

namespace torchloss {

namespace {

constexpr napi_type_tag kGenerator = {0x746f7263686c6f73, 0x67656e657261746f};

}  // namespace

napi_value wrap_generator(Environment& environment, at::Generator generator) {
  auto owner = std::make_unique<at::Generator>(std::move(generator));
  const auto release = [](napi_env, void* data, void*) { delete static_cast<at::Generator*>(data); };
  napi_value value = nullptr;
  check(napi_create_external(environment.env, owner.get(), release, nullptr, &value));
  owner.release();
  check(napi_type_tag_object(environment.env, value, &kGenerator));
  return value;
}

const at::Generator* find_generator(napi_env env, napi_value value) {
  void* data = nullptr;
  bool tagged = false;
  if (napi_get_value_external(env, value, &data) != napi_ok) return nullptr;
  if (napi_check_object_type_tag(env, value, &kGenerator, &tagged) != napi_ok || !tagged) return nullptr;
  return static_cast<const at::Generator*>(data);
}

}  // namespace torchloss
