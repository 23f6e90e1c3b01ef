/**
 * `torch.nn.init`: initial values of parameters, drawn as in Python. Each function changes its tensor and returns it.
 */
import { checkNumber } from '../addon/arguments.js';
import { handleOf } from '../addon/handle.js';
import { native } from '../addon/native.js';
import { ArgumentRangeError, describe, invalidType, invalidValue } from '../base/errors.js';
import { callShape, readCall } from '../base/positional.js';
import { warnOnce } from '../base/warnings.js';
import type { Tensor } from '../tensor/tensor.js';
import { op, ops, withoutGrad } from '../tensor/call.js';
import { change, draw, isDrawing, using } from './drawing.js';
import { truncatedNormal } from './truncated_normal.js';

/** Options of the functions that draw random numbers. */
export interface RandomOptions {
  /** The generator to draw from. Default: the default generator. */
  generator?: object | null | undefined;
}

/** The functions for which {@link calculate_gain} has a gain. */
export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'conv_transpose1d'
  | 'conv_transpose2d'
  | 'conv_transpose3d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leaky_relu'
  | 'selu';

/** Which number of connections is used to preserve the variance. */
export type FanMode = 'fan_in' | 'fan_out';

/** Options of {@link uniform_}. */
export interface UniformOptions extends RandomOptions {
  /** The lower bound. Default 0. */
  a?: number | undefined;
  /** The upper bound. Default 1. */
  b?: number | undefined;
}

/** Options of {@link normal_}. */
export interface NormalOptions extends RandomOptions {
  /** Default 0. */
  mean?: number | undefined;
  /** The standard deviation. Default 1. */
  std?: number | undefined;
}

/** Options of {@link trunc_normal_}. */
export interface TruncNormalOptions extends NormalOptions {
  /** The lower bound. Default -2. */
  a?: number | undefined;
  /** The upper bound. Default 2. */
  b?: number | undefined;
}

/** Options of Xavier Glorot's functions and of {@link orthogonal_}. */
export interface GainOptions extends RandomOptions {
  /** A factor. Default 1. */
  gain?: number | undefined;
}

/** Options of Kaiming He's functions. */
export interface KaimingOptions extends RandomOptions {
  /** The negative slope of a leaky ReLU. Default 0. */
  a?: number | undefined;
  /** `'fan_in'` preserves the variance in the forward pass, `'fan_out'` in the backward pass. Default `'fan_in'`. */
  mode?: FanMode | undefined;
  /** The activation that follows. Default `'leaky_relu'`. */
  nonlinearity?: Nonlinearity | undefined;
}

/** Options of {@link sparse_}. */
export interface SparseOptions extends RandomOptions {
  /** The fraction of each column that is 0. */
  sparsity?: number | undefined;
  /** The standard deviation of the others. Default 0.01. */
  std?: number | undefined;
}

function checkTensor(tensor: unknown): asserts tensor is Tensor {
  handleOf(tensor, 'tensor');
}

const SHAPES = {
  uniform_: callShape('uniform_', 'a?, b?, generator?'),
  normal_: callShape('normal_', 'mean?, std?, generator?'),
  trunc_normal_: callShape('trunc_normal_', 'mean?, std?, a?, b?, generator?'),
  xavier_uniform_: callShape('xavier_uniform_', 'gain?, generator?'),
  xavier_normal_: callShape('xavier_normal_', 'gain?, generator?'),
  kaiming_uniform_: callShape('kaiming_uniform_', 'a?, mode?, nonlinearity?, generator?'),
  kaiming_normal_: callShape('kaiming_normal_', 'a?, mode?, nonlinearity?, generator?'),
  orthogonal_: callShape('orthogonal_', 'gain?, generator?'),
  sparse_: callShape('sparse_', 'sparsity, std?, generator?'),
  constant_: callShape('constant_', 'val'),
  dirac_: callShape('dirac_', 'groups?'),
};

