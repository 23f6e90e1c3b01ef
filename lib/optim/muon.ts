import { requireChange } from '../addon/versions.js';
import { ArgumentRangeError, invalidType, invalidValue } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import type { Tensor } from '../tensor/tensor.js';
import { Optimizer, type ParamGroup, type Params, rateOf } from './optimizer.js';
import { checkNotNegative, row } from './row.js';
import { handles, stateHandles, zerosLike } from './state.js';
import { makeStep } from './plan.js';

/** Options of {@link Muon}. */
export interface MuonOptions {
  /** The learning rate. Default 0.001. */
  lr?: number | Tensor | undefined;
  /** Default 0.1. */
  weight_decay?: number | undefined;
  /** Default 0.95. */
  momentum?: number | undefined;
  /** Use Nesterov momentum. Default true. */
  nesterov?: boolean | undefined;
  /** The coefficients of the iterations. Default `[3.4445, -4.775, 2.0315]`. */
  ns_coefficients?: readonly [number, number, number] | undefined;
  /** Added to the denominator. Default 1e-7. */
  eps?: number | undefined;
  /** The number of iterations, less than 100. Default 5. */
  ns_steps?: number | undefined;
  /** How the learning rate depends on the shape. Default `'original'`. */
  adjust_lr_fn?: 'original' | 'match_rms_adamw' | null | undefined;
}

const MUON = row('Muon', 'lr?, weight_decay?, momentum?, nesterov?, ns_coefficients?, eps?, ns_steps?, adjust_lr_fn?', {
  lr: 1e-3,
  weight_decay: 0.1,
  momentum: 0.95,
  nesterov: true,
  ns_coefficients: [3.4445, -4.775, 2.0315],
  eps: 1e-7,
  ns_steps: 5,
  adjust_lr_fn: null,
});

interface State {
  momentum_buffer: Tensor;
}

/**
 * Muon, by Jordan (2024): steps in the direction of the orthogonalized momentum. For matrices. PyTorch 2.9 and newer.
 */
export class Muon extends Optimizer {
  constructor(
    params: Params<MuonOptions>,
    lr?: number | MuonOptions,
    weight_decay?: number | MuonOptions,
    momentum?: number | MuonOptions,
    nesterov?: boolean | MuonOptions,
    options?: MuonOptions,
  );
  constructor(...args: unknown[]) {
    requireChange('hasMuon', 'Muon');
    super(MUON, args);
  }

  override add_param_group(group: { readonly params: Tensor | Iterable<Tensor> }): void {
    const before = this.param_groups.length;
    super.add_param_group(group);
    const wrong = this.param_groups[before]?.params.find((param) => param.dim() !== 2);
    if (wrong === undefined) return;
    this.param_groups.pop();
    throw new ArgumentRangeError(
      'params',
      'matrices, of 2 dimensions',
      `[${(wrong.shape as readonly number[]).join(', ')}]`,
    );
  }

  protected override checkOptions(options: Readonly<Record<string, unknown>>): void {
    checkNotNegative(options, 'lr', 'weight_decay', 'momentum');
    const { ns_coefficients, ns_steps, adjust_lr_fn } = options;
    if (!isArray(ns_coefficients) || ns_coefficients.length !== 3) {
      throw invalidType('ns_coefficients', 'three numbers', ns_coefficients);
    }
    if (!Number.isInteger(ns_steps) || (ns_steps as number) >= 100)
      throw invalidValue('ns_steps', 'an integer less than 100', ns_steps);
    if (adjust_lr_fn !== null && adjust_lr_fn !== 'original' && adjust_lr_fn !== 'match_rms_adamw') {
      throw invalidValue('adjust_lr_fn', "'original', 'match_rms_adamw' or null", adjust_lr_fn);
    }
  }

  protected override update(group: ParamGroup): void {
    const { weight_decay, momentum, nesterov, ns_coefficients, eps, ns_steps, adjust_lr_fn } = group;
    const { params, states } = this.ready<State>(group, (param) => ({ momentum_buffer: zerosLike(param) }));
    if (params.length === 0) return;
    const numbers = [rateOf(group), weight_decay, momentum, ...ns_coefficients, eps, ns_steps];
    const buffers = stateHandles(states, 'momentum_buffer');
    makeStep('muon_step', [handles(params, 'params'), buffers, numbers, adjust_lr_fn ?? 'original', nesterov]);
  }
}
