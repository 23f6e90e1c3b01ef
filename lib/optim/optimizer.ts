import { inspect, types } from 'node:util';
import { listOf } from '../addon/arguments.js';
import { isTensor } from '../addon/handle.js';
import { native } from '../addon/native.js';
import { outsideScopes } from '../addon/scope.js';
import { behaviour } from '../addon/versions.js';
import { ArgumentRangeError, ArgumentTypeError, describe, invalidType, TorchError } from '../base/errors.js';
import { isArray, isFunction, isPlainObject } from '../base/plain_object.js';
import { readCall } from '../base/positional.js';
import { enable_grad } from '../tensor/autograd.js';
import type { Tensor } from '../tensor/tensor.js';
import { readClears, zeroGrad } from '../nn/tensors.js';
import type { RemovableHandle } from '../tensor/hooks.js';
import type { OptimizerRow } from './row.js';
import { copyState, handles, type ParamState } from './state.js';
import { type PlannedParameter, planSteps, type StepPlan, stepPlan } from './plan.js';
import { addStepHook, type StepHook, withStepHooks } from './step_hooks.js';

/** Parameters with their own options. */
export interface ParamGroup {
  params: Tensor[];
  lr: number | Tensor;
  // biome-ignore lint/suspicious/noExplicitAny: which options there are depends on the optimizer
  [option: string]: any;
}

/** The parameters of an optimizer: a list of them, or groups with options. */
export type Params<O extends object> =
  | Iterable<Tensor>
  | Iterable<{ readonly params: Tensor | Iterable<Tensor> } & { readonly [K in keyof O]?: O[K] }>;

/** An optimizer's state in Python's form: groups refer to their parameters by number. */
export interface OptimizerStateDict {
  /** By the numbers of the parameters, which are integers in files for Python. */
  state: Map<number, ParamState>;
  param_groups: Record<string, unknown>[];
}

/** Computes the loss again when called. */
export type Closure<T = Tensor | number> = () => T;

/** The learning rate as a number. */
export function rateOf({ lr }: ParamGroup): number {
  if (typeof lr === 'number') return lr;
  if (!isTensor(lr)) throw invalidType('lr', 'a number or a Tensor', lr);
  return lr.item();
}

/** Whether the learning rate is a float32 tensor. */
export function isSingle({ lr }: ParamGroup): boolean {
  return typeof lr !== 'number' && lr.dtype === 'float32';
}

/** Plans a step of an optimizer for groups, which are its own as they were at some time. */
export let planOptimizer: (optimizer: Optimizer, groups: readonly ParamGroup[]) => StepPlan;

/** Has `start` called before the groups of an optimizer are next looked at. */
export let beforeGroups: (optimizer: Optimizer, start: () => void) => void;

/** Calls what is to be called before the groups are looked at. */
export let settleGroups: (optimizer: Optimizer) => void;

/** The base class of all optimizers. */
export abstract class Optimizer {
  static {
    planOptimizer = (optimizer, groups) =>
      planSteps(() => {
        for (const group of groups) optimizer.update(group);
      });
    beforeGroups = (optimizer, start) => {
      optimizer.#start = start;
    };
    settleGroups = (optimizer) => {
      const start = optimizer.#start;
      optimizer.#start = undefined;
      start?.();
    };
  }

  #groups: ParamGroup[] = [];
  #start: (() => void) | undefined;
  /** The state of each parameter. It belongs to no scope. */
  readonly state = new Map<Tensor, ParamState>();
  /** The options for groups that do not set them. */
  readonly defaults: Record<string, unknown> = {};

  protected constructor(optimizer: OptimizerRow, args: ArrayLike<unknown>) {
    if (new.target === Optimizer)
      throw new ArgumentTypeError('Optimizer', 'a class that extends it, such as SGD', 'itself');
    const given = readCall<Record<string, unknown>>(optimizer.shape, args);
    const { newerOptimizers } = behaviour();
    for (const [name, option] of Object.entries(optimizer.options)) {
      if (option.newer && !newerOptimizers) {
        if (given[name] != null && given[name] !== option.default) {
          throw new ArgumentTypeError(
            name,
            'none: LibTorch before 2 does not support it',
            describe(given[name]),
            'ERR_UNKNOWN_OPTION',
          );
        }
      } else {
        const usual = 'before' in option && !newerOptimizers ? option.before : option.default;
        this.defaults[name] = option.fixed ? option.default : (given[name] ?? usual);
      }
    }
    for (const unsupported of ['differentiable', 'capturable']) {
      if (this.defaults[unsupported] === true) throw unsupportedMode(unsupported);
    }
    if (given.foreach === true && given.fused === true) {
      throw new ArgumentRangeError('fused', 'false together with foreach: true', 'true');
    }
    this.checkOptions(this.defaults);
    for (const group of groupsOf(given.params)) this.add_param_group(group as never);
  }

