/** Averages of a model's weights over training. */
import { isTensor } from '../addon/handle.js';
import { libtorch } from '../addon/native.js';
import { outsideScopes } from '../addon/scope.js';
import { compareVersions } from '../base/compare_versions.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import { callShape, readCall } from '../base/positional.js';
import type { Device } from '../base/types.js';
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from '../nn/layers/batch_norm.js';
import { isModule, Module } from '../nn/module.js';
import { tensor } from '../tensor/creation.js';
import { dispatch, prepare } from '../tensor/dispatch.js';
import { isFloat } from '../tensor/dtypes.js';
import { inPlace, op, withoutGrad } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';

/** Gives the new average of one parameter. */
export type AverageFunction = (averaged: Tensor, current: Tensor, num_averaged: Tensor) => Tensor;
/** Writes the new averages of parameters of one dtype. */
export type AverageFunctions = (averaged: Tensor[], current: Tensor[], num_averaged: Tensor) => void;

/** Options of {@link AveragedModel}. */
export interface AveragedModelOptions {
  /** Where the averages are. Default: where the model is. */
  device?: Device | null | undefined;
  /** What averages each parameter. Default: the mean of all. */
  avg_fn?: AverageFunction | null | undefined;
  /** What averages all parameters of a dtype at once, such as {@link get_ema_multi_avg_fn}. */
  multi_avg_fn?: AverageFunctions | null | undefined;
  /** Average buffers, too, rather than take the model's. Default false. */
  use_buffers?: boolean | undefined;
}

const CALL = callShape('AveragedModel', 'model, device?, avg_fn?, multi_avg_fn?, use_buffers?');

/**
 * A copy of a model whose parameters are averages of that model's: equal ones over all updates, by Izmailov et al. (2018),
 * or exponential ones with `multi_avg_fn`.
 *
 * @example
 * ```ts
 * const { swa_utils } = torch.optim;
 * const model = new torch.nn.Linear(2, 1);
 * const ema = new swa_utils.AveragedModel(model, { multi_avg_fn: swa_utils.get_ema_multi_avg_fn(0.999) });
 * ema.update_parameters(model);
 * ema(torch.zeros([1, 2])).shape;   // [1, 1]
 * ```
 */
export class AveragedModel<M extends Module = Module> extends Module {
  declare module: M;
  declare n_averaged: Tensor;
  declare avg_fn: AverageFunction | null;
  declare multi_avg_fn: AverageFunctions | null;
  declare use_buffers: boolean;

  constructor(model: M, device?: Device | null | AveragedModelOptions, options?: AveragedModelOptions);
  constructor(...args: unknown[]) {
    super();
    const given = readCall<AveragedModelOptions & { model: M }>(CALL, args);
    const { model, device = null, avg_fn = null, multi_avg_fn = null, use_buffers = false } = given;
    if (!isModule(model)) throw invalidType('model', 'a Module', model);
    if (avg_fn !== null && multi_avg_fn !== null)
      throw invalidValue('multi_avg_fn', 'none beside avg_fn: they exclude each other', multi_avg_fn);
    this.module = model.clone();
    if (device !== null) this.module.to(device);
    const count = outsideScopes(() => tensor(0n, { device: device ?? 'cpu' }));
    this.register_buffer('n_averaged', count);
    this.avg_fn = avg_fn;
    this.multi_avg_fn = multi_avg_fn;
    this.use_buffers = use_buffers;
  }

  override forward(...args: Parameters<M['forward']>): ReturnType<M['forward']> {
    return (this.module as (...inputs: unknown[]) => ReturnType<M['forward']>)(...args);
  }

  /** Takes the model's parameters into the averages. */
  update_parameters(model: Module): void {
    if (!isModule(model)) throw invalidType('model', 'a Module', model);
    withoutGrad(() => this.update(model));
  }

  private update(model: Module): void {
    const own = this.use_buffers ? [...this.module.parameters(), ...this.module.buffers()] : this.parameters();
    const theirs = this.use_buffers ? [...model.parameters(), ...model.buffers()] : model.parameters();
    if (own.length !== theirs.length) throw invalidValue('model', 'the model that was copied, or one like it', model);
    const pairs = own.map((averaged, at) => {
      const current = (theirs[at] as Tensor).detach();
      return [averaged.detach(), current.to(averaged.device as 'cpu')] as const;
    });
    if (this.n_averaged.item() === 0) {
      for (const [averaged, current] of pairs) inPlace('copy_', averaged, current);
    } else this.average(pairs);
    if (!this.use_buffers) {
      const buffers = model.buffers();
      for (const [at, buffer] of this.module.buffers().entries())
        inPlace('copy_', buffer, (buffers[at] as Tensor).detach());
    }
    inPlace('add_.Scalar', this.n_averaged, 1);
  }

