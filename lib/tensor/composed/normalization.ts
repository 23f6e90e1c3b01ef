/** Normalization of `torch.nn.functional`, composed as in Python. */
import { ArgumentRangeError, invalidValue, TorchError } from '../../base/errors.js';
import { behaviour } from '../../addon/versions.js';
import type { Tensor } from '../tensor.js';
import { type Body, checkTensorArgument, op, step, type Steps } from './steps.js';

type Optional = Tensor | null;

/** Training needs more than one value per channel. */
function checkBatch(size: readonly number[]): void {
  const count = size.reduce((product, item, index) => (index === 1 ? product : product * item), 1);
  if (count === 1)
    throw new ArgumentRangeError('input', 'more than 1 value per channel when training', `[${size.join(', ')}]`);
}

export const normalization: Record<string, Body> = {
  batch_norm(
    input: Tensor,
    running_mean: Optional,
    running_var: Optional,
    weight: Optional,
    bias: Optional,
    training: boolean,
    momentum: number,
    eps: number,
  ) {
    checkTensorArgument(input, 'input');
    if (training) checkBatch(input.shape as number[]);
    if (behaviour().positiveBatchNormEps && (eps < 0 || (training && eps === 0)))
      throw invalidValue('eps', 'a positive number', eps);
    return step('batch_norm', input, weight, bias, running_mean, running_var, training, momentum, eps, true);
  },
  instance_norm(
    input: Tensor,
    running_mean: Optional,
    running_var: Optional,
    weight: Optional,
    bias: Optional,
    use_input_stats: boolean,
    momentum: number,
    eps: number,
  ) {
    checkTensorArgument(input, 'input');
    const size = input.shape as number[];
    if (use_input_stats && size.slice(2).reduce((product, item) => product * item, 1) === 1) {
      throw new ArgumentRangeError('input', 'more than 1 spatial element when training', `[${size.join(', ')}]`);
    }
    return step('instance_norm', input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, true);
  },
  layer_norm: (input, normalized_shape, weight: Optional, bias: Optional, eps: number) =>
    step('layer_norm', input, normalized_shape, weight, bias, eps, true),
  rms_norm: (input, normalized_shape, weight: Optional, eps: number | null) =>
    step('rms_norm', input, normalized_shape, weight, eps),
  group_norm(input: Tensor, num_groups: number, weight: Optional, bias: Optional, eps: number) {
    checkTensorArgument(input, 'input');
    const [batch, channels, ...rest] = input.shape as number[];
    if (batch === undefined || channels === undefined) {
      throw new TorchError('ERR_TORCH', `Expected at least 2 dimensions for input tensor but received ${input.dim()}`);
    }
    checkBatch([Math.floor((batch * channels) / num_groups), num_groups, ...rest]);
    return step('group_norm', input, num_groups, weight, bias, eps, true);
  },
  *local_response_norm(input: Tensor, size: number, alpha: number, beta: number, k: number): Steps {
    checkTensorArgument(input, 'input');
    const shape = input.shape as number[];
    if (shape.length < 3) throw invalidValue('input', '3 dimensions or more', shape.length);
    if (input.numel() === 0) return input;
    const around = [Math.floor(size / 2), Math.floor((size - 1) / 2)];
    let sums = yield* op('mul', input, input);
    if (shape.length === 3) {
      sums = yield* op('pad', yield* op('unsqueeze', sums, 1), [0, 0, ...around]);
      sums = yield* op('squeeze.dim', yield* op('avg_pool2d', sums, [size, 1], 1), 1);
    } else {
      sums = yield* op('view', sums, [shape[0], 1, shape[1], shape[2], -1]);
      sums = yield* op('pad', sums, [0, 0, 0, 0, ...around]);
      sums = yield* op('squeeze.dim', yield* op('avg_pool3d', sums, [size, 1, 1], 1), 1);
      sums = yield* op('view', sums, shape);
    }
    sums = yield* op('pow', yield* op('add', yield* op('mul', sums, alpha), k), beta);
    return yield* op('div', input, sums);
  },
  *normalize(input: Tensor, p: number, dim: number, eps: number, out: Optional): Steps {
    const norm = yield* op('linalg_vector_norm', input, p, [dim], true);
    if (out === null) {
      const least = yield* op('clamp_min', norm, eps);
      return yield* op('div', input, yield* op('expand_as', least, input));
    }
    const least = yield* op('clamp_min_', norm, eps);
    return yield* op('div', input, yield* op('expand_as', least, input), { out });
  },
};
