import { withStepHooks } from './step_hooks.js';
import { isFunction, isInstance } from '../base/plain_object.js';
import { behaviour } from '../addon/versions.js';
import { outsideScopes, scope } from '../addon/scope.js';
import { ArgumentRangeError, ArgumentTypeError, invalidValue, describe } from '../base/errors.js';
import { enable_grad } from '../tensor/autograd.js';
import { inPlaceWith, inPlace, op, withoutGrad } from '../tensor/call.js';
import { Tensor } from '../tensor/tensor.js';
import { dispatchTensor } from '../tensor/dispatch.js';
import { type Closure, Optimizer, type ParamGroup, type Params, rateOf } from './optimizer.js';
import { checkNumber } from '../addon/arguments.js';
import { checkNotNegative, row } from './row.js';
import type { ParamState } from './state.js';
import { type Evaluate, strongWolfe } from './line_search.js';

/** Options of {@link LBFGS}. */
export interface LBFGSOptions {
  /** Default 1. */
  lr?: number | Tensor | undefined;
  /** The most iterations per step. Default 20. */
  max_iter?: number | undefined;
  /** The most calls of the closure per step. Default `max_iter * 1.25`. */
  max_eval?: number | null | undefined;
  /** Stop when no gradient exceeds this. Default 1e-7. */
  tolerance_grad?: number | undefined;
  /** Stop when no change exceeds this. Default 1e-9. */
  tolerance_change?: number | undefined;
  /** The number of updates to remember. Default 100. */
  history_size?: number | undefined;
  /** `'strong_wolfe'` does a line search in each direction. Default: none. */
  line_search_fn?: 'strong_wolfe' | null | undefined;
}

const LBFGS_ROW = row(
  'LBFGS',
  'lr?, max_iter?, max_eval?, tolerance_grad?, tolerance_change?, history_size?, line_search_fn?',
  {
    lr: 1,
    max_iter: 20,
    max_eval: null,
    tolerance_grad: 1e-7,
    tolerance_change: 1e-9,
    history_size: 100,
    line_search_fn: null,
  },
);

/** What is kept between steps. */
interface Memory {
  func_evals: number;
  n_iter: number;
  al?: (Tensor | null)[];
  d?: Tensor | null;
  t?: Tensor | number | null;
  old_dirs?: Tensor[] | null;
  old_stps?: Tensor[] | null;
  ro?: Tensor[] | null;
  H_diag?: Tensor | number | null;
  prev_flat_grad?: Tensor | null;
  prev_loss?: number | null;
}

/** The number in a tensor. */
function number(tensor: Tensor): number {
  return tensor.item();
}

function largest(tensor: Tensor): number {
  return number(op('max', op('abs', tensor)));
}

/** L-BFGS: a step calls the closure several times, in directions computed from changes of the gradient. */
export class LBFGS extends Optimizer {
  constructor(
    params: Params<LBFGSOptions>,
    lr?: number | Tensor | LBFGSOptions,
    max_iter?: number | LBFGSOptions,
    max_eval?: number | null | LBFGSOptions,
    options?: LBFGSOptions,
  );
  constructor(...args: unknown[]) {
    super(LBFGS_ROW, args);
    if (this.param_groups.length !== 1) {
      throw new ArgumentRangeError('params', 'one group of parameters', `${this.param_groups.length}`);
    }
    for (const group of [this.defaults, this.param_groups[0] as ParamGroup]) {
      group.max_eval ??= Math.floor(((group.max_iter as number) * 5) / 4);
    }
  }

  protected override checkOptions(options: Readonly<Record<string, unknown>>): void {
    checkNotNegative(options, 'lr');
    const { line_search_fn, max_eval } = options;
    for (const name of ['max_iter', 'tolerance_grad', 'tolerance_change', 'history_size'])
      checkNumber(options[name], name);
    if (max_eval !== null) checkNumber(max_eval, 'max_eval');
    if (line_search_fn !== null && line_search_fn !== 'strong_wolfe') {
      throw invalidValue('line_search_fn', "'strong_wolfe' or null", line_search_fn);
    }
  }

  protected override update(): void {}