/** Fills with uniform random numbers from `a` to `b`. */
export function uniform_<T extends Tensor>(
  tensor: T,
  a?: number | UniformOptions,
  b?: number | UniformOptions,
  options?: UniformOptions,
): T;
export function uniform_(tensor: Tensor, ...args: unknown[]): Tensor {
  const { a = 0, b = 1, generator } = readCall<UniformOptions>(SHAPES.uniform_, args);
  draw('uniform_', tensor, [a, b], generator);
  return tensor;
}

/** Fills with random numbers of a normal distribution. */
export function normal_<T extends Tensor>(
  tensor: T,
  mean?: number | NormalOptions,
  std?: number | NormalOptions,
  options?: NormalOptions,
): T;
export function normal_(tensor: Tensor, ...args: unknown[]): Tensor {
  const { mean = 0, std = 1, generator } = readCall<NormalOptions>(SHAPES.normal_, args);
  draw('normal_', tensor, [mean, std], generator);
  return tensor;
}

/** Fills with numbers of a normal distribution between `a` and `b`; those outside are redrawn. */
export function trunc_normal_<T extends Tensor>(
  tensor: T,
  mean?: number | TruncNormalOptions,
  std?: number | TruncNormalOptions,
  a?: number | TruncNormalOptions,
  b?: number | TruncNormalOptions,
  options?: TruncNormalOptions,
): T;
export function trunc_normal_(tensor: Tensor, ...args: unknown[]): Tensor {
  const given = readCall<TruncNormalOptions>(SHAPES.trunc_normal_, args);
  const { mean = 0, std = 1, a = -2, b = 2, generator } = given;
  checkTensor(tensor);
  for (const [name, value] of Object.entries({ mean, std, a, b })) checkNumber(value, name);
  if (!isDrawing()) return tensor;
  if (mean < a - 2 * std || mean > b + 2 * std) {
    warnOnce(
      'mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.',
    );
  }
  withoutGrad(() => truncatedNormal(tensor, mean, std, a, b, generator));
  return tensor;
}

/** Fills with `val`. */
export function constant_<T extends Tensor>(tensor: T, val: number | { val: number }): T;
export function constant_(tensor: Tensor, ...args: unknown[]): Tensor {
  const { val } = readCall<{ val: number }>(SHAPES.constant_, args);
  change('fill_', tensor, val);
  return tensor;
}

/** Fills with ones. */
export function ones_<T extends Tensor>(tensor: T): T {
  change('fill_', tensor, 1);
  return tensor;
}

/** Fills with zeros. */
export function zeros_<T extends Tensor>(tensor: T): T {
  change('zero_', tensor);
  return tensor;
}

/** Fills a matrix with ones on the diagonal and zeros elsewhere. */
export function eye_<T extends Tensor>(tensor: T): T {
  const [rows, columns] = dimensions(tensor, [2], '2 dimensions');
  using((made) => change('copy_', tensor, made(op('eye', rows as number, columns as number))));
  return tensor;
}

/**
 * Fills the weight of a convolution so that it preserves its input: the identity, in each of the `groups`.
 *
 * @throws RangeError if there are not 3, 4 or 5 dimensions, or the first is not divisible by `groups`
 */
export function dirac_<T extends Tensor>(tensor: T, groups?: number | { groups?: number }): T;
export function dirac_(tensor: Tensor, ...args: unknown[]): Tensor {
  const { groups = 1 } = readCall<{ groups?: number }>(SHAPES.dirac_, args);
  const sizes = dimensions(tensor, [3, 4, 5], '3, 4, or 5 dimensions');
  const [out = 0, channels = 0, ...kernel] = sizes;
  checkNumber(groups, 'groups');
  if (!(groups > 0) || out % groups !== 0) throw invalidValue('groups', `a divisor of dim 0, which is ${out}`, groups);
  // Without rows there is nothing to set, whatever the number of groups.
  const each = out / groups;
  const count = each > 0 ? groups : 0;
  change('zero_', tensor);
  using((made) => {
    for (let group = 0; group < count; group++) {
      for (let d = 0; d < Math.min(each, channels); d++) {
        let place = made(op('select', made(op('detach', tensor)), 0, group * each + d));
        for (const at of [d, ...kernel.map((size) => Math.floor(size / 2))]) place = made(op('select', place, 0, at));
        change('fill_', place, 1);
      }
    }
  });
  return tensor;
}

