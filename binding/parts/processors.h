// Loops compiled for several processors. The version is chosen when they run, within what LibTorch's own
// ATEN_CPU_CAPABILITY allows; other compilers and processors have one version.
#pragma once

#include <cstdlib>
#include <cstring>

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__linux__)
#define TORCHLOSS_PROCESSORS 1
#define TORCHLOSS_INLINE inline __attribute__((always_inline))
#else
#define TORCHLOSS_INLINE inline
#endif

namespace torchloss {

#ifdef TORCHLOSS_PROCESSORS

enum class Processor { kAny, kAvx2, kAvx512 };

inline Processor processor() {
  static const Processor found = [] {
    const char* const allowed = std::getenv("ATEN_CPU_CAPABILITY");
    const auto is = [&](const char* name) { return allowed != nullptr && std::strcmp(allowed, name) == 0; };
    if (is("default") || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
      return Processor::kAny;
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return wide && !is("avx2") ? Processor::kAvx512 : Processor::kAvx2;
  }();
  return found;
}

template <typename Work>
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,prefer-vector-width=512"))) void run_avx512(
    const Work& work) {
  work();
}

template <typename Work>
__attribute__((target("avx2,fma"))) void run_avx2(const Work& work) {
  work();
}

#endif

// Calls `work`, whose operator() and all that it calls are TORCHLOSS_INLINE.
template <typename Work>
void run_on_processor(const Work& work) {
#ifdef TORCHLOSS_PROCESSORS
  switch (processor()) {
    case Processor::kAvx512:
      return run_avx512(work);
    case Processor::kAvx2:
      return run_avx2(work);
    case Processor::kAny:
      break;
  }
#endif
  work();
}

}  // namespace torchloss
