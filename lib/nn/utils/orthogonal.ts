/** `parametrizations.orthogonal`. */
import { outsideScopes, scope } from '../../addon/scope.js';
import { checkBoolean } from '../../addon/arguments.js';
import { ArgumentRangeError, invalidType, invalidValue, TorchError } from '../../base/errors.js';
import { callShape, readCall } from '../../base/positional.js';
import type { Device, Float } from '../../base/types.js';
import { inPlace, op, ops, withoutGrad } from '../../tensor/call.js';
import { eye } from '../../tensor/creation.js';
import { dispatch, dispatchTensor, prepare } from '../../tensor/dispatch.js';
import { isComplex } from '../../tensor/dtypes.js';
import { finfo } from '../../tensor/limits.js';
import { randn } from '../../tensor/random.js';
import { Tensor } from '../../tensor/tensor.js';
import { Module } from '../module.js';
import { is_parametrized, register_parametrization } from './parametrize.js';
import { tensorOf } from './reparametrize.js';

const MAPS = ['matrix_exp', 'cayley', 'householder'] as const;
type OrthogonalMap = (typeof MAPS)[number];

/** Options of {@link orthogonal}. */
export interface OrthogonalOptions {
  /** Which parameter. Default `'weight'`. */
  name?: string | undefined;
  /** What makes the matrix orthogonal. Default `'matrix_exp'` for square and complex ones, else `'householder'`. */
  orthogonal_map?: OrthogonalMap | null | undefined;
  /** Multiply by a matrix that is kept beside it, in which the weight begins. Default true. */
  use_trivialization?: boolean | undefined;
}

const ORTHOGONAL = callShape('orthogonal', 'module, name?, orthogonal_map?, use_trivialization?');

/** The options of a new tensor that is to be like another one. */
const like = ({ dtype, device }: Tensor) => ({ dtype, device: device as Device });

function diagonalOf(matrix: Tensor): Tensor {
  return op('diagonal', matrix, 0, -2, -1);
}

function isOrthogonal(matrix: Tensor): boolean {
  const [rows, columns] = [matrix.size(-2), matrix.size(-1)];
  const { eps } = finfo(op('real', matrix).dtype as Float);
  const product = op('matmul', op('mH', matrix), matrix);
  const identity = eye(columns, like(matrix));
  return Boolean(dispatch('aten::allclose', prepare([product, identity], { atol: 10 * rows * eps })));
}

/** The orthogonal factor of a tall matrix, by which the triangular one has a diagonal above 0. */
function orthogonalFactor(matrix: Tensor): Tensor {
  const [reflectors, tau] = ops('geqrf', matrix) as [Tensor, Tensor];
  const factor = op('linalg_householder_product', reflectors, tau);
  inPlace('mul_.Tensor', factor, op('unsqueeze', op('sgn', diagonalOf(reflectors)), -2));
  return factor;
}

class _Orthogonal extends Module {
  declare shape: readonly number[];
  declare orthogonal_map: OrthogonalMap;
  declare base: Tensor | null | undefined;

  constructor(weight: Tensor, orthogonal_map: OrthogonalMap, use_trivialization: boolean) {
    super();
    this.shape = weight.shape as readonly number[];
    this.orthogonal_map = orthogonal_map;
    if (use_trivialization) this.register_buffer('base', null);
  }

  override forward(given: Tensor): Tensor {
    const transposed = given.size(-2) < given.size(-1);
    const tall = transposed ? op('mT', given) : given;
    let result = this.orthogonal_map === 'householder' ? this.reflect(tall) : this.retract(tall);
    if (this.base != null) result = op('matmul', this.base, result);
    return transposed ? op('mT', result) : result;
  }

  private reflect(tall: Tensor): Tensor {
    const reflectors = op('tril', tall, -1);
    const lengths = op('add.Scalar', op('sum.dim_IntList', op('mul.Tensor', reflectors, reflectors), [-2]), 1);
    const product = op('linalg_householder_product', reflectors, op('mul.Scalar', op('reciprocal', lengths), 2));
    const signs = diagonalOf(tall).to('int32') as Tensor;
    return op('mul.Tensor', product, op('unsqueeze', signs, -2));
  }