function dimensions(tensor: Tensor, allowed: readonly number[], expected: string): number[] {
  checkTensor(tensor);
  const sizes = [...(tensor.shape as readonly number[])];
  if (!allowed.includes(sizes.length)) throw invalidValue('tensor', expected, sizes.length);
  return sizes;
}

/** On how many inputs each output depends, and how many outputs depend on each input. */
function fans(tensor: Tensor): { fan_in: number; fan_out: number } {
  checkTensor(tensor);
  const [out, inputs, ...kernel] = tensor.shape as readonly number[];
  if (out === undefined || inputs === undefined) {
    throw invalidValue('tensor', 'at least 2 dimensions, for its fan in and fan out', tensor.dim());
  }
  const field = kernel.reduce((product, size) => product * size, 1);
  return { fan_in: inputs * field, fan_out: out * field };
}

/** The fan-in of a weight. */
export function fanIn(tensor: Tensor): number {
  return fans(tensor).fan_in;
}

/** Uniform numbers whose variance balances fan-in and fan-out, after Glorot & Bengio (2010). */
export function xavier_uniform_<T extends Tensor>(tensor: T, gain?: number | GainOptions, options?: GainOptions): T;
export function xavier_uniform_(tensor: Tensor, ...args: unknown[]): Tensor {
  const { gain = 1, generator } = readCall<GainOptions>(SHAPES.xavier_uniform_, args);
  checkNumber(gain, 'gain');
  const { fan_in, fan_out } = fans(tensor);
  const std = gain * Math.sqrt(2 / (fan_in + fan_out));
  const bound = Math.sqrt(3) * std;
  draw('uniform_', tensor, [-bound, bound], generator);
  return tensor;
}

/** Normally distributed numbers whose variance balances fan-in and fan-out, after Glorot & Bengio (2010). */
export function xavier_normal_<T extends Tensor>(tensor: T, gain?: number | GainOptions, options?: GainOptions): T;
export function xavier_normal_(tensor: Tensor, ...args: unknown[]): Tensor {
  const { gain = 1, generator } = readCall<GainOptions>(SHAPES.xavier_normal_, args);
  checkNumber(gain, 'gain');
  const { fan_in, fan_out } = fans(tensor);
  draw('normal_', tensor, [0, gain * Math.sqrt(2 / (fan_in + fan_out))], generator);
  return tensor;
}

/** Uniform numbers for a layer before a ReLU, after He et al. (2015). */
export function kaiming_uniform_<T extends Tensor>(
  tensor: T,
  a?: number | KaimingOptions,
  mode?: FanMode | KaimingOptions,
  nonlinearity?: Nonlinearity | KaimingOptions,
  options?: KaimingOptions,
): T;
export function kaiming_uniform_(tensor: Tensor, ...args: unknown[]): Tensor {
  const given = readCall<KaimingOptions>(SHAPES.kaiming_uniform_, args);
  const std = kaimingStd(tensor, given);
  if (std === undefined) return tensor;
  const bound = Math.sqrt(3) * std;
  draw('uniform_', tensor, [-bound, bound], given.generator);
  return tensor;
}

/** Normally distributed numbers for a layer before a ReLU, after He et al. (2015). */
export function kaiming_normal_<T extends Tensor>(
  tensor: T,
  a?: number | KaimingOptions,
  mode?: FanMode | KaimingOptions,
  nonlinearity?: Nonlinearity | KaimingOptions,
  options?: KaimingOptions,
): T;
export function kaiming_normal_(tensor: Tensor, ...args: unknown[]): Tensor {
  const given = readCall<KaimingOptions>(SHAPES.kaiming_normal_, args);
  const std = kaimingStd(tensor, given);
  if (std !== undefined) draw('normal_', tensor, [0, std], given.generator);
  return tensor;
}

