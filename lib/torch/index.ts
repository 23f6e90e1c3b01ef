/** `torch`: tensors, autograd, losses and operators under PyTorch's names. */
export * as autograd from '../autograd.js';
export { enable_grad, is_grad_enabled, no_grad } from '../autograd.js';
export { frombuffer } from '../buffer.js';
export { empty_cache } from '../cache.js';
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
export { type AsyncOptions, get_num_threads, Lane, set_num_threads } from '../lane.js';
export { type MemoryInfo, memory } from '../memory.js';
export type { AllocatorStats } from '../native.js';
export { ops } from '../operators.js';
export { scope } from '../scope.js';
export { Tensor } from '../tensor.js';
export * as nn from './nn.js';