  /** @param closure - clears the gradients, computes the loss, runs backward and returns the loss */
  override step(): never;
  override step<T>(closure: Closure<T>): T;
  override step<T>(closure?: Closure<T>): T {
    if (!isFunction(closure))
      throw new ArgumentTypeError('closure', 'a function that computes the loss', describe(closure));
    return withStepHooks(this, closure, () => this.#step(closure));
  }

  #step<T>(closure: Closure<T>): T {
    const [group] = this.param_groups as [ParamGroup];
    const [first] = group.params as [Tensor];
    const known = this.state.get(first) as unknown as Memory | undefined;
    const memory: Memory = known ?? { func_evals: 0, n_iter: 0 };
    this.state.set(first, memory as unknown as ParamState);
    const loss = enable_grad(closure);
    // What the directions are computed from outlives the caller's scope; everything else ends here.
    outsideScopes(() =>
      scope((keep) => withoutGrad(() => this.#search(group, memory, closure as Closure, valueOf(loss), keep))),
    );
    return loss;
  }

  #search(group: ParamGroup, memory: Memory, closure: Closure, first: number, keep: (tensor: Tensor) => Tensor): void {
    const { params, max_iter, max_eval, tolerance_grad, tolerance_change, line_search_fn, history_size } = group;
    const rate = rateOf(group);
    let loss = first;
    let evaluations = 1;
    memory.func_evals++;
    let grad = this.#flatGrad(params);
    let done = largest(grad) <= tolerance_grad;
    if (done) return;
    let { d = null, old_dirs = null, old_stps = null, ro = null, H_diag = null, prev_flat_grad = null } = memory;
    let t = memory.t == null ? null : typeof memory.t === 'number' ? memory.t : number(memory.t);
    let initial: Tensor | null = null;
    let before = memory.prev_loss ?? 0;
    const evaluate = () => valueOf(enable_grad(closure));
    for (let iteration = 1; iteration <= max_iter; iteration++) {
      memory.n_iter++;
      if (memory.n_iter === 1) {
        d = op('neg', grad);
        [old_dirs, old_stps, ro, H_diag] = [[], [], [], 1];
      } else {
        const y = op('sub', grad, prev_flat_grad as Tensor);
        const s = op('mul', d as Tensor, t as number);
        const ys = op('dot', y, s);
        const [dirs, steps, inverses] = [old_dirs, old_stps, ro] as [Tensor[], Tensor[], Tensor[]];
        if (number(ys) > 1e-10) {
          if (dirs.length === history_size) for (const list of [dirs, steps, inverses]) list.shift();
          dirs.push(y);
          steps.push(s);
          inverses.push(op('reciprocal', ys));
          H_diag = op('div', ys, op('dot', y, y));
        }
        memory.al ??= Array.from({ length: history_size }, () => null);
        const al = memory.al as Tensor[];
        const q = op('neg', grad);
        for (let i = dirs.length - 1; i >= 0; i--) {
          al[i] = op('mul', op('dot', steps[i] as Tensor, q), inverses[i] as Tensor);
          addTo(q, dirs[i] as Tensor, -number(al[i] as Tensor));
        }
        d = op('mul', q, H_diag as Tensor | number);
        for (let i = 0; i < dirs.length; i++) {
          const be = op('mul', op('dot', dirs[i] as Tensor, d), inverses[i] as Tensor);
          addTo(d, steps[i] as Tensor, number(op('sub', al[i] as Tensor, be)));
        }
      }
      if (prev_flat_grad === null) prev_flat_grad = op('clone', grad);
      else inPlace('copy_', prev_flat_grad, grad);
      before = loss;
      const direction = d;
      initial = memory.n_iter === 1 ? this.#firstStep(grad, rate) : null;
      t = initial === null ? rate : number(initial);
      const slope = op('dot', grad, direction);
      if (number(slope) > -tolerance_change) break;
      let calls = 0;
      if (line_search_fn === 'strong_wolfe') {
        const start = params.map((param) => op('clone', param));
        const at: Evaluate = (length) => {
          this.#move(params, length, direction);
          const value = evaluate();
          const there = this.#flatGrad(params);
          for (const [i, param] of params.entries()) inPlace('copy_', param, start[i] as Tensor);
          return [value, there];
        };
        const found = strongWolfe(at, [t, initial !== null], direction, loss, grad, slope, {
          tolerance_change,
          max_ls: behaviour().lineSearchHeedsMaxEval ? max_eval - evaluations : 25,
        });
        ({ loss, grad, t, calls } = found);
        initial = found.isTensor ? op('full_like', slope, t) : null;
        this.#move(params, t, direction);
        done = largest(grad) <= tolerance_grad;
      } else {
        this.#move(params, t, direction);
        if (iteration !== max_iter) {
          loss = evaluate();
          grad = this.#flatGrad(params);
          done = largest(grad) <= tolerance_grad;
          calls = 1;
        }
      }
      evaluations += calls;
      memory.func_evals += calls;
      if (iteration === max_iter || evaluations >= max_eval || done) break;
      if (largest(op('mul', direction, t)) <= tolerance_change) break;
      if (Math.abs(loss - before) < tolerance_change) break;
    }
    const length = initial !== null && number(initial) === t ? initial : t;
    Object.assign(memory, { d, t: length, old_dirs, old_stps, ro, H_diag, prev_flat_grad, prev_loss: before });
    for (const value of Object.values(memory).flat()) if (value instanceof Tensor) keep(value);
  }

  /** The length of the first step: a tensor unless it is the rate itself, as in Python. */
  #firstStep(grad: Tensor, rate: number): Tensor | null {
    const inverse = op('reciprocal', op('sum', op('abs', grad)));
    return number(inverse) < 1 ? op('mul', inverse, rate) : null;
  }

  #flatGrad(params: readonly Tensor[]): Tensor {
    const views = params.map((param) => {
      const { grad } = param;
      if (grad === null)
        return new Tensor(dispatchTensor('zeros', [[param.numel()]], { dtype: param.dtype, device: param.device }));
      return op('reshape', grad, [-1]);
    });
    return op('cat', views, 0);
  }

  #move(params: readonly Tensor[], length: number, direction: Tensor): void {
    let offset = 0;
    for (const param of params) {
      const count = param.numel();
      const part = op('view_as', op('slice', direction, 0, offset, offset + count), param);
      addTo(param, part, length);
      offset += count;
    }
  }
}

function addTo(tensor: Tensor, other: Tensor, alpha: number): void {
  inPlaceWith('add_', [tensor, other], { alpha });
}

function valueOf(loss: unknown): number {
  if (typeof loss === 'number') return loss;
  if (isInstance(loss, Tensor)) return loss.item();
  throw new ArgumentTypeError('closure', 'a function that returns the loss', 'another result');
}