  private average(pairs: readonly (readonly [averaged: Tensor, current: Tensor])[]): void {
    const { n_averaged } = this;
    // As Python: all at once on CUDA alone, where it is faster.
    const one = this.avg_fn ?? (pairs[0]?.[0].device.startsWith('cuda') ? null : get_swa_avg_fn());
    if (one !== null && this.multi_avg_fn === null) {
      for (const [averaged, current] of pairs) inPlace('copy_', averaged, one(averaged, current, n_averaged));
      return;
    }
    const average = this.multi_avg_fn ?? get_swa_multi_avg_fn();
    for (const group of grouped(pairs).values()) {
      average(
        group.map(([averaged]) => averaged),
        group.map(([, current]) => current),
        n_averaged,
      );
    }
  }
}

type Pair = readonly [averaged: Tensor, current: Tensor];

function grouped(pairs: readonly Pair[]): Map<string, Pair[]> {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const dtype = pair[0].dtype as string;
    groups.set(dtype, [...(groups.get(dtype) ?? []), pair]);
  }
  return groups;
}

/** What averages parameters exponentially: `decay · average + (1 - decay) · parameter`. */
export function get_ema_multi_avg_fn(decay = 0.999): AverageFunctions {
  checkDecay(decay);
  return (averaged, current) => {
    withoutGrad(() => {
      if (isFloat(averaged[0]?.dtype as 'float32')) lerp(averaged, current, 1 - decay);
      else for (const [at, mean] of averaged.entries()) inPlace('copy_', mean, ema(mean, current[at] as Tensor, decay));
    });
  };
}

/** {@link get_ema_multi_avg_fn} for one parameter. */
export function get_ema_avg_fn(decay = 0.999): AverageFunction {
  checkDecay(decay);
  return (averaged, current) => withoutGrad(() => ema(averaged, current, decay));
}

/** What averages parameters equally over all updates. */
export function get_swa_multi_avg_fn(): AverageFunctions {
  return (averaged, current, num_averaged) => {
    withoutGrad(() => {
      const each = get_swa_avg_fn();
      const share = op('mul.Scalar', op('reciprocal', op('add.Scalar', num_averaged, 1)), 1).item();
      if (isFloat(averaged[0]?.dtype as 'float32') && hasForeachLerp()) lerp(averaged, current, share);
      else
        for (const [at, mean] of averaged.entries())
          inPlace('copy_', mean, each(mean, current[at] as Tensor, num_averaged));
    });
  };
}

/** {@link get_swa_multi_avg_fn} for one parameter. */
export function get_swa_avg_fn(): AverageFunction {
  return (averaged, current, num_averaged) =>
    withoutGrad(() => {
      const steps = op('add.Scalar', num_averaged, 1);
      return op('add.Tensor', averaged, op('div.Tensor', op('sub.Tensor', current, averaged), steps));
    });
}

function hasForeachLerp(): boolean {
  return compareVersions(libtorch().version, '2.1.0') >= 0;
}

function lerp(averaged: Tensor[], current: Tensor[], share: number): void {
  if (hasForeachLerp()) dispatch('aten::_foreach_lerp_.Scalar', prepare([averaged, current, share], undefined));
  else for (const [at, mean] of averaged.entries()) inPlace('lerp_.Scalar', mean, current[at] as Tensor, share);
}

function ema(averaged: Tensor, current: Tensor, decay: number): Tensor {
  return op('add.Tensor', op('mul.Scalar', averaged, decay), op('mul.Scalar', current, 1 - decay));
}

function checkDecay(decay: unknown): void {
  if (typeof decay !== 'number') throw invalidType('decay', 'a number', decay);
  if (!(decay >= 0 && decay <= 1)) throw invalidValue('decay', 'between 0 and 1', decay);
}

/**
 * Computes the running statistics of a model's batch norms anew, in one pass over data.
 *
 * @param loader - batches: tensors, or arrays whose first element the model is called with
 */
export function update_bn(
  loader: Iterable<Tensor | readonly unknown[]>,
  model: Module,
  device?: Device | null | { device?: Device | null | undefined },
): void {
  if (!isModule(model)) throw invalidType('model', 'a Module', model);
  const place = typeof device === 'object' ? device?.device : device;
  const norms = model
    .modules()
    .filter((part) => [BatchNorm1d, BatchNorm2d, BatchNorm3d].some((kind) => part instanceof kind)) as BatchNorm2d[];
  if (norms.length === 0) return;
  const momenta = norms.map(({ momentum }) => momentum);
  const before = model.training;
  for (const norm of norms) norm.reset_running_stats();
  model.train();
  for (const norm of norms) norm.momentum = null;
  try {
    withoutGrad(() => {
      for (const batch of loader) {
        const input = isArray(batch) ? batch[0] : batch;
        if (!isTensor(input)) throw invalidType('loader', 'batches of Tensors', input);
        (model as (input: Tensor) => unknown)(place == null ? (input as Tensor) : (input as Tensor).to(place));
      }
    });
  } finally {
    for (const [at, norm] of norms.entries()) norm.momentum = momenta[at] as number | null;
    model.train(before);
  }
}
