/** Batch norms and instance norms. */
import { callShape, type CallShape, readCall } from '../../base/positional.js';
import { ArgumentRangeError, invalidValue } from '../../base/errors.js';
import { behaviour } from '../../addon/versions.js';
import { outsideScopes } from '../../addon/scope.js';
import { warnOnce } from '../../base/warnings.js';
import type { Tensor } from '../../tensor/tensor.js';
import { inPlace, op } from '../../tensor/call.js';
import { ones_, zeros_ } from '../init.js';
import { Module } from '../module.js';
import type { MaybeParameter } from '../parameter.js';
import { float, plain } from '../print.js';
import { checkBatch, checkInput, checkInteger, type FactoryOptions, make, parameter } from './layer.js';

/** Options of the batch and instance norms. */
export interface NormOptions extends FactoryOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** The weight of the newest batch in the running statistics; `null` averages over all batches. Default 0.1. */
  momentum?: number | null | undefined;
  /** Learn a scale and, unless `bias` is false, a shift for each channel. */
  affine?: boolean | undefined;
  /** Track running statistics, which evaluation uses. */
  track_running_stats?: boolean | undefined;
  /** With `affine`: learn a shift. Default true. PyTorch 2.13 and newer. */
  bias?: boolean | undefined;
}

const NORM = 'num_features, eps?, momentum?, affine?, track_running_stats?, device?, dtype?, bias?';

/** The base class of batch and instance norms. */
abstract class NormBase extends Module {
  declare num_features: number;
  declare eps: number;
  declare momentum: number | null;
  declare affine: boolean;
  declare track_running_stats: boolean;
  declare weight: MaybeParameter;
  declare bias: MaybeParameter;
  declare running_mean: Tensor | null;
  declare running_var: Tensor | null;
  declare num_batches_tracked: Tensor | null;

  static {
    // Since it counts batches.
    Object.defineProperty(NormBase.prototype, '_version', { value: 2, writable: true });
  }

  protected constructor(shape: CallShape, args: unknown[], on: boolean) {
    super();
    const given = readCall<NormOptions & { num_features: number }>(shape, args);
    const { eps = 1e-5, momentum = 0.1, affine = on, track_running_stats = on, bias = true } = given;
    this.num_features = checkInteger(given.num_features, 'num_features');
    this.eps = eps;
    this.momentum = momentum;
    this.affine = affine;
    this.track_running_stats = track_running_stats;
    const size = [this.num_features];
    this.weight = affine ? parameter(size, given, 'ones') : null;
    this.bias = affine && bias ? parameter(size, given, 'zeros') : null;
    outsideScopes(() => {
      const tracked = track_running_stats;
      this.register_buffer('running_mean', tracked ? make('zeros', size, given) : null);
      this.register_buffer('running_var', tracked ? make('ones', size, given) : null);
      const count = tracked ? make('zeros', [], { ...given, dtype: 'int64' }) : null;
      this.register_buffer('num_batches_tracked', count);
    });
  }

  /** Resets the running statistics. */
  reset_running_stats(): void {
    if (this.running_mean !== null) zeros_(this.running_mean);
    if (this.running_var !== null) ones_(this.running_var);
    if (this.num_batches_tracked !== null) zeros_(this.num_batches_tracked);
  }

  /** Resets weight, bias and running statistics. */
  reset_parameters(): void {
    this.reset_running_stats();
    if (this.weight !== null) ones_(this.weight);
    if (this.bias !== null) zeros_(this.bias);
  }

  override extra_repr(): string {
    const { num_features, eps, affine, track_running_stats, bias } = this;
    const momentum = this.momentum === null ? 'None' : float(this.momentum);
    const hasBias = behaviour().normsHaveBias ? ` bias=${plain(bias !== null)},` : '';
    return `${num_features}, eps=${plain(eps)}, momentum=${momentum}, affine=${plain(affine)},${hasBias} track_running_stats=${plain(track_running_stats)}`;
  }
}

/** The base class of the batch norms. */
abstract class BatchNorm extends NormBase {
  /** The allowed numbers of input dimensions. */
  protected abstract readonly dims: readonly number[];

  override forward(input: Tensor): Tensor {
    const { training, track_running_stats, num_batches_tracked, running_mean, running_var, weight, bias, eps } = this;
    checkInput(input);
    if (!this.dims.includes(input.dim())) {
      throw invalidValue('input', `${this.dims.join(' or ')} dimensions`, input.dim());
    }
    const ownStatistics = running_mean === null && running_var === null;
    const fromBatch = training || ownStatistics;
    if (fromBatch) checkBatch(input.shape);
    const counts = training && track_running_stats && num_batches_tracked !== null;
    let share = this.momentum ?? 0;
    if (counts && this.momentum === null) share = 1 / (num_batches_tracked.item() + 1);
    const uses = !training || track_running_stats;
    const [mean, variance] = uses ? [running_mean, running_var] : [null, null];
    const result = op('batch_norm', input, weight, bias, mean, variance, fromBatch, share, eps, true);
    if (counts) inPlace('add_', num_batches_tracked, 1);
    return result;
  }
}

const BATCH1D = callShape('BatchNorm1d', NORM);
const BATCH2D = callShape('BatchNorm2d', NORM);
const BATCH3D = callShape('BatchNorm3d', NORM);

/** Batch norm of `[N, C]` or `[N, C, L]`. By default it learns `weight` and `bias` and tracks running statistics. */
export class BatchNorm1d extends BatchNorm {
  protected get dims(): readonly number[] {
    return [2, 3];
  }

