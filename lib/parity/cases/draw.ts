import { isFloat } from '../../tensor/dtypes.js';
import type { DType, Float, Shape } from '../../base/types.js';
import { encode } from '../wire/bits.js';
import type { CaseTensor, Strided } from './cases.js';
import type { Random } from './random.js';

/** What is special about the tensors of a case. */
export const FLAVOURS = [
  'usual',
  'strided',
  'broadcast',
  'options',
  'unbatched',
  'extreme',
  'empty',
  'tiny',
  'equal',
  'long',
  'edges',
  'nonfinite',
  'legacy',
] as const;

/** One of {@link FLAVOURS}. */
export type Flavour = (typeof FLAVOURS)[number];

/** The largest exponents of `extreme` values: their squares overflow or not. */
const EXTREME: Readonly<Record<Float, number>> = { float16: 4, bfloat16: 37, float32: 37, float64: 300 };
/** The exponents of `tiny` values: some below the smallest normal number. */
const TINY: Readonly<Record<Float, number>> = { float16: -7, bfloat16: -39, float32: -43, float64: -315 };
/** More elements than LibTorch processes on one thread. */
const LONG = 40_000;
const NONFINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Draws the tensors of a case according to its flavour. */
export class Draw {
  readonly random: Random;
  readonly dtype: Float;
  readonly flavour: Flavour;

  constructor(random: Random, dtype: Float, flavour: Flavour) {
    this.random = random;
    this.dtype = dtype;
    this.flavour = flavour;
  }

  is(...flavours: readonly Flavour[]): boolean {
    return flavours.includes(this.flavour);
  }

  /** Sizes of `least` to `most` dimensions. */
  shape(least: number, most: number): number[] {
    const { random } = this;
    if (this.is('long')) return most === 1 || random.chance(0.5) ? [LONG] : [random.integer(150, 250), 201];
    const rank = this.is('unbatched') ? least : random.integer(least, most);
    const sizes = Array.from({ length: rank }, () => (random.chance(0.15) ? random.integer(9, 40) : this.size()));
    if (this.is('empty') && rank > 0) sizes[random.integer(0, rank - 1)] = 0;
    return sizes;
  }

  /** The number of samples. */
  batch(): number {
    if (this.is('empty')) return 0;
    return this.is('long') ? this.random.integer(3000, 5000) : this.size();
  }

  /** A small size, never 0. */
  size(least = 1, most = 6): number {
    return this.random.integer(least, most);
  }

  /** A shape that broadcasts with `shape`: some sizes are 1, or leading ones are left out. */
  broadcast(shape: Shape): number[] {
    const { random } = this;
    if (random.chance(0.3)) return shape.slice(random.integer(0, shape.length));
    return shape.map((size) => (random.chance(0.5) ? 1 : size));
  }

  /** Numbers around 0. */
  real(shape: Shape, { scale = 1.5, grad = true }: { scale?: number; grad?: boolean } = {}): CaseTensor {
    const { random, dtype } = this;
    return this.float(shape, grad, () => {
      const value = random.normal() * scale;
      if (this.is('extreme')) return value * 10 ** random.uniform(0, EXTREME[dtype]);
      if (this.is('tiny')) return value * 10 ** random.uniform(TINY[dtype], 0);
      if (this.is('edges', 'equal')) return random.pick([0, -0, 1, -1, 0.5, 2, value]);
      return value;
    });
  }

  /** Numbers from 0 to 1. */
  probability(shape: Shape, grad = true): CaseTensor {
    const { random } = this;
    return this.float(shape, grad, () => {
      if (this.is('edges', 'extreme')) return random.pick([0, 1, 0.5, random.next(), 1e-6]);
      return this.is('tiny') ? 10 ** random.uniform(TINY[this.dtype], 0) : random.next();
    });
  }

  /** Numbers above 0. */
  positive(shape: Shape, grad = true): CaseTensor {
    const { random } = this;
    return this.float(shape, grad, () => {
      if (this.is('edges')) return random.pick([0, 1e-7, 1, random.next()]);
      if (this.is('extreme')) return 10 ** random.uniform(-3, EXTREME[this.dtype]);
      return random.uniform(0.05, 3);
    });
  }

  /** Whole numbers from 0 on, in the floating dtype. */
  count(shape: Shape, grad = false): CaseTensor {
    return this.float(shape, grad, () => this.random.integer(0, this.is('extreme') ? 2000 : 6));
  }

