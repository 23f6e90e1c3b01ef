// Calls too small to gain from several threads run on the calling thread alone. Waking LibTorch's threads
// costs more than such a call, and hundreds of times as much when other programs use the cores.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/autograd/function.h>

#include <string>
#include <type_traits>
#include <vector>

#include "node/compat.h"

namespace torchloss {

// While it lives, the calling thread's operators run on that thread alone, if `alone`. Everything else that
// LibTorch's own set_num_threads changes, such as other pools, is left as it is.
class OneThread {
 public:
  explicit OneThread(bool alone);
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_ = 0;  // threads, or 0 where nothing was changed
  int mkl_before_ = 0;
};

// Whether there are too few elements to split among threads. LibTorch does not split smaller sums either, so
// the numbers are the same with any number of threads.
bool is_small(int64_t elements);

// Whether an elementwise call, or one that reads each tensor once, works on so few elements: those of the
// broadcast shape, or of the largest tensor where the shapes do not broadcast.
bool is_small(const std::vector<const at::Tensor*>& tensors);

// Whether every step of the backward pass from these outputs works on so few elements and gives the same bits
// on one thread.
bool is_small_graph(const std::vector<at::Tensor>& outputs);

// Whether the operator `name`, given with its namespace, uses several threads even for such small calls and
// gives the same bits on one.
bool shares_out_small_calls(const std::string& name);

// Whether a call of such an operator with these arguments is small.
bool is_small_call(const std::vector<c10::IValue>& arguments);

namespace detail {

template <auto Function>
struct SmallCalls;

template <typename... Arguments, at::Tensor (*Function)(Arguments...)>
struct SmallCalls<Function> {
  template <typename T>
  static void collect(const T& argument, std::vector<const at::Tensor*>& tensors) {
    if constexpr (std::is_same_v<T, at::Tensor>) tensors.push_back(&argument);
    if constexpr (std::is_same_v<T, OptionalTensor>) {
      if (argument.has_value()) tensors.push_back(&*argument);
    }
  }

  static at::Tensor call(Arguments... arguments) {
    std::vector<const at::Tensor*> tensors;
    tensors.reserve(sizeof...(Arguments));
    (collect(arguments, tensors), ...);
    const OneThread guard(is_small(tensors));
    return Function(arguments...);
  }
};

}  // namespace detail

// `Function`, a loss, which runs on one thread where its tensors are small.
template <auto Function>
constexpr auto small_calls_alone = &detail::SmallCalls<Function>::call;

}  // namespace torchloss
