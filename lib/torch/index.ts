/** `torch`: tensors, autograd, losses and operators under PyTorch's names. */
import '../tensor/surface/install.js';

export { type AutocastOptions, autocast, is_autocast_enabled } from '../tensor/autocast.js';
export * as autograd from './autograd.js';
export type { RemovableHandle, TensorHook } from '../tensor/hooks.js';
export { enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled } from '../tensor/autograd.js';
export { frombuffer } from '../tensor/buffer.js';
export { empty_cache } from '../addon/cache.js';
export { as_tensor, asarray } from '../tensor/as_tensor.js';
export { arange, empty, eye, full, linspace, ones, tensor, zeros } from '../tensor/creation.js';
export * from '../tensor/dtype_names.js';
export * from './constants.js';
export * from './dtype_aliases.js';
export * as fft from '../tensor/surface/fft.js';
export * as linalg from '../tensor/surface/linalg.js';
export * as special from '../tensor/surface/special.js';
export { can_cast, get_device, is_tensor, nonzero, numel } from '../tensor/surface/more.js';
export * from '../tensor/surface/torch.js';
export { sparse_coo_tensor, type SparseOptions } from '../tensor/sparse.js';
export { scalar } from '../tensor/scalar.js';
export { type AsyncOptions, get_num_threads, Lane, set_num_threads } from '../addon/lane.js';
export { type MemoryInfo, memory } from '../addon/memory.js';
export type { AllocatorStats } from '../addon/native.js';
export {
  default_generator,
  Generator,
  get_rng_state,
  initial_seed,
  manual_seed,
  seed,
  set_rng_state,
} from '../tensor/generator.js';
export { type FloatInfo, finfo, type IntegerInfo, iinfo } from '../tensor/limits.js';
export { get_default_dtype, set_default_dtype } from '../tensor/default_dtype.js';
export {
  are_deterministic_algorithms_enabled,
  get_deterministic_debug_mode,
  get_float32_matmul_precision,
  get_num_interop_threads,
  is_deterministic_algorithms_warn_only_enabled,
  type MatmulPrecision,
  set_deterministic_debug_mode,
  set_float32_matmul_precision,
  set_num_interop_threads,
  use_deterministic_algorithms,
} from '../tensor/settings.js';
export { type PrintOptions, set_printoptions } from '../tensor/print_options.js';
export { device } from '../tensor/device.js';
export { type Index, Slice, slice } from '../tensor/indexing.js';
export { ops } from '../tensor/operators.js';
export { normal, rand, randint, randn, randperm } from '../tensor/random.js';
export { type ScopeOptions, type ScopeSummary, scope } from '../addon/scope.js';
export { Tensor } from '../tensor/tensor.js';
export * as distributions from '../distributions/index.js';
export * as distributed from '../c10d/index.js';
export * as cuda from './cuda.js';
export * as jit from '../jit/index.js';
export * as nn from './nn.js';
export * as utils from './utils.js';
export { type Load, type LoadOptions, load, type MapLocation, type Save, save } from './serialization.js';
export * as optim from '../optim/index.js';
