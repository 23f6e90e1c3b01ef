/** Activations of `torch.nn.functional`, composed as in Python. */
import { behaviour } from '../../addon/versions.js';
import { invalidValue, TorchError } from '../../base/errors.js';
import { warnOnce } from '../../base/warnings.js';
import type { Tensor } from '../tensor.js';
import { type Body, checkTensorArgument, op, step, type Steps } from './steps.js';

/** An operator that has an in-place variant; the last argument chooses. */
const either =
  (name: string): Body =>
  (...args: unknown[]) =>
    step(args.at(-1) === true ? `${name}_` : name, ...args.slice(0, -1));

/** The dimension that PyTorch uses if none is given, with its warning. */
function softmaxDim(name: string, input: Tensor): number {
  warnOnce(
    `Implicit dimension choice for ${name} has been deprecated. Change the call to include dim=X as an argument.`,
  );
  return [0, 1, 3].includes(input.dim()) ? 0 : 1;
}

const along =
  (name: string): Body =>
  (input: Tensor, dim: number | null, dtype: string | null) => {
    checkTensorArgument(input, 'input');
    return step(`${name}.int`, input, dim ?? softmaxDim(name, input), dtype);
  };

export const activations: Record<string, Body> = {
  relu: either('relu'),
  relu6: either('relu6'),
  elu: either('elu'),
  selu: either('selu'),
  celu: either('celu'),
  leaky_relu: either('leaky_relu'),
  rrelu: either('rrelu'),
  hardsigmoid: either('hardsigmoid'),
  silu: either('silu'),
  mish: either('mish'),
  hardswish: either('hardswish'),
  threshold: either('threshold'),
  tanh: (input) => step('tanh', input),
  sigmoid: (input) => step('sigmoid', input),
  softmax: along('softmax'),
  log_softmax: along('log_softmax'),
  hardtanh: (input, min_val: number, max_val: number, inplace: boolean) => {
    if (behaviour().orderedHardtanh && min_val > max_val)
      throw invalidValue('min_val', `a number of at most max_val, ${max_val}`, min_val);
    return step(inplace ? 'hardtanh_' : 'hardtanh', input, min_val, max_val);
  },
  glu: (input: Tensor, dim: number) => {
    checkTensorArgument(input, 'input');
    if (input.dim() === 0) {
      throw new TorchError('ERR_TORCH', 'glu does not support scalars because halving size must be even');
    }
    return step('glu', input, dim);
  },
  *softmin(input: Tensor, dim: number | null, dtype: string | null): Steps {
    checkTensorArgument(input, 'input');
    return yield* op('softmax.int', yield* op('neg', input), dim ?? softmaxDim('softmin', input), dtype);
  },
  *tanhshrink(input: Tensor): Steps {
    return yield* op('sub', input, yield* op('tanh', input));
  },
  *softsign(input: Tensor): Steps {
    return yield* op('div', input, yield* op('add', yield* op('abs', input), 1));
  },
  *gumbel_softmax(logits: Tensor, tau: number, hard: boolean, eps: number, dim: number): Steps {
    if (eps !== 1e-10) warnOnce('`eps` parameter is deprecated and has no effect.');
    const empty = yield* op('empty_like', logits, { memory_format: 'contiguous_format' });
    const logs = yield* op('log', yield* op('exponential_', empty));
    const gumbels = yield* op('div', yield* op('add', logits, yield* op('neg', logs)), tau);
    const y_soft = yield* op('softmax.int', gumbels, dim);
    if (!hard) return y_soft;
    const [, index] = yield* op<[Tensor, Tensor]>('max.dim', y_soft, dim, true);
    const zeros = yield* op('zeros_like', logits, { memory_format: 'contiguous_format' });
    const y_hard = yield* op('scatter_.value', zeros, dim, index, 1);
    return yield* op('add', yield* op('sub', y_hard, yield* op('detach', y_soft)), y_soft);
  },
};
