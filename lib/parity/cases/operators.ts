/** Random calls of operators, made here and in Python. */
import { Random } from './random.js';

/** The dtypes of the tensors. */
export type DrawnDType = 'float32' | 'float64' | 'int64' | 'bool';

/** A tensor as its elements. */
export interface DrawnTensor {
  readonly dtype: DrawnDType;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly requires_grad: boolean;
}

/** A call by a name that exists in both languages. */
export interface DrawnCall {
  readonly id: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** The argument of `torch.manual_seed` before the call. */
  readonly seed: number;
}

/** Draws the arguments of a call. */
type Draw = (draw: Drawer) => {
  readonly args: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
};

class Drawer {
  readonly random: Random;
  readonly dtype: 'float32' | 'float64';
  readonly wantsGradient: boolean;

  constructor(random: Random) {
    this.random = random;
    this.dtype = random.pick(['float32', 'float64']);
    this.wantsGradient = random.chance(0.5);
  }

  shape(least = 1, most = 3): number[] {
    return Array.from({ length: this.random.integer(least, most) }, () => this.random.integer(1, 6));
  }

  /** A floating tensor; positive elements are from 0.1 to 3. */
  float(shape: readonly number[], positive = false): DrawnTensor {
    const count = shape.reduce((product, size) => product * size, 1);
    const value = () => (positive ? this.random.uniform(0.1, 3) : 2 * this.random.normal());
    return this.#tensor(this.dtype, shape, Array.from({ length: count }, value), this.wantsGradient);
  }

  /** Integers from 0 up to but not including `below`. */
  integers(shape: readonly number[], below: number): DrawnTensor {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Array.from({ length: count }, () => this.random.integer(0, below - 1));
    return this.#tensor('int64', shape, values, false);
  }

  mask(shape: readonly number[]): DrawnTensor {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Array.from({ length: count }, () => (this.random.chance(0.5) ? 1 : 0));
    return this.#tensor('bool', shape, values, false);
  }

  /** A shape that broadcasts against another. */
  broadcast(shape: readonly number[]): number[] {
    const kept = shape.slice(this.random.integer(0, shape.length));
    return kept.map((size) => (this.random.chance(0.3) ? 1 : size));
  }

  dim(shape: readonly number[]): number {
    return this.random.integer(-shape.length, shape.length - 1);
  }

  #tensor(dtype: DrawnDType, shape: readonly number[], values: number[], requires_grad: boolean): DrawnTensor {
    return { dtype, shape, values, requires_grad };
  }
}

const unary =
  (positive: boolean): Draw =>
  (draw) => ({ args: [draw.float(draw.shape(0), positive)] });
const binary =
  (positive: boolean): Draw =>
  (draw) => {
    const shape = draw.shape(0);
    return { args: [draw.float(shape, positive), draw.float(draw.broadcast(shape), positive)] };
  };
const reduced: Draw = (draw) => {
  const shape = draw.shape();
  return { args: [draw.float(shape), draw.dim(shape)], kwargs: { keepdim: draw.random.chance(0.5) } };
};
const along: Draw = (draw) => {
  const shape = draw.shape();
  return { args: [draw.float(shape), draw.dim(shape)] };
};
const random: Draw = (draw) => ({ args: [draw.float(draw.shape())] });

