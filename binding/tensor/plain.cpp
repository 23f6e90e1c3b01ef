#include "tensor/plain.h"

#include <ATen/ops/empty.h>
#include <ATen/record_function.h>
#include <c10/core/DispatchKeySet.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

namespace torchloss {

c10::DispatchKeySet plain_keys() {
  static const c10::DispatchKeySet keys = at::empty({}).key_set();
  return keys;
}

// Modes change which keys of the thread are on and off.
bool nothing_watches() {
  const c10::impl::LocalDispatchKeySet keys = c10::impl::tls_local_dispatch_key_set();
  return keys.included_ == c10::default_included_set && keys.excluded_ == c10::default_excluded_set &&
         !at::getStepCallbacksUnlessEmpty(at::RecordScope::FUNCTION).has_value();
}

}  // namespace torchloss
