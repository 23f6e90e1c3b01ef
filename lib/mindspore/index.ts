/** `mindspore`: the same tensors and losses under MindSpore's names. */
import '../tensor/surface/install.js';

export * from '../tensor/dtype_names.js';
export * as nn from './nn.js';
export * as ops from './ops.js';
export { Tensor } from './create.js';
