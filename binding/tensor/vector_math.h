// exp, log and their like over whole tensors, for which LibTorch calls MKL.
#pragma once

namespace torchloss {

// Calls each of them once, on one number. MKL 2024 chooses a function's kernel at its first call, and where
// that is made by two threads at once one of them can take the kernel of low accuracy: half of a result is
// off by up to 1e-4, once (PyTorch's issue 188792).
void settle_vector_math();

}  // namespace torchloss