  /** 1 or -1; at the edges also other numbers. */
  sign(shape: Shape): CaseTensor {
    const { random } = this;
    return this.float(shape, false, () => (this.is('edges') ? random.pick([1, -1, 0, 0.5, -2]) : random.pick([1, -1])));
  }

  /** 0 or 1. */
  bit(shape: Shape, grad = false): CaseTensor {
    return this.float(shape, grad, () => this.random.integer(0, 1));
  }

  /** Logarithms of numbers that add up to 1 over dimension `dim`. */
  logProbability(shape: Shape, dim: number, grad = true): CaseTensor {
    const values = logSoftmax(shape, dim, this.random);
    let next = 0;
    return this.float(shape, grad, () => {
      const value = values[next++] as number;
      return this.is('edges') && this.random.chance(0.15) ? Number.NEGATIVE_INFINITY : value;
    });
  }

  /** Class indices; `extra` are values that may occur among them. */
  labels(shape: Shape, classes: number, dtype: DType, extra: readonly number[] = []): CaseTensor {
    const { random } = this;
    const draw = (): number =>
      extra.length > 0 && random.chance(0.3) ? random.pick(extra) : random.integer(0, classes - 1);
    return this.make(shape, dtype, draw, false);
  }

  /** The given numbers in the shape and dtype of the case. */
  given(shape: Shape, values: readonly number[], dtype: DType): CaseTensor {
    let next = 0;
    return this.make(shape, dtype, () => values[next++] as number, false);
  }

  /** The same elements without a gradient, or with one. */
  withGradient(tensor: CaseTensor, requires_grad: boolean): CaseTensor {
    return { ...tensor, requires_grad };
  }

  float(shape: Shape, grad: boolean, draw: () => number): CaseTensor {
    const { random } = this;
    const element = (): number => {
      const value = draw();
      return this.is('nonfinite') && random.chance(0.1) ? random.pick(NONFINITE) : value;
    };
    return this.make(shape, this.dtype, element, grad);
  }

  private make(shape: Shape, dtype: DType, draw: () => number, grad: boolean): CaseTensor {
    const data = encode(Array.from({ length: product(shape) }, draw), dtype);
    const tensor: CaseTensor = { dtype, shape: [...shape], data, requires_grad: grad && isFloat(dtype) };
    return this.is('strided') && shape.length > 0 ? { ...tensor, strided: this.lay(tensor) } : tensor;
  }

  /** Places a tensor in a larger storage: with swapped dimensions, gaps and an offset. */
  private lay({ shape, data }: CaseTensor): Strided {
    const { random } = this;
    const gap = random.integer(1, 2);
    const offset = random.integer(0, 3);
    const order = shape.map((_, dim) => dim);
    if (random.chance(0.6)) order.reverse();
    const strides = shape.map(() => 0);
    let stride = gap;
    for (const dim of order.toReversed()) {
      strides[dim] = stride;
      stride *= Math.max(shape[dim] as number, 1);
    }
    const storage = data.slice(0, 0).constructor as new (length: number) => typeof data;
    const made = new storage(offset + stride);
    for (let index = 0; index < data.length; index++) {
      let rest = index;
      let at = offset;
      for (let dim = shape.length - 1; dim >= 0; dim--) {
        at += (rest % (shape[dim] as number)) * (strides[dim] as number);
        rest = Math.floor(rest / (shape[dim] as number));
      }
      made[at] = data[index] as never;
    }
    return { storage: made, strides, offset };
  }
}

/** Random logits, normalized over a dimension. */
function logSoftmax(shape: Shape, dim: number, random: Random): number[] {
  const logits = Array.from({ length: product(shape) }, () => random.normal() * 2);
  const inner = product(shape.slice(dim + 1));
  const classes = shape[dim] ?? 1;
  for (let start = 0; start < logits.length; start++) {
    if (Math.floor(start / inner) % classes !== 0) continue;
    const at = Array.from({ length: classes }, (_, index) => start + index * inner);
    const total = Math.log(at.reduce((sum, index) => sum + Math.exp(logits[index] as number), 0));
    for (const index of at) logits[index] = (logits[index] as number) - total;
  }
  return logits;
}

function product(sizes: Shape): number {
  return sizes.reduce((total, size) => total * size, 1);
}
