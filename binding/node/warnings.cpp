#include "node/warnings.h"

#include <utility>

namespace torchloss {

namespace {

// LibTorch's handler is per thread, and so is a JavaScript environment. Warnings on LibTorch's own threads go
// to stderr, LibTorch's default.
class ProcessWarnings final : public WarningListener {
 public:
  void listen(napi_env env, napi_value callback) {
    forget();
    check(napi_create_reference(env, callback, 1, &callback_));
    env_ = env;
    handlers::set_warning_handler(this);
    check(napi_add_env_cleanup_hook(env, end, this));
  }

  // An exception thrown by the callback ends it and stays pending.
  void tell() {
    warnings_wait = false;
    const std::vector<std::string> messages = std::exchange(messages_, {});
    if (env_ == nullptr) return;
    const Napi::HandleScope scope(env_);
    napi_value callback = nullptr;
    napi_value undefined = nullptr;
    napi_get_reference_value(env_, callback_, &callback);
    napi_get_undefined(env_, &undefined);
    for (const std::string& message : messages) {
      napi_value text = nullptr;
      napi_create_string_utf8(env_, message.data(), message.size(), &text);
      if (napi_call_function(env_, undefined, callback, 1, &text, nullptr) != napi_ok) return;
    }
  }

 private:
  static void end(void* self) { static_cast<ProcessWarnings*>(self)->forget(); }

  void forget() {
    if (env_ == nullptr) return;
    // Node aborts if a second copy of the package in this thread adds the same hook again.
    napi_remove_env_cleanup_hook(env_, end, this);
    handlers::set_warning_handler(nullptr);
    napi_delete_reference(env_, callback_);
    env_ = nullptr;
  }

  // Inside LibTorch: the warning is emitted when the call is done.
  void warn(const std::string& message) override {
    if (env_ == nullptr) return;
    messages_.push_back(message);
    warnings_wait = true;
  }

  napi_env env_ = nullptr;
  napi_ref callback_ = nullptr;
  std::vector<std::string> messages_;
};

ProcessWarnings& of_thread() {
  static thread_local ProcessWarnings warnings;
  return warnings;
}

void on_warning(Environment& environment, napi_value callback) {
  of_thread().listen(environment.env, callback);
}

}  // namespace

void tell_warnings() { of_thread().tell(); }

const std::vector<Entry> kWarnings = {{"on_warning", method<&on_warning>}};

}  // namespace torchloss