  constructor(
    num_features: number,
    eps?: number | NormOptions,
    momentum?: number | null | NormOptions,
    affine?: boolean | NormOptions,
    track_running_stats?: boolean | NormOptions,
    options?: NormOptions,
  );
  /** All by name. */
  constructor(options: NormOptions & { num_features: number });
  constructor(...args: unknown[]) {
    super(BATCH1D, args, true);
  }
}

/**
 * Batch norm of `[N, C, H, W]`: normalizes each channel to mean 0 and variance 1 over the batch, or by the running
 * statistics in evaluation, then scales it by `weight` and adds `bias`.
 */
export class BatchNorm2d extends BatchNorm {
  protected get dims(): readonly number[] {
    return [4];
  }

  constructor(
    num_features: number,
    eps?: number | NormOptions,
    momentum?: number | null | NormOptions,
    affine?: boolean | NormOptions,
    track_running_stats?: boolean | NormOptions,
    options?: NormOptions,
  );
  /** All by name. */
  constructor(options: NormOptions & { num_features: number });
  constructor(...args: unknown[]) {
    super(BATCH2D, args, true);
  }
}

/** Batch norm of `[N, C, D, H, W]`. */
export class BatchNorm3d extends BatchNorm {
  protected get dims(): readonly number[] {
    return [5];
  }

  constructor(
    num_features: number,
    eps?: number | NormOptions,
    momentum?: number | null | NormOptions,
    affine?: boolean | NormOptions,
    track_running_stats?: boolean | NormOptions,
    options?: NormOptions,
  );
  /** All by name. */
  constructor(options: NormOptions & { num_features: number });
  constructor(...args: unknown[]) {
    super(BATCH3D, args, true);
  }
}

/** The base class of the instance norms. */
abstract class InstanceNorm extends NormBase {
  /** The number of dimensions of an input without a batch dimension. */
  protected abstract readonly unbatched: number;

  override forward(input: Tensor): Tensor {
    checkInput(input);
    const dims = input.dim();
    const { unbatched } = this;
    if (dims !== unbatched && dims !== unbatched + 1) {
      throw invalidValue('input', `${unbatched} or ${unbatched + 1} dimensions`, dims);
    }
    const channels = input.size(dims - unbatched);
    if (channels !== this.num_features) {
      if (this.affine) {
        throw invalidValue('input', `num_features, ${this.num_features}, channels`, channels);
      }
      warnOnce(
        `input's size at dim=${dims - unbatched} does not match num_features. You can silence this warning by not passing in num_features, which is not used because affine=False`,
      );
    }
    if (dims === unbatched) return op('squeeze', this.normalise(op('unsqueeze', input, 0)), 0);
    return this.normalise(input);
  }

  private normalise(input: Tensor): Tensor {
    const { running_mean, running_var, weight, bias, momentum, eps } = this;
    const fromInput = this.training || !this.track_running_stats;
    if (fromInput) {
      const shape = input.shape as readonly number[];
      if (shape.slice(2).reduce((product, size) => product * size, 1) === 1) {
        const shown = `shape [${shape.join(', ')}]`;
        throw new ArgumentRangeError('input', 'more than 1 spatial element when training', shown);
      }
    }
    return op('instance_norm', input, weight, bias, running_mean, running_var, fromInput, momentum ?? 0, eps, true);
  }
}

const INSTANCE1D = callShape('InstanceNorm1d', NORM);
const INSTANCE2D = callShape('InstanceNorm2d', NORM);
const INSTANCE3D = callShape('InstanceNorm3d', NORM);

/** Instance norm of `[N, C, L]` or `[C, L]`. By default it learns nothing and tracks no running statistics. */
export class InstanceNorm1d extends InstanceNorm {
  protected get unbatched(): number {
    return 2;
  }

  constructor(
    num_features: number,
    eps?: number | NormOptions,
    momentum?: number | NormOptions,
    affine?: boolean | NormOptions,
    track_running_stats?: boolean | NormOptions,
    options?: NormOptions,
  );
  /** All by name. */
  constructor(options: NormOptions & { num_features: number });
  constructor(...args: unknown[]) {
    super(INSTANCE1D, args, false);
  }
}

/** Instance norm of `[N, C, H, W]` or `[C, H, W]`: normalizes each channel of each sample. */
export class InstanceNorm2d extends InstanceNorm {
  protected get unbatched(): number {
    return 3;
  }

  constructor(
    num_features: number,
    eps?: number | NormOptions,
    momentum?: number | NormOptions,
    affine?: boolean | NormOptions,
    track_running_stats?: boolean | NormOptions,
    options?: NormOptions,
  );
  /** All by name. */
  constructor(options: NormOptions & { num_features: number });
  constructor(...args: unknown[]) {
    super(INSTANCE2D, args, false);
  }
}

/** Instance norm of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export class InstanceNorm3d extends InstanceNorm {
  protected get unbatched(): number {
    return 4;
  }

  constructor(
    num_features: number,
    eps?: number | NormOptions,
    momentum?: number | NormOptions,
    affine?: boolean | NormOptions,
    track_running_stats?: boolean | NormOptions,
    options?: NormOptions,
  );
  /** All by name. */
  constructor(options: NormOptions & { num_features: number });
  constructor(...args: unknown[]) {
    super(INSTANCE3D, args, false);
  }
}
