/**
 * torchloss: PyTorch's loss functions for Node.js, computed by LibTorch with autograd, under PyTorch's and MindSpore's
 * names.
 *
 * @packageDocumentation
 */
export type { DataOf, ItemOf, TypedArray } from './tensor/dtypes.js';
export { ArgumentRangeError, ArgumentTypeError, type ErrorCode, TorchError } from './base/errors.js';
export * as mindspore from './mindspore/index.js';
export { Tensor } from './tensor/tensor.js';
export * as torch from './torch/index.js';
export type { Device, DType, Float, Shape } from './base/types.js';
export type { KLDivReduction, Reduction } from './loss/call_types.js';