function kaimingStd(tensor: Tensor, { a = 0, mode = 'fan_in', nonlinearity = 'leaky_relu' }: KaimingOptions) {
  checkTensor(tensor);
  if ((tensor.shape as readonly number[]).includes(0)) {
    warnOnce('Initializing zero-element tensors is a no-op');
    return undefined;
  }
  const name = typeof mode === 'string' ? mode.toLowerCase() : mode;
  if (name !== 'fan_in' && name !== 'fan_out') throw invalidValue('mode', "'fan_in' or 'fan_out'", mode);
  return calculate_gain(nonlinearity, a) / Math.sqrt(fans(tensor)[name]);
}

/**
 * A (semi-)orthogonal matrix, after Saxe et al. (2013): the rows are orthogonal to each other, or the columns if there
 * are fewer of them. Further dimensions are flattened.
 */
export function orthogonal_<T extends Tensor>(tensor: T, gain?: number | GainOptions, options?: GainOptions): T;
export function orthogonal_(tensor: Tensor, ...args: unknown[]): Tensor {
  const { gain = 1, generator } = readCall<GainOptions>(SHAPES.orthogonal_, args);
  checkTensor(tensor);
  const [rows = 0, second] = tensor.shape as readonly number[];
  if (second === undefined) throw invalidValue('tensor', '2 or more dimensions', tensor.dim());
  if (tensor.numel() === 0) return tensor;
  const columns = tensor.numel() / rows;
  withoutGrad(() =>
    using((made) => {
      let flattened = made(op('new_empty', tensor, [rows, columns]));
      draw('normal_', flattened, [0, 1], generator);
      if (rows < columns) flattened = made(op('t', flattened));
      const [q, r] = ops('linalg_qr', flattened) as [Tensor, Tensor];
      const phase = made(op('sign', made(op('diag', made(r), 0))));
      let result = made(q);
      change('mul_', result, phase);
      if (rows < columns) result = made(op('t', result));
      change('copy_', made(op('view_as', tensor, result)), result);
      change('mul_', tensor, gain);
    }),
  );
  return tensor;
}

/** Normally distributed numbers with a fraction of zeros in each column, after Martens (2010). */
export function sparse_<T extends Tensor>(
  tensor: T,
  sparsity: number | SparseOptions,
  std?: number | SparseOptions,
  options?: SparseOptions,
): T;
export function sparse_(tensor: Tensor, ...args: unknown[]): Tensor {
  const { sparsity, std = 0.01, generator } = readCall<SparseOptions & { sparsity: number }>(SHAPES.sparse_, args);
  const [rows = 0, columns = 0] = dimensions(tensor, [2], '2 dimensions');
  checkNumber(sparsity, 'sparsity');
  const zeros = Math.ceil(sparsity * rows);
  draw('normal_', tensor, [0, std], generator);
  withoutGrad(() =>
    using((made) => {
      const detached = made(op('detach', tensor));
      for (let column = 0; column < columns; column++) {
        const order = made(op('randperm', rows));
        // Python's `order[:zeros]`: a negative count is counted from the end.
        const chosen = made(op('slice', order, 0, 0, zeros));
        change('index_fill_', made(op('select', detached, 1, column)), 0 as never, chosen, 0);
      }
    }),
  );
  return tensor;
}

const LINEAR = ['linear', 'conv1d', 'conv2d', 'conv3d', 'conv_transpose1d', 'conv_transpose2d', 'conv_transpose3d'];

/**
 * The recommended gain for an activation.
 *
 * @param param - the negative slope of `'leaky_relu'`. Default 0.01
 * @throws RangeError for an activation without one
 */
export function calculate_gain(nonlinearity: Nonlinearity, param?: number | null): number {
  if (LINEAR.includes(nonlinearity) || nonlinearity === 'sigmoid') return 1;
  switch (nonlinearity) {
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.sqrt(2);
    case 'leaky_relu': {
      const slope = param ?? 0.01;
      if (typeof slope !== 'number') throw invalidType('param', 'a number as the negative slope', slope);
      return Math.sqrt(2 / (1 + native().scalar_math('pow', slope, 2)));
    }
    case 'selu':
      return 3 / 4;
    default:
      throw new ArgumentRangeError('nonlinearity', 'a function with a known gain', describe(nonlinearity));
  }
}
