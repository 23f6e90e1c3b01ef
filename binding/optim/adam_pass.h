// Adam's step for one parameter in one pass over its memory, with the bits of the operators it stands for.
#pragma once

#include <ATen/core/Tensor.h>

namespace torchloss {

namespace optim {

// What an element's step depends on beside the element, as the operators' numbers.
struct AdamNumbers {
  double average;     // the gradient's share in its moving average: lerp_'s weight
  double kept;        // what is kept of the squares: mul_'s factor
  double squared;     // the new square's share: addcmul_'s value
  double correction;  // div_'s divisor, of the root of the squares
  double eps;         // add_'s number
  double rate;        // addcdiv_'s value
  double decay = 0;   // of weights through the gradient: add's alpha
  double shrink = 1;  // of weights by themselves: mul_'s factor
};

// Makes the step and gives true; or does nothing and gives false, where the operators have to be called one
// by one: for tensors that do not lie alike in the CPU's memory as float32, and on a machine where LibTorch's
// operators round in another way than the pass does.
bool adam_in_one_pass(const at::Tensor& param, const at::Tensor& grad, const at::Tensor& exp_avg,
                      const at::Tensor& exp_avg_sq, const AdamNumbers& numbers);

}  // namespace optim

}  // namespace torchloss
