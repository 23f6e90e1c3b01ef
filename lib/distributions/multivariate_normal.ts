import { callShape, readCall } from '../base/positional.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isTensor } from '../addon/handle.js';
import { op } from '../tensor/call.js';
import { solve_triangular } from '../tensor/surface/linalg.js';
import type { Tensor } from '../tensor/tensor.js';
import { LOWER_CHOLESKY, POSITIVE_DEFINITE, REAL_VECTOR } from './constraints.js';
import { broadcastShape, demand, Distribution, type DistributionOptions, lazily } from './distribution.js';

/** Options of {@link MultivariateNormal}: `loc`, and one of the three matrices. */
export interface MultivariateNormalOptions extends DistributionOptions {
  /** The mean. */
  loc?: Tensor | undefined;
  /** The covariances: symmetric and positive definite. */
  covariance_matrix?: Tensor | null | undefined;
  /** Their inverse. */
  precision_matrix?: Tensor | null | undefined;
  /** The lower triangular factor `L` of the covariances, `L·Lᵀ`. */
  scale_tril?: Tensor | null | undefined;
}

const MATRICES = {
  covariance_matrix: POSITIVE_DEFINITE,
  precision_matrix: POSITIVE_DEFINITE,
  scale_tril: LOWER_CHOLESKY,
};
type Matrix = keyof typeof MATRICES;
/** The factor of a distribution, before it was broadcast. */
let unbroadcast: (normal: MultivariateNormal) => Tensor;

const SHAPE = callShape('MultivariateNormal', `loc, ${Object.keys(MATRICES).join('?, ')}?, validate_args?`);

/**
 * The normal distribution of vectors, of mean `loc` and covariances that are given directly, by their inverse or by their
 * Cholesky factor, which is the quickest.
 *
 * @example
 * ```ts
 * const m = new torch.distributions.MultivariateNormal(torch.zeros([2]), torch.eye(2));
 * m.log_prob(torch.zeros([2])).item().toFixed(4);   // '-1.8379'
 * ```
 */
export class MultivariateNormal extends Distribution {
  readonly loc: Tensor;
  /** The factor, before it was broadcast. */
  readonly #factor: Tensor;
  readonly #matrices: Record<Matrix, () => Tensor>;

