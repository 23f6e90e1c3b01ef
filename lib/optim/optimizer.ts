import { inspect, types } from 'node:util';
import { listOf } from '../addon/arguments.js';
import { handleOf, isTensor } from '../addon/handle.js';
import { type Handle, native } from '../addon/native.js';
import { outsideScopes } from '../addon/scope.js';
import { behaviour } from '../addon/versions.js';
import {
  ArgumentRangeError,
  ArgumentTypeError,
  describe,
  invalidType,
  invalidValue,
  TorchError,
} from '../base/errors.js';
import { isArray, isPlainObject } from '../base/plain_object.js';
import { callShape, type CallShape, readCall } from '../base/positional.js';
import { enable_grad } from '../tensor/autograd.js';
import { dispatchTensor } from '../tensor/dispatch.js';
import { isFloat } from '../tensor/dtypes.js';
import { Tensor } from '../tensor/tensor.js';
import { readClears, zeroGrad } from '../nn/tensors.js';
import type { RemovableHandle } from '../tensor/hooks.js';
import { type PlannedParameter, planSteps, type StepPlan, stepPlan, undoIfRefused } from './plan.js';
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

/** The optimizer's state for one parameter. */
export type ParamState = Record<string, unknown>;

/** An optimizer's state in Python's form: groups refer to their parameters by number. */
export interface OptimizerStateDict {
  /** By the numbers of the parameters, which are integers in files for Python. */
  state: Map<number, ParamState>;
  param_groups: Record<string, unknown>[];
}

/** An option of an optimizer. */
export interface Option {
  readonly default: unknown;
  /** PyTorch 2 and newer. */
  readonly newer?: true;
  /** The default before PyTorch 2, if it was different. */
  readonly before?: unknown;
  /** Not an option of the constructor: it always has this value. */
  readonly fixed?: true;
}

/** The description of an optimizer. */
export interface OptimizerRow {
  readonly shape: CallShape;
  /** The options in the order of the state in Python. */
  readonly options: Readonly<Record<string, Option>>;
}

/** Makes the description of an optimizer: `call` names the arguments in Python's order. */
export function row(name: string, call: string, options: Readonly<Record<string, unknown>>): OptimizerRow {
  const isOption = (value: unknown): value is Option => isPlainObject(value) && 'default' in value;
  const read = Object.entries(options).map(([key, value]): [string, Option] => [
    key,
    isOption(value) ? value : { default: value },
  ]);
  return { shape: callShape(name, `params, ${call}`), options: Object.fromEntries(read) };
}

/** An option of PyTorch 2. */
export function newer(value: unknown): Option {
  return { default: value, newer: true };
}

/** Computes the loss again when called. */
export type Closure<T = Tensor | number> = () => T;

/** Checks a number option. */
export function checkNumber(value: unknown, name: string, fits: (value: number) => boolean, expected: string): void {
  if (typeof value !== 'number') throw invalidType(name, 'a number', value);
  if (!fits(value)) throw invalidValue(name, expected, value);
}

const NOT_NEGATIVE = 'a number of at least 0';

/** Checks numbers that must not be negative. */
export function checkNotNegative(options: Readonly<Record<string, unknown>>, ...names: string[]): void {
  for (const name of names) {
    const value = options[name];
    if (name === 'lr' && isTensor(value)) {
      if ((value as Tensor).numel() !== 1) throw invalidValue('lr', 'one element', (value as Tensor).numel());
      checkNumber((value as Tensor).item(), name, (number) => number >= 0, NOT_NEGATIVE);
    } else {
      checkNumber(value, name, (number) => number >= 0, NOT_NEGATIVE);
    }
  }
}

/** Checks a pair of numbers from 0 up to but not including 1. */
export function checkBetas(betas: unknown): void {
  if (!isArray(betas) || betas.length !== 2) throw invalidType('betas', 'a pair of numbers', betas);
  for (const [at, beta] of betas.entries()) {
    checkNumber(beta, `betas[${at}]`, (number) => number >= 0 && number < 1, 'from 0 up to, and without, 1');
  }
}

/** A state with a single number, in float32 like Python's step counts. */
export function scalar(value: number): Tensor {
  return new Tensor(dispatchTensor('scalar_tensor', [value], { dtype: 'float32', device: 'cpu' }));
}

/** A step count: a tensor; before LibTorch 2, a number for some optimizers. */
export type Steps = Tensor | number;

/** The initial step count. */
export function stepsAtZero(): Steps {
  return behaviour().newerOptimizers ? scalar(0) : 0;
}

/** The handles of step counts that C++ increments, if they are tensors; numbers are incremented here. */
export function countUp(states: readonly { step: Steps }[]): Handle[] {
  const counted: Handle[] = [];
  for (const state of states) {
    if (typeof state.step === 'number') {
      state.step++;
      undoIfRefused(() => {
        (state.step as number)--;
      });
    } else counted.push(handleOf(state.step, 'step'));
  }
  return counted;
}

/** The learning rate as a number. */
export function rateOf({ lr }: ParamGroup): number {
  return typeof lr === 'number' ? lr : lr.item();
}

/** Whether the learning rate is a float32 tensor. */
export function isSingle({ lr }: ParamGroup): boolean {
  return typeof lr !== 'number' && lr.dtype === 'float32';
}

/** The handles of tensors. */
export function handles(tensors: readonly unknown[], name: string): Handle[] {
  return tensors.map((tensor) => handleOf(tensor, name));
}

/** Plans a step of an optimizer for groups, which are its own as they were at some time. */
export let planOptimizer: (optimizer: Optimizer, groups: readonly ParamGroup[]) => StepPlan;

/** The base class of all optimizers. */
export abstract class Optimizer {
  static {
    planOptimizer = (optimizer, groups) =>
      planSteps(() => {
        for (const group of groups) optimizer.update(group);
      });
  }

  /** The parameter groups with their options, which may be changed between steps. */
  param_groups: ParamGroup[] = [];
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
    if (closure !== undefined && typeof closure !== 'function') throw invalidType('closure', 'a function', closure);
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

function copyState(state: ParamState, param: Tensor): ParamState {
  const copy = (value: unknown, key: string): unknown => {
    if (isTensor(value)) return copyTensor(value as Tensor, param, key);
    if (isArray(value)) return value.map((item) => copy(item, key));
    return typeof value === 'bigint' ? Number(value) : value;
  };
  return Object.fromEntries(Object.entries(state).map(([key, value]) => [key, copy(value, key)]));
}

function copyTensor(value: Tensor, param: Tensor, key: string): Tensor {
  const own = value.detach().clone();
  if (key === 'step') return own;
  const { device, dtype } = param;
  return own.to(isFloat(dtype) ? { dtype, device: device as 'cpu' } : { device: device as 'cpu' });
}