  /** The parameter groups with their options, which may be changed between steps. */
  get param_groups(): ParamGroup[] {
    settleGroups(this);
    return this.#groups;
  }

  set param_groups(groups: ParamGroup[]) {
    this.#groups = groups;
  }

  /** Checks the options of a group. */
  protected abstract checkOptions(options: Readonly<Record<string, unknown>>): void;

  /** Makes a step for one group. */
  protected abstract update(group: ParamGroup): void;

  /**
   * Makes a step: updates each parameter that has a gradient.
   *
   * @param closure - computes the loss and its gradients; called before the step
   * @returns the closure's return value
   */
  step(): undefined;
  step<T>(closure: Closure<T>): T;
  step<T>(closure?: Closure<T>): T | undefined;
  step<T>(closure?: Closure<T>): T | undefined {
    if (closure !== undefined && !isFunction(closure)) throw invalidType('closure', 'a function', closure);
    return withStepHooks(this, closure, () => {
      const loss = closure === undefined ? undefined : enable_grad(closure);
      for (const group of this.param_groups) this.update(group);
      return loss;
    });
  }

  /** Runs `hook(optimizer, args)` before each step. */
  register_step_pre_hook(hook: StepHook): RemovableHandle {
    return addStepHook(this, 'before', hook);
  }

  /** Runs `hook(optimizer, args)` after each step. */
  register_step_post_hook(hook: StepHook): RemovableHandle {
    return addStepHook(this, 'after', hook);
  }

  /**
   * Clears the gradients of all parameters: they become `null`, or zeros if `set_to_none` is false, which is the default
   * before LibTorch 2.
   */
  zero_grad(set_to_none?: boolean | { set_to_none?: boolean | undefined }): void {
    const clears = readClears(set_to_none);
    for (const { params } of this.param_groups) zeroGrad(params, clears);
  }

  /** Adds a group of parameters with its own options. */
  add_param_group(group: { readonly params: Tensor | Iterable<Tensor>; readonly [option: string]: unknown }): void {
    if (!isPlainObject(group)) throw invalidType('param_group', 'an object with params', group);
    const params = paramsOf(group.params);
    const options = { ...group, params } as ParamGroup;
    for (const [name, value] of Object.entries(this.defaults)) if (!(name in options)) options[name] = value;
    this.checkOptions(options);
    const known = new Set(this.param_groups.flatMap((other) => other.params));
    if (new Set(params).size !== params.length || params.some((param) => known.has(param))) {
      throw new ArgumentRangeError('params', 'each parameter once', 'one twice');
    }
    this.param_groups.push(options);
  }

  /** The state of each parameter, and the groups. The tensors are the optimizer's own. */
  state_dict(): OptimizerStateDict {
    const numbers = new Map<Tensor, number>();
    const param_groups = this.param_groups.map(({ params, ...options }) => {
      const own = params.map((param) => {
        const known = numbers.get(param) ?? numbers.size;
        numbers.set(param, known);
        return known;
      });
      // Pairs are tuples in Python; frozen arrays are saved as tuples.
      const saved = Object.entries(options).map(([name, value]) => [
        name,
        isArray(value) ? Object.freeze([...value]) : value,
      ]);
      return { ...Object.fromEntries(saved), params: own };
    });
    const state = new Map<number, ParamState>();
    for (const [param, own] of this.state) {
      const number = numbers.get(param);
      if (number !== undefined) state.set(number, own);
    }
    return { state, param_groups };
  }

