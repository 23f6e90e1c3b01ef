// Memory shared by JavaScript and LibTorch: tensors over typed arrays, and typed arrays over tensors. Either
// side may write to it at any time.
#pragma once

#include "node/environment.h"

namespace torchloss {

// A tensor over the memory of the view `data`, which it keeps alive.
at::Tensor borrow(Environment& environment, napi_value view, void* data, at::IntArrayRef sizes,
                  at::ScalarType dtype);

// The elements of a dense CPU tensor as an ArrayBuffer. The memory lives as long as either side, whatever
// happens to the tensor: its storage can no longer be resized, as after numpy() in Python.
napi_value lend(Environment& environment, const at::Tensor& tensor);

// Whether JavaScript can write to a tensor's memory behind LibTorch's back.
bool is_shared(const at::Tensor& tensor);

}  // namespace torchloss
