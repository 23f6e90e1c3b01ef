/** Functions that make tensors of random numbers. */
import { checkOptions, readSizes } from '../addon/arguments.js';
import { isTensor } from '../addon/handle.js';
import { invalidType } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import type { DType, Shape } from '../base/types.js';
import { make, OPTIONS, type OutOptions, readSizeArguments } from './creation.js';
import { dispatchTensor } from './dispatch.js';
import { checkGenerator, type Generator } from './generator.js';
import { Tensor } from './tensor.js';

/** The options of every function that makes a tensor of random numbers. */
export interface RandomOptions<D extends DType = DType> extends OutOptions<D> {
  /** The generator to draw from. Default: the device's default generator, which `torch.manual_seed` seeds. */
  generator?: Generator | null | undefined;
}

const RANDOM_OPTIONS = [...OPTIONS, 'out', 'generator'];

function draw(name: string, positional: readonly unknown[], options: RandomOptions = {}): Tensor {
  checkOptions(options, RANDOM_OPTIONS);
  const { generator, ...rest } = options;
  checkGenerator(generator);
  return make(name, positional, rest, generator == null ? {} : { generator });
}

/** Uniform random numbers from 0 up to but not including 1. */
export function rand<const S extends Shape, D extends DType = 'float32'>(
  size: S,
  options?: RandomOptions<D>,
): Tensor<S, NoInfer<D>>;
export function rand<const S extends Shape>(...size: S): Tensor<S, 'float32'>;
export function rand<const S extends Shape, D extends DType = 'float32'>(
  ...sizes: readonly [...size: S, options: RandomOptions<D>]
): Tensor<S, NoInfer<D>>;
export function rand(...args: unknown[]): Tensor {
  const [size, options] = readSizeArguments<RandomOptions>(args);
  return draw('rand', [size], options);
}

/** Random numbers of the standard normal distribution. */
export function randn<const S extends Shape, D extends DType = 'float32'>(
  size: S,
  options?: RandomOptions<D>,
): Tensor<S, NoInfer<D>>;
export function randn<const S extends Shape>(...size: S): Tensor<S, 'float32'>;
export function randn<const S extends Shape, D extends DType = 'float32'>(
  ...sizes: readonly [...size: S, options: RandomOptions<D>]
): Tensor<S, NoInfer<D>>;
export function randn(...args: unknown[]): Tensor {
  const [size, options] = readSizeArguments<RandomOptions>(args);
  return draw('randn', [size], options);
}

/** Random integers from `low`, or 0, up to but not including `high`; int64 unless `dtype` is given. */
export function randint<const S extends Shape, D extends DType = 'int64'>(
  high: number | bigint,
  size: S,
  options?: RandomOptions<D>,
): Tensor<S, NoInfer<D>>;
export function randint<const S extends Shape, D extends DType = 'int64'>(
  low: number | bigint,
  high: number | bigint,
  size: S,
  options?: RandomOptions<D>,
): Tensor<S, NoInfer<D>>;
export function randint(...values: unknown[]): Tensor {
  const given = isArray(values[1]) ? [0, ...values] : values;
  const [low, high, size, options = {}] = given as [unknown, unknown, unknown, RandomOptions | undefined];
  checkOptions(options, RANDOM_OPTIONS);
  return draw('randint', [low, high, readSizes(size, 'size')], { ...options, dtype: options.dtype ?? 'int64' });
}

/** The integers from 0 up to but not including `n` in a random order; int64 unless `dtype` is given. */
export function randperm<const N extends number, D extends DType = 'int64'>(
  n: N,
  options: RandomOptions<D> = {},
): Tensor<readonly [N], NoInfer<D>> {
  checkOptions(options, RANDOM_OPTIONS);
  return draw('randperm', [n], { ...options, dtype: options.dtype ?? 'int64' });
}

/**
 * Random numbers of normal distributions.
 *
 * @param mean - the mean of all numbers, or of each
 * @param std - the standard deviation of all numbers, or of each. Default 1 if `mean` is a tensor
 * @param size - the size of the result if both are numbers; its dtype is then float32 unless given. Otherwise the
 *   result has the dtype of the tensors
 */
export function normal<const S extends Shape, D extends DType = 'float32'>(
  mean: number,
  std: number,
  size: S,
  options?: RandomOptions<D>,
): Tensor<S, NoInfer<D>>;
export function normal<S extends Shape, D extends DType>(
  mean: Tensor<S, D>,
  std?: number | Tensor<Shape, D>,
  options?: { generator?: Generator | null | undefined; out?: Tensor | null | undefined },
): Tensor<S, D>;
export function normal<S extends Shape, D extends DType>(
  mean: number,
  std: Tensor<S, D>,
  options?: { generator?: Generator | null | undefined; out?: Tensor | null | undefined },
): Tensor<S, D>;
export function normal(mean: number | Tensor, std: number | Tensor = 1, ...rest: unknown[]): Tensor {
  if (!isTensor(mean) && !isTensor(std)) {
    const [size, options] = rest as [unknown, RandomOptions | undefined];
    if (typeof mean !== 'number') throw invalidType('mean', 'a number or a Tensor', mean);
    return draw('normal', [mean, std, readSizes(size, 'size')], options);
  }
  const [options = {}] = rest as [RandomOptions | undefined];
  checkOptions(options, ['generator', 'out']);
  const { generator, out } = options;
  checkGenerator(generator);
  const named = { generator: generator ?? undefined, out: out ?? undefined };
  const result = dispatchTensor('normal', [mean, std], named);
  return out ?? new Tensor(result);
}
