// Memory that JavaScript and LibTorch share: typed arrays with tensors over them, and tensors with typed
// arrays over them. Either side may write to it at any time.
#pragma once

#include "node/environment.h"

namespace torchloss {

// A tensor over the memory of a view, `data`, which it keeps alive.
at::Tensor borrow(Environment& environment, napi_value view, void* data, at::IntArrayRef sizes,
                  at::ScalarType dtype);

// The elements of a dense tensor on the CPU as an ArrayBuffer. The memory stays for as long as either of
// both, whatever becomes of the tensor: its storage cannot be resized from then on, as after numpy() in
// Python.
napi_value lend(Environment& environment, const at::Tensor& tensor);

// Whether JavaScript can write to a tensor's memory behind LibTorch's back.
bool is_shared(const at::Tensor& tensor);

}  // namespace torchloss
