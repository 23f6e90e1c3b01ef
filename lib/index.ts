/**
 * torchloss: PyTorch's loss functions for Node.js, computed by LibTorch with autograd, under PyTorch's and MindSpore's
 * names.
 *
 * @packageDocumentation
 */
export type { DataOf, ItemOf, TypedArray } from './dtypes.js';
export { ArgumentRangeError, ArgumentTypeError, type ErrorCode, TorchError } from './errors.js';
export * as mindspore from './mindspore/index.js';
export { Tensor } from './tensor.js';
export * as torch from './torch/index.js';
export type { Device, DType, Float, KLDivReduction, Reduction, Shape } from './types.js';