  private retract(tall: Tensor): Tensor {
    const [rows, columns] = [tall.size(-2), tall.size(-1)];
    let lower = op('tril', tall);
    if (rows !== columns) {
      const shape = (tall.shape as readonly number[]).slice(0, -2);
      const zeros = op('expand', op('new_zeros', lower, [rows, rows - columns]), [...shape, -1, -1]);
      lower = op('cat', [lower, zeros], -1);
    }
    const skew = op('sub.Tensor', lower, op('mH', lower));
    let result: Tensor;
    if (this.orthogonal_map === 'matrix_exp') result = op('matrix_exp', skew);
    else {
      const identity = eye(rows, like(skew));
      const plus = (alpha: number) => new Tensor(dispatchTensor('add.Tensor', [identity, skew], { alpha }));
      result = op('linalg_solve', plus(-0.5), plus(0.5));
    }
    return rows === columns ? result : op('slice.Tensor', result, -1, 0, columns);
  }

  right_inverse(value: Tensor): Tensor {
    if (String(value.shape) !== String(this.shape)) {
      throw new ArgumentRangeError('weight', `shape [${this.shape.join(', ')}]`, `[${value.shape.join(', ')}]`);
    }
    return withoutGrad(() => (this.base === undefined ? this.reflectorsOf(value) : this.begin(value)));
  }

  /** The reflectors that give a matrix. */
  private reflectorsOf(value: Tensor): Tensor {
    if (this.orthogonal_map !== 'householder') {
      throw new TorchError(
        'ERR_NOT_IMPLEMENTED',
        `orthogonal: without use_trivialization no weight can be assigned to '${this.orthogonal_map}'`,
      );
    }
    const transposed = value.size(-2) < value.size(-1);
    const [reflectors, tau] = ops('geqrf', transposed ? op('mT', value) : value) as [Tensor, Tensor];
    const diagonal = diagonalOf(reflectors);
    inPlace('sign_', diagonal);
    const unused = op('eq.Scalar', tau, 0);
    inPlace('index_put_', diagonal, [unused], op('mul.Scalar', op('index.Tensor', diagonal, [unused]), -1));
    return transposed ? op('mT', reflectors) : reflectors;
  }

  /** Keeps a matrix as the base; what is multiplied with it is the identity. */
  private begin(value: Tensor): Tensor {
    const tall = value.size(-2) < value.size(-1) ? op('mT', value) : value;
    const [rows, columns] = [tall.size(-2), tall.size(-1)];
    this.base = outsideScopes(() =>
      scope((keep) => {
        if (rows === columns) return keep(isOrthogonal(tall) ? op('clone', tall) : orthogonalFactor(tall));
        const shape = [...(tall.shape as readonly number[]).slice(0, -2), rows, rows - columns];
        return keep(orthogonalFactor(op('cat', [tall, randn(shape, like(tall))], -1)));
      }),
    );
    const negative = op('zeros_like', value);
    inPlace('fill_.Scalar', diagonalOf(negative), -1);
    return negative;
  }
}

/**
 * Keeps a matrix orthogonal: its columns, or its rows where there are fewer, are orthonormal. A parameter of more
 * dimensions is a batch of matrices. With the trivialization of Lezcano-Casado (2019), the weight starts as it is if it
 * is orthogonal, and otherwise as the orthogonal factor of its QR decomposition.
 *
 * @returns the module
 * @example
 * ```ts
 * const layer = torch.nn.utils.parametrizations.orthogonal(new torch.nn.Linear(20, 40));
 * const product = layer.weight.t().matmul(layer.weight);
 * torch.dist(product, torch.eye(20)).item() < 1e-5;   // true
 * ```
 */
export function orthogonal<M extends Module>(
  module: M,
  name?: string | OrthogonalOptions,
  orthogonal_map?: OrthogonalMap | null | OrthogonalOptions,
  options?: OrthogonalOptions,
): M;
export function orthogonal(...args: unknown[]): Module {
  const given = readCall<OrthogonalOptions & { module: Module }>(ORTHOGONAL, args);
  const { module, name = 'weight', use_trivialization = true } = given;
  const weight = tensorOf(module, name);
  if (weight.dim() < 2) throw invalidValue('name', 'a parameter of 2 or more dimensions', weight.dim());
  checkBoolean(use_trivialization, 'use_trivialization');
  if (use_trivialization && is_parametrized(module, name))
    throw invalidValue('use_trivialization', 'false for a parameter that is parametrized already', true);
  const complex = isComplex(weight.dtype);
  const usual = weight.size(-2) === weight.size(-1) || complex ? 'matrix_exp' : 'householder';
  const map = given.orthogonal_map ?? usual;
  if (!MAPS.includes(map)) throw invalidValue('orthogonal_map', MAPS.map((text) => `'${text}'`).join(', '), map);
  if (complex && map === 'householder')
    throw invalidType('orthogonal_map', "'matrix_exp' or 'cayley' for complex numbers", map);
  return register_parametrization(module, name, new _Orthogonal(weight, map, use_trivialization), { unsafe: true });
}
