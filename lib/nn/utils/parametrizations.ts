/** `torch.nn.utils.parametrizations`. */
export { type OrthogonalOptions, orthogonal } from './orthogonal.js';
import { outsideScopes } from '../../addon/scope.js';
import { invalidValue } from '../../base/errors.js';
import { callShape, readCall } from '../../base/positional.js';
import { op, withoutGrad } from '../../tensor/call.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Module } from '../module.js';
import { register_parametrization } from './parametrize.js';
import { asMatrix, drawnLike, unit, weightOf } from './power_iteration.js';
import {
  checkIterations,
  outputDim,
  parameterOf,
  type SpectralNormOptions,
  type WeightNormOptions,
} from './reparametrize.js';

class _WeightNorm extends Module {
  declare dim: number;

  constructor(dim: number | null) {
    super();
    this.dim = dim ?? -1;
  }

  override forward(g: Tensor, v: Tensor): Tensor {
    return weightOf(v, g, this.dim);
  }

  right_inverse(weight: Tensor): Tensor[] {
    return [op('norm_except_dim', weight, 2, this.dim), weight];
  }
}

const WEIGHT = callShape('weight_norm', 'module, name?, dim?');
const SPECTRAL = callShape('spectral_norm', 'module, name?, n_power_iterations?, eps?, dim?');

/**
 * Learns a parameter as its length, `original0`, and its direction, `original1`, by Salimans and Kingma (2016).
 *
 * @returns the module
 */
export function weight_norm<M extends Module>(
  module: M,
  name?: string | WeightNormOptions,
  dim?: number | null | WeightNormOptions,
): M;
export function weight_norm(...args: unknown[]): Module {
  const { module, name = 'weight', dim = 0 } = readCall<WeightNormOptions & { module: Module }>(WEIGHT, args);
  parameterOf(module, name);
  return register_parametrization(module, name, new _WeightNorm(dim), { unsafe: true });
}

class _SpectralNorm extends Module {
  declare dim: number;
  declare eps: number;
  declare n_power_iterations: number;
  declare _u: Tensor;
  declare _v: Tensor;

  constructor(weight: Tensor, n_power_iterations: number, dim: number, eps: number) {
    super();
    const rank = weight.dim();
    if (dim >= rank || dim < -rank) throw invalidValue('dim', `${-rank} to ${rank - 1}`, dim);
    this.dim = dim >= 0 ? dim : dim + rank;
    this.eps = eps;
    this.n_power_iterations = n_power_iterations;
    if (rank <= 1) return;
    outsideScopes(() =>
      withoutGrad(() => {
        const matrix = this.matrix(weight);
        const [u, v] = [drawnLike(matrix, matrix.size(0)), drawnLike(matrix, matrix.size(1))];
        this.register_buffer('_u', unit(u, eps));
        this.register_buffer('_v', unit(v, eps));
        this.iterate(matrix, 15);
      }),
    );
  }

  override forward(weight: Tensor): Tensor {
    if (weight.dim() === 1) return unit(weight, this.eps);
    const matrix = this.matrix(weight);
    if (this.training) withoutGrad(() => this.iterate(matrix, this.n_power_iterations));
    const [u, v] = [op('clone', this._u), op('clone', this._v)];
    return op('div.Tensor', weight, op('vdot', u, op('mv', matrix, v)));
  }

  right_inverse(value: Tensor): Tensor {
    return value;
  }

  private matrix(weight: Tensor): Tensor {
    return op('flatten.using_ints', asMatrix(weight, this.dim), 1);
  }

  private iterate(matrix: Tensor, count: number): void {
    for (let step = 0; step < count; step++) {
      unit(op('mv', matrix, this._v), this.eps, this._u);
      unit(op('mv', op('t', matrix), this._u), this.eps, this._v);
    }
  }
}

/**
 * Divides a parameter by its greatest singular value, which power iterations estimate, by Miyato et al. (2018).
 *
 * @returns the module
 */
export function spectral_norm<M extends Module>(
  module: M,
  name?: string | SpectralNormOptions,
  n_power_iterations?: number | SpectralNormOptions,
  eps?: number | SpectralNormOptions,
  dim?: number | null | SpectralNormOptions,
): M;
export function spectral_norm(...args: unknown[]): Module {
  const given = readCall<SpectralNormOptions & { module: Module }>(SPECTRAL, args);
  const { module, name = 'weight', n_power_iterations = 1, eps = 1e-12, dim } = given;
  checkIterations(n_power_iterations);
  const weight = parameterOf(module, name);
  const norm = new _SpectralNorm(weight, n_power_iterations, outputDim(module, dim), eps);
  return register_parametrization(module, name, norm);
}
