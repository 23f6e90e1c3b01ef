// exp, log and similar functions over whole tensors, for which LibTorch calls MKL.
#pragma once

namespace torchloss {

// Calls each of them once, on one number. MKL 2024 chooses a function's kernel at its first call. If two
// threads make that call at once, one of them can get the low-accuracy kernel: half of one result is then off
// by up to 1e-4 (PyTorch issue 188792).
void settle_vector_math();

}  // namespace torchloss