  /**
   * Loads a state: copies its tensors, in the dtypes and on the devices of the parameters.
   *
   * @param state_dict - from an optimizer with groups of the same sizes; `state` may be an object or a Map
   * @throws RangeError if the groups do not match
   */
  load_state_dict(state_dict: { state: object; param_groups: readonly object[] }): void {
    if (!isPlainObject(state_dict))
      throw invalidType('state_dict', 'an object with state and param_groups', state_dict);
    const { state, param_groups } = state_dict as unknown as { state: unknown; param_groups: unknown };
    if (!isArray(param_groups)) throw invalidType('state_dict', 'an object with state and param_groups', state_dict);
    const saved = param_groups as readonly (Record<string, unknown> & { params: readonly (number | bigint)[] })[];
    if (saved.length !== this.param_groups.length) {
      throw new ArgumentRangeError('state_dict', `${this.param_groups.length} parameter groups`, String(saved.length));
    }
    for (const [at, { params }] of saved.entries()) {
      const own = (this.param_groups[at] as ParamGroup).params.length;
      if (!isArray(params)) throw invalidType('state_dict', 'groups with params', params);
      if (params.length !== own) {
        throw new ArgumentRangeError('state_dict', `${own} parameters in group ${at}`, String(params.length));
      }
    }
    const entries = types.isMap(state) ? [...state] : Object.entries(state ?? {});
    const byNumber = new Map(entries.map(([key, value]): [number, ParamState] => [Number(key), value]));
    const loaded = new Map<Tensor, ParamState>();
    outsideScopes(() => {
      for (const [at, { params }] of saved.entries()) {
        const group = this.param_groups[at] as ParamGroup;
        for (const [place, number] of params.entries()) {
          const own = byNumber.get(Number(number));
          if (own !== undefined)
            loaded.set(group.params[place] as Tensor, copyState(own, group.params[place] as Tensor));
        }
      }
    });
    this.state.clear();
    for (const [param, own] of loaded) this.state.set(param, own);
    this.param_groups = saved.map((group, at) => {
      const options = withoutParams(group);
      const { params, ...before } = this.param_groups[at] as ParamGroup;
      const more = Object.entries(before).filter(([name]) => !(name in options));
      return { ...options, ...Object.fromEntries(more), params } as ParamGroup;
    });
  }

  /** The parameters of a group that have a gradient, with their states, which are created if necessary. */
  protected ready<S extends object>(group: ParamGroup, make: (param: Tensor) => S): { params: Tensor[]; states: S[] } {
    // Which of them will have one is known when a planned step is made.
    const plan = stepPlan();
    const kinds =
      plan === undefined
        ? native().gradient_kinds(handles(group.params, 'params'))
        : group.params.map((param) => (param.requires_grad ? 1 : 0));
    const params: Tensor[] = [];
    const states: S[] = [];
    const planned: PlannedParameter[] = [];
    for (const [at, kind] of kinds.entries()) {
      if (kind === 0) continue;
      const param = group.params[at] as Tensor;
      let state = this.state.get(param) as S | undefined;
      const isNew = state === undefined || Object.keys(state).length === 0;
      if (state === undefined || isNew) {
        state = outsideScopes(() => make(param));
        this.state.set(param, state as ParamState);
      }
      params.push(param);
      states.push(state);
      planned.push({ param, isNew });
    }
    plan?.prepare(planned);
    return { params, states };
  }

  /** Python's text of the optimizer. */
  toString(): string {
    const lines = this.param_groups.flatMap((group, at) => {
      const options = withoutParams(group);
      return [
        `Parameter Group ${at}`,
        ...Object.keys(options)
          .sort()
          .map((name) => `    ${name}: ${shownOption(options[name])}`),
      ];
    });
    return `${this.constructor.name} (\n${lines.join('\n')}\n)`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** The options of a group, without its parameters. */
function withoutParams(group: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(group).filter(([name]) => name !== 'params'));
}

function shownOption(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (isArray(value)) return `(${value.map(shownOption).join(', ')})`;
  return typeof value === 'string' ? value : inspect(value);
}

function unsupportedMode(name: string): TorchError {
  const what = name === 'capturable' ? 'graphs of CUDA' : 'differentiable steps';
  return new TorchError('ERR_NOT_IMPLEMENTED', `${name}: torchloss has no ${what}`, { parameter: name });
}

function groupsOf(params: unknown): readonly object[] {
  if (isTensor(params)) throw invalidType('params', 'an array of Tensors or of groups', params);
  const list = listOf(params, 'params', 'an array of Tensors or of groups');
  if (list.length === 0) throw new ArgumentRangeError('params', 'at least one parameter', 'none');
  return isPlainObject(list[0]) ? (list as object[]) : [{ params: list }];
}

function paramsOf(params: unknown): Tensor[] {
  if (types.isSet(params)) throw new ArgumentTypeError('params', 'an array, whose order is its own', 'a Set');
  const list = isTensor(params) ? [params] : listOf(params, 'params', 'a Tensor or an array of them');
  for (const param of list) {
    if (!isTensor(param)) throw invalidType('params', 'Tensors', param);
    if (!(param as Tensor).is_leaf) throw new ArgumentRangeError('params', 'leaves', 'a Tensor that was computed');
  }
  return list as Tensor[];
}