  constructor(
    loc: Tensor | MultivariateNormalOptions,
    covariance_matrix?: Tensor | null | MultivariateNormalOptions,
    precision_matrix?: Tensor | null | MultivariateNormalOptions,
    scale_tril?: Tensor | null | MultivariateNormalOptions,
    validate_args?: boolean | null | MultivariateNormalOptions,
  );
  constructor(...args: unknown[]) {
    const given = readCall<MultivariateNormalOptions>(SHAPE, args);
    const { which, matrix, loc } = readNormal(given);
    const batch_shape = broadcastShape(matrix.shape.slice(0, -2), loc.shape.slice(0, -1));
    super(batch_shape, given.validate_args, loc.shape.slice(-1));
    if (this.checks) {
      demand('loc', loc, REAL_VECTOR);
      demand(which, matrix, MATRICES[which]);
    }
    this.loc = loc.expand([...batch_shape, -1]);
    const factor = factorOf(which, matrix);
    this.#factor = factor;
    const expanded = (x: Tensor) => x.expand([...batch_shape, -1, -1]);
    const broadcast = expanded(matrix);
    this.#matrices = {
      scale_tril: lazily(() => expanded(factor)),
      covariance_matrix: lazily(() => expanded(factor.matmul(factor.transpose(-2, -1)))),
      precision_matrix: lazily(() => expanded(factor.cholesky_inverse())),
      [which]: () => broadcast,
    };
  }

  get scale_tril(): Tensor {
    return this.#matrices.scale_tril();
  }

  get covariance_matrix(): Tensor {
    return this.#matrices.covariance_matrix();
  }

  get precision_matrix(): Tensor {
    return this.#matrices.precision_matrix();
  }

  get mean(): Tensor {
    return this.loc;
  }

  override get mode(): Tensor {
    return this.loc;
  }

  get variance(): Tensor {
    return this.#factor.pow(2).sum(-1).expand(this.extended([]));
  }

  override rsample(sample_shape: readonly number[] = []): Tensor {
    const noise = this.loc.new_empty(this.extended(sample_shape)).normal_();
    return this.loc.add(this.#factor.matmul(noise.unsqueeze(-1)).squeeze(-1));
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, REAL_VECTOR);
    const distance = mahalanobis(this.#factor, value.sub(this.loc));
    const size = this.event_shape[0] as number;
    return distance
      .add(size * Math.log(2 * Math.PI))
      .mul(-0.5)
      .sub(halfLogDet(this.#factor));
  }

  override entropy(): Tensor {
    const size = this.event_shape[0] as number;
    const entropy = halfLogDet(this.#factor).add(0.5 * size * (1 + Math.log(2 * Math.PI)));
    return this.batch_shape.length === 0 ? entropy : entropy.expand([...this.batch_shape]);
  }

  static {
    unbroadcast = (normal) => normal.#factor;
  }
}

/** `KL(p ‖ q)`. */
export function divergenceOfNormals(p: MultivariateNormal, q: MultivariateNormal): Tensor {
  if (String(p.event_shape) !== String(q.event_shape)) throw invalidValue('q', 'vectors as long as those of p', q.loc);
  const [own, other] = [unbroadcast(p), unbroadcast(q)];
  const size = p.event_shape[0] as number;
  const batch = broadcastShape(other.shape.slice(0, -2), own.shape.slice(0, -2));
  const shape = [...batch, size, size];
  const ratio = solve_triangular(other.expand(shape), own.expand(shape), { upper: false });
  const trace = ratio
    .reshape([-1, size * size])
    .pow(2)
    .sum(-1)
    .reshape(batch);
  const distance = mahalanobis(other, q.loc.sub(p.loc));
  return halfLogDet(other).sub(halfLogDet(own)).add(trace.add(distance).sub(size).mul(0.5));
}

function readNormal(given: MultivariateNormalOptions): { which: Matrix; matrix: Tensor; loc: Tensor } {
  const named = (Object.keys(MATRICES) as Matrix[]).filter((name) => given[name] != null);
  const [which] = named;
  if (which === undefined || named.length > 1)
    throw invalidValue(
      'covariance_matrix',
      'one of covariance_matrix, precision_matrix and scale_tril',
      named.join(', '),
    );
  const { loc, [which]: matrix } = given;
  if (!isTensor(loc)) throw invalidType('loc', 'a Tensor', loc);
  if (!isTensor(matrix)) throw invalidType(which, 'a Tensor', matrix);
  const size = (loc as Tensor).shape.at(-1) as number | undefined;
  if (size === undefined) throw invalidValue('loc', 'at least one dimension', loc);
  if (String((matrix as Tensor).shape.slice(-2)) !== String([size, size]))
    throw invalidValue(which, `matrices of ${size} x ${size}, for each element of loc`, matrix);
  return { which, matrix: matrix as Tensor, loc: loc as Tensor };
}

function factorOf(which: Matrix, matrix: Tensor): Tensor {
  if (which === 'scale_tril') return matrix;
  if (which === 'covariance_matrix') return op('linalg_cholesky', matrix);
  const flipped = op('linalg_cholesky', matrix.flip([-2, -1]));
  const inverse = flipped.flip([-2, -1]).transpose(-2, -1);
  const one = op('eye', matrix.shape.at(-1) as number).to(matrix);
  return solve_triangular(inverse, one, { upper: false });
}

function halfLogDet(factor: Tensor): Tensor {
  return op('diagonal', factor, 0, -2, -1).log().sum(-1);
}

/** `xᵀ·(L·Lᵀ)⁻¹·x` of vectors, whose batches may repeat those of the factors `L`. */
function mahalanobis(factor: Tensor, x: Tensor): Tensor {
  const size = x.shape.at(-1) as number;
  const batch = x.shape.slice(0, -1) as number[];
  const own = factor.shape.slice(0, -2) as number[];
  const outer = batch.length - own.length;
  // Each dimension of the batch is split into its repetitions and the factors; the repetitions come first.
  const inner = own.map((_, at) => outer + 2 * at);
  const order = [...range(outer), ...inner, ...inner.map((at) => at + 1), outer + 2 * own.length];
  const split = own.flatMap((count, at) => [(batch[outer + at] as number) / count, count]);
  const apart = x.reshape([...batch.slice(0, outer), ...split, size]).permute(order);
  const factors = factor.reshape([-1, size, size]);
  const columns = apart.reshape([-1, factors.shape[0], size]).permute([1, 2, 0]);
  const squares = solve_triangular(factors, columns, { upper: false }).pow(2).sum(-2).t();
  const back = [...range(outer), ...own.flatMap((_, at) => [outer + at, batch.length + at])];
  return squares.reshape(apart.shape.slice(0, -1)).permute(back).reshape(batch);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
