/** `torch`: tensors, autograd, losses and operators under PyTorch's names. */
export * as autograd from '../autograd.js';
export { enable_grad, is_grad_enabled, no_grad } from '../autograd.js';
export {
  arange,
  empty,
  eye,
  full,
  linspace,
  manual_seed,
  ones,
  rand,
  randint,
  randn,
  tensor,
  zeros,
} from '../creation.js';
export * from '../dtype_names.js';
export { ops } from '../operators.js';
export { Tensor } from '../tensor.js';
export * as nn from './nn.js';