const TABLE: readonly (readonly [names: string, draw: Draw])[] = [
  [
    `abs neg exp sin cos tanh sigmoid relu floor ceil round trunc sign square erf expm1 atan asinh sinh cosh erfc
    logical_not isnan isfinite t_copy frac sinc`.replace('t_copy ', ''),
    unary(false),
  ],
  ['log log1p log2 log10 sqrt rsqrt reciprocal lgamma digamma', unary(true)],
  [
    'add sub mul maximum minimum fmax fmin atan2 eq ne lt le gt ge logical_and logical_or copysign hypot',
    binary(false),
  ],
  ['div pow fmod remainder xlogy logaddexp', binary(true)],
  ['sum mean amax amin logsumexp var std argmax argmin any all median prod', reduced],
  ['cumsum cumprod softmax log_softmax sort argsort cummax cummin logcumsumexp flip unbind', along],
  ['nn.functional.gelu nn.functional.silu nn.functional.softplus nn.functional.elu nn.functional.selu', unary(false)],
  ['nn.functional.mish nn.functional.hardswish nn.functional.leaky_relu nn.functional.logsigmoid', unary(false)],
  ['nn.functional.dropout', random],
  [
    'rand_like randn_like zeros_like ones_like',
    (draw) => ({ args: [{ ...draw.float(draw.shape()), requires_grad: false }] }),
  ],
  [
    'bernoulli',
    (draw) => ({
      args: [draw.float(draw.shape(), true)].map((tensor) => ({
        ...tensor,
        values: tensor.values.map((value) => value / 4),
        requires_grad: false,
      })),
    }),
  ],
  [
    'matmul nn.functional.linear',
    (draw) => {
      const [rows, inner] = [draw.random.integer(1, 8), draw.random.integer(1, 8)];
      return { args: [draw.float([rows, inner]), draw.float([inner, inner])] };
    },
  ],
  ['bmm', (draw) => ({ args: [draw.float([2, 3, 4]), draw.float([2, 4, draw.random.integer(1, 5)])] })],
  [
    'nn.functional.conv2d',
    (draw) => ({
      args: [draw.float([2, 2, 6, draw.random.integer(4, 8)]), draw.float([3, 2, 3, 3]), draw.float([3])],
      kwargs: { stride: draw.random.integer(1, 2), padding: draw.random.integer(0, 1) },
    }),
  ],
  [
    'nn.functional.max_pool2d nn.functional.avg_pool2d',
    (draw) => ({ args: [draw.float([2, 2, 6, 6]), 2], kwargs: { stride: draw.random.integer(1, 2) } }),
  ],
  ['nn.functional.layer_norm', (draw) => ({ args: [draw.float([3, 5]), [5], draw.float([5]), draw.float([5])] })],
  ['nn.functional.normalize', (draw) => ({ args: [draw.float([3, 5])], kwargs: { p: draw.random.pick([1, 2, 3]) } })],
  ['nn.functional.pad', (draw) => ({ args: [draw.float([3, 4]), [1, 2]], kwargs: { value: 0.5 } })],
  [
    'nn.functional.interpolate',
    (draw) => ({
      args: [draw.float([1, 2, 3, 4])],
      kwargs: { scale_factor: 2, mode: draw.random.pick(['nearest', 'bilinear', 'bicubic']) },
    }),
  ],
  [
    'nn.functional.scaled_dot_product_attention',
    (draw) => ({ args: [0, 0, 0].map(() => draw.float([2, 2, 4, 8])), kwargs: { is_causal: draw.random.chance(0.5) } }),
  ],
  ['nn.functional.embedding', (draw) => ({ args: [draw.integers([2, 3], 7), draw.float([7, 4])] })],
  ['gather', (draw) => ({ args: [draw.float([4, 5]), 1, draw.integers([4, 3], 5)] })],
  ['index_select', (draw) => ({ args: [draw.float([4, 5]), 0, draw.integers([3], 4)] })],
  ['masked_fill', (draw) => ({ args: [draw.float([3, 4]), draw.mask([3, 4]), -1.5] })],
  ['masked_select', (draw) => ({ args: [draw.float([3, 4]), draw.mask([3, 4])] })],
  ['where', (draw) => ({ args: [draw.mask([3, 4]), draw.float([3, 4]), draw.float([4])] })],
  ['topk kthvalue', (draw) => ({ args: [draw.float([3, 6]), draw.random.integer(1, 6)] })],
  ['max min', reduced],
  ['transpose', (draw) => ({ args: [draw.float([2, 3, 4]), draw.random.integer(0, 2), draw.random.integer(0, 2)] })],
  [
    'Tensor.view Tensor.reshape',
    (draw) => ({ args: [draw.float([3, 4]), draw.random.pick([[-1], [2, 6], [4, -1], [12, 1]])] }),
  ],
  ['Tensor.expand', (draw) => ({ args: [draw.float([1, 4]), [draw.random.integer(1, 4), 4]] })],
  [
    'permute',
    (draw) => ({
      args: [
        draw.float([2, 3, 4]),
        draw.random.pick([
          [2, 0, 1],
          [1, 0, 2],
          [0, 2, 1],
        ]),
      ],
    }),
  ],
  ['roll', (draw) => ({ args: [draw.float([3, 4]), draw.random.integer(-3, 3), draw.random.integer(0, 1)] })],
  ['clamp', (draw) => ({ args: [draw.float(draw.shape()), -1, 1] })],
  ['linalg.norm linalg.vector_norm', (draw) => ({ args: [draw.float([4, 5])] })],
  ['linalg.inv linalg.det linalg.slogdet', (draw) => ({ args: [draw.float([4, 4])] })],
  ['special.expit special.erf special.i0 special.entr', unary(true)],
  ['einsum', (draw) => ({ args: ['ij,jk->ik', draw.float([3, 4]), draw.float([4, 2])] })],
];

const NAMES: readonly (readonly [name: string, draw: Draw])[] = TABLE.flatMap(([names, draw]) =>
  names
    .trim()
    .split(/\s+/)
    .map((name): [string, Draw] => [name.startsWith('Tensor.') ? name : `torch.${name}`, draw]),
);

/** The requested number of calls, with all names in turn. */
export function drawOperators(count: number, seed: number): DrawnCall[] {
  return Array.from({ length: count }, (_, index) => {
    const [name, draw] = NAMES[index % NAMES.length] as [string, Draw];
    const number = Math.floor(index / NAMES.length);
    const id = `${name}/${number}`;
    const source = new Random(`${seed}/${id}`);
    const { args, kwargs = {} } = draw(new Drawer(source));
    return { id, name, args, kwargs, seed: source.integer(0, 2 ** 31 - 1) };
  });
}
