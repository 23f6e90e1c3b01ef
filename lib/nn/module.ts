import { types } from 'node:util';
import { checkString } from '../addon/arguments.js';
import { isFunction, isInstance } from '../base/plain_object.js';
import { isTensor } from '../addon/handle.js';
import { ignoreRejection } from '../addon/lane.js';
import { leaveScopes } from '../addon/scope.js';
import { invalidType, invalidValue, TorchError } from '../base/errors.js';
import { callShape, readCall } from '../base/positional.js';
import type { Device, DType } from '../base/types.js';
import { DTYPES, isFloat } from '../tensor/dtypes.js';
import type { Tensor } from '../tensor/tensor.js';
import {
  addHook,
  Callable,
  checkName,
  type BackwardHook,
  type BackwardPreHook,
  type ForwardHook,
  type ForwardPreHook,
  type LoadHook,
  type LoadPreHook,
  registryOf,
  type StateHook,
  type StatePreHook,
} from './callable.js';
import type { RemovableHandle } from './hooks.js';
import { copyModule } from './copy.js';
import { distinct, joined, ownBuffers, ownEntries, ownParameters } from './fields.js';
import { Parameter } from './parameter.js';
import { indented, repeats } from './print.js';
import { type LoadResult, loadState, saveState, type StateDict } from './state.js';
import { moveTensors, readClears, zeroGrad } from './tensors.js';

// biome-ignore lint/suspicious/noExplicitAny: a module takes and gives what its forward does
type Any = any;

/**
 * The base class of everything that has parameters: layers, losses and models. A subclass has its layers and
 * `Parameter`s as fields and implements `forward`; an instance is called like a function, with the types of `forward`.
 *
 * Fields are looked up when they are needed: after `this.decoder.weight = this.encoder.weight` both layers share one
 * parameter. Modules in a plain array are not found; {@link ModuleList} is for those.
 *
 * @example
 * ```ts
 * const { nn } = torch;
 * class Net extends nn.Module {
 *   hidden = new nn.Linear(4, 8);
 *   out = new nn.Linear(8, 2);
 *   override forward(x: Tensor): Tensor {
 *     return this.out(this.hidden(x).relu());
 *   }
 * }
 * const model = new Net();
 * model(torch.zeros([1, 4])).shape;   // [1, 2]
 * Object.keys(model.state_dict());   // ['hidden.weight', 'hidden.bias', 'out.weight', 'out.bias']
 * ```
 */
export interface Module {
  /** The same as `forward`, with the hooks around it. */
  (...args: Parameters<this['forward']>): ReturnType<this['forward']>;
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor gives a function
export class Module extends Callable {
  /** Whether the module is in training mode, which dropout and batch norm depend on. */
  declare training: boolean;

  /** The version of the form that its state has. */
  declare readonly _version: number;

  static {
    Module.prototype.training = true;
    Object.defineProperty(Module.prototype, '_version', { value: 1, writable: true });
  }

  /** Computes the output; each subclass has its own. */
  forward(..._args: Any[]): Any {
    throw new TorchError('ERR_NOT_IMPLEMENTED', `${this._get_name()} has no forward`);
  }

  /** The module's parameters, each once; unless `recurse` is false, with those of its children. */
  parameters(recurse = true): Parameter[] {
    return this.named_parameters({ recurse }).map(([, parameter]) => parameter);
  }

  /** The parameters with their names, such as `'0.weight'`. */
  named_parameters(options?: NamedOptions): [string, Parameter][];
  named_parameters(prefix?: string, recurse?: boolean, remove_duplicate?: boolean): [string, Parameter][];
  named_parameters(...args: unknown[]): [string, Parameter][] {
    return members(this, NAMED_PARAMETERS, args, ownParameters);
  }

  /** The module's buffers: tensors that belong to it but are not learned. */
  buffers(recurse = true): Tensor[] {
    return this.named_buffers({ recurse }).map(([, buffer]) => buffer);
  }

  /** The buffers with their names. */
  named_buffers(options?: NamedOptions): [string, Tensor][];
  named_buffers(prefix?: string, recurse?: boolean, remove_duplicate?: boolean): [string, Tensor][];
  named_buffers(...args: unknown[]): [string, Tensor][] {
    return members(this, NAMED_BUFFERS, args, ownBuffers);
  }

  /** The modules directly in this one, each once. */
  children(): Module[] {
    return this.named_children().map(([, child]) => child);
  }

  /** {@link children} with their names. */
  named_children(): [string, Module][] {
    return distinct(ownModules(this));
  }

  /** This module and all modules in it, each once. */
  modules(): Module[] {
    return this.named_modules().map(([, module]) => module);
  }

  /** {@link modules} with their names; this one's is `''`. */
  named_modules(prefix = ''): [string, Module][] {
    const found: [string, Module][] = [];
    const seen = new Set<Module>();
    const walk = (module: Module, name: string): void => {
      if (seen.has(module)) return;
      seen.add(module);
      found.push([name, module]);
      for (const [key, child] of ownModules(module)) walk(child, joined(name, key));
    };
    walk(this, prefix);
    return found;
  }

  /** Registers a parameter under a name that a field cannot have; `null` for an absent one. */
  register_parameter(name: string, parameter: Parameter | null): void {
    checkName(this, name, 'name');
    if (parameter !== null && !isInstance(parameter, Parameter)) {
      throw invalidType('parameter', 'a Parameter or null', parameter);
    }
    (this as Any)[name] = parameter;
  }

  /**
   * Makes a tensor part of the module, such as a running mean: it moves with the module and, unless `persistent` is
   * false, is part of its state. From then on it is the field `name` and belongs to no scope.
   */
  register_buffer(name: string, tensor: Tensor | null, persistent: boolean | { persistent?: boolean } = true): void {
    const isKnown = registryOf(this).buffers.has(name);
    if (!isKnown) checkName(this, name, 'name');
    if (tensor !== null && !isTensor(tensor)) throw invalidType('tensor', 'a Tensor or null', tensor);
    if (tensor !== null) leaveScopes(tensor);
    registryOf(this).buffers.set(name, typeof persistent === 'boolean' ? persistent : (persistent.persistent ?? true));
    (this as Any)[name] = tensor;
  }

  /** Adds `module` as the field `name`. */
  add_module(name: string, module: Module | null): void {
    checkName(this, name, 'name');
    if (module !== null && !isModule(module)) throw invalidType('module', 'a Module or null', module);
    (this as Any)[name] = module;
  }

  /** The same as {@link add_module}. */
  register_module(name: string, module: Module | null): void {
    this.add_module(name, module);
  }

  /** The module of that name, as in `named_modules`: `'encoder.0'`. */
  get_submodule(target: string): Module {
    checkString(target, 'target');
    const keys = target === '' ? [] : target.split('.');
    return keys.reduce<Module>((module, key) => {
      const next = (module as Any)[key];
      if (!isModule(next)) throw invalidValue('target', `the name of a module in ${this._get_name()}`, target);
      return next;
    }, this);
  }

  /** The parameter of that name, as in `named_parameters`. */
  get_parameter(target: string): Parameter {
    checkString(target, 'target');
    const at = target.lastIndexOf('.');
    const found = (this.get_submodule(target.slice(0, Math.max(0, at))) as Any)[target.slice(at + 1)];
    if (!isInstance(found, Parameter)) throw invalidValue('target', 'the name of a parameter', target);
    return found;
  }

  /** The buffer of that name, as in `named_buffers`. */
  get_buffer(target: string): Tensor {
    checkString(target, 'target');
    const at = target.lastIndexOf('.');
    const module = this.get_submodule(target.slice(0, Math.max(0, at)));
    const name = target.slice(at + 1);
    const found = registryOf(module).buffers.has(name) ? (module as Any)[name] : undefined;
    if (!isTensor(found)) throw invalidValue('target', 'the name of a buffer', target);
    return found;
  }

  /**
   * A copy of this module with all that is in it: `copy.deepcopy(module)` in Python. Tensors, modules and plain data in its
   * fields are copied, functions and other objects shared. Classes of your own must not have private names (`#x`).
   */
  clone(): this {
    return copyModule(this);
  }

  /** Calls `fn` with each module, the inner ones first. */
  apply(fn: (module: Module) => void): this {
    if (!isFunction(fn)) throw invalidType('fn', 'a function', fn);
    for (const child of this.children()) child.apply(fn);
    const result: unknown = fn(this);
    if (types.isPromise(result)) {
      ignoreRejection(result);
      throw invalidType('fn', 'a function that is not asynchronous', fn);
    }
    return this;
  }

  /** Sets this module and all modules in it to training mode or, with `false`, to evaluation mode. */
  train(mode = true): this {
    if (typeof mode !== 'boolean') throw invalidType('mode', 'a boolean', mode);
    if (this.training !== mode) this.training = mode;
    for (const child of this.children()) child.train(mode);
    return this;
  }

  /** The same as `train(false)`. */
  eval(): this {
    return this.train(false);
  }

  /** Sets whether gradients are computed for the parameters. */
  requires_grad_(requires_grad = true): this {
    for (const parameter of this.parameters()) parameter.requires_grad_(requires_grad);
    return this;
  }

  /**
   * Clears the gradients of all parameters: they become `null`, or zeros if `set_to_none` is false, which is the default
   * before LibTorch 2.
   */
  zero_grad(set_to_none?: boolean | { set_to_none?: boolean | undefined }): void {
    const clears = readClears(set_to_none);
    zeroGrad(this.parameters(), clears);
  }

  /**
   * Moves the module to another device, another floating dtype, or both. Returns the same module with moved tensors.
   */
  to(target: DType | Device | { dtype?: DType | undefined; device?: Device | undefined } | Tensor): this {
    let options: { dtype?: DType | undefined; device?: Device | undefined };
    if (isTensor(target)) {
      options = { dtype: (target as Tensor).dtype, device: (target as Tensor).device as Device };
    } else if (typeof target === 'string') {
      options = Object.hasOwn(DTYPES, target) ? { dtype: target as DType } : { device: target as Device };
    } else {
      options = readCall(TO, [target]);
    }
    const { dtype, device } = options;
    if (dtype !== undefined && !isFloat(dtype)) throw invalidValue('dtype', 'a floating dtype', dtype);
    moveTensors(
      this.modules().flatMap((part) => [...ownParameters(part), ...ownBuffers(part)].map(([, tensor]) => tensor)),
      (tensor) => ({
        ...(device !== undefined && { device }),
        ...(dtype !== undefined && isFloat(tensor.dtype) && { dtype }),
      }),
    );
    return this;
  }

  /** Moves the module to CPU memory. */
  cpu(): this {
    return this.to('cpu');
  }

  /** Moves the module to a CUDA device; the current one unless an index is given. */
  cuda(index?: number): this {
    if (index !== undefined && !Number.isInteger(index)) throw invalidType('index', 'an integer', index);
    return this.to(index === undefined ? 'cuda' : `cuda:${index}`);
  }

  /** Converts the module to float32. */
  float(): this {
    return this.to('float32');
  }

  /** Converts the module to float64. */
  double(): this {
    return this.to('float64');
  }

  /** Converts the module to float16. */
  half(): this {
    return this.to('float16');
  }

  /** Converts the module to bfloat16. */
  bfloat16(): this {
    return this.to('bfloat16');
  }

  /**
   * All parameters and persistent buffers by name, in Python's order. The tensors share the module's memory and are
   * apart from the graph. `_metadata` holds the version of each module's state, as in Python, and is saved with it.
   *
   * @param options - `prefix`: what each name begins with; `keep_vars`: the tensors themselves. Default `''` and false
   */
  state_dict(options: { prefix?: string | undefined; keep_vars?: boolean | undefined } = {}): StateDict {
    const { prefix = '', keep_vars = false } = readCall<{ prefix?: string; keep_vars?: boolean }>(STATE, [options]);
    checkString(prefix, 'prefix');
    return saveState(this, (part) => ownModules(part as Module), prefix, keep_vars);
  }

  /**
   * Copies a state into the module's parameters and buffers. A refused state changes none of them.
   *
   * @param state_dict - tensors by name, as returned by `state_dict`; or a Map
   * @param options - `strict`: require the same names, default true; `assign`: use the tensors themselves instead of
   *   copying them, default false
   * @returns the missing and the unexpected names
   * @throws TorchError that lists all names and shapes that do not match
   */
  load_state_dict(
    state_dict: Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>,
    options?: { strict?: boolean | undefined; assign?: boolean | undefined } | boolean,
    assign?: boolean,
  ): LoadResult {
    const args = assign === undefined ? [options] : [options, assign];
    const own = readCall<{ strict?: boolean; assign?: boolean }>(LOAD, args);
    const name = this._get_name();
    return loadState(this, (part) => ownModules(part as Module), state_dict, { name, ...own });
  }

  /** Runs `hook(module, prefix, keep_vars)` before `state_dict` reads the module's parameters and buffers. */
  register_state_dict_pre_hook(hook: StatePreHook): RemovableHandle {
    return addHook(this, 'saveBefore', hook);
  }

  /**
   * Runs `hook(module, state_dict, prefix, local_metadata)` once `state_dict` has the entries of the module and of those in
   * it. It may change the state in place.
   */
  register_state_dict_post_hook(hook: StateHook): RemovableHandle {
    return addHook(this, 'saveAfter', hook);
  }

  /**
   * Runs `hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)` before
   * `load_state_dict` reads the module's entries. It may rename or remove entries of `state_dict`, a copy of what was given,
   * and add to the arrays.
   *
   * @example
   * ```ts
   * const model = new torch.nn.Linear(2, 1);
   * model.register_load_state_dict_pre_hook((_module, state, prefix) => {
   *   state[`${prefix}weight`] ??= state[`${prefix}w`];
   *   delete state[`${prefix}w`];
   * });
   * model.load_state_dict({ w: torch.ones([1, 2]), bias: torch.zeros([1]) }).missing_keys;   // []
   * ```
   */
  register_load_state_dict_pre_hook(hook: LoadPreHook): RemovableHandle {
    return addHook(this, 'loadBefore', hook);
  }

  /**
   * Runs `hook(module, incompatible_keys)` once `load_state_dict` has copied the state. Names that it removes from
   * `missing_keys` and `unexpected_keys` are no errors, those that it adds are. If it throws, the module is as it was.
   */
  register_load_state_dict_post_hook(hook: LoadHook): RemovableHandle {
    return addHook(this, 'loadAfter', hook);
  }

  /** Runs `hook(module, args)` before each `forward`; a returned array replaces the arguments. */
  register_forward_pre_hook(hook: ForwardPreHook, options: { prepend?: boolean } = {}): RemovableHandle {
    return addHook(this, 'before', hook, options);
  }

  /** Runs `hook(module, args, output)` after each `forward`; a returned value replaces the output. */
  register_forward_hook(hook: ForwardHook, options: { prepend?: boolean } = {}): RemovableHandle {
    return addHook(this, 'after', hook, options);
  }

  /**
   * Runs `hook(module, grad_input, grad_output)` once a backward pass has the gradients of the module's arguments; an array
   * that it returns takes their place. Each has `null` where there is no gradient. The pass must be synchronous and on the
   * CPU, as for {@link Tensor.register_hook}.
   */
  register_full_backward_hook(hook: BackwardHook, options: { prepend?: boolean } = {}): RemovableHandle {
    return addHook(this, 'backwardAfter', hook, options);
  }

  /**
   * Runs `hook(module, grad_output)` once a backward pass has the gradients of the module's results; an array that it
   * returns takes their place.
   */
  register_full_backward_pre_hook(hook: BackwardPreHook, options: { prepend?: boolean } = {}): RemovableHandle {
    return addHook(this, 'backwardBefore', hook, options);
  }

  /** What stands between the parentheses when the module is printed. */
  extra_repr(): string {
    return '';
  }

  /** The name of the class. */
  _get_name(): string {
    return this.constructor.name;
  }

  /** Python's text of the module. */
  override toString(): string {
    const extra = this.extra_repr();
    const lines = extra === '' ? [] : extra.split('\n');
    const children = childLines(this);
    if (children.length === 0 && lines.length <= 1) return `${this._get_name()}(${extra})`;
    return `${this._get_name()}(\n  ${[...lines, ...children].join('\n  ')}\n)`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** Options of `named_parameters` and `named_buffers`. */
export interface NamedOptions {
  /** The prefix of each name. Default `''`. */
  prefix?: string | undefined;
  /** Include the modules in this one. Default true. */
  recurse?: boolean | undefined;
  /** List each only once, under its first name. Default true. */
  remove_duplicate?: boolean | undefined;
}

const NAMED_PARAMETERS = callShape('named_parameters', 'prefix?, recurse?, remove_duplicate?');
const NAMED_BUFFERS = callShape('named_buffers', 'prefix?, recurse?, remove_duplicate?');
const STATE = callShape('state_dict', 'prefix?, keep_vars?');
const LOAD = callShape('load_state_dict', 'strict?, assign?');
const TO = callShape('to', 'dtype?, device?');

/** Whether `value` is a module. */
export function isModule(value: unknown): value is Module {
  return isInstance(value, Module);
}

function ownModules(module: Module): [string, Module][] {
  return ownEntries(module, 'a Module', isModule);
}

function members<T>(
  module: Module,
  shape: typeof NAMED_PARAMETERS,
  args: readonly unknown[],
  own: (module: Module) => [string, T][],
): [string, T][] {
  const { prefix = '', recurse = true, remove_duplicate = true } = readCall<NamedOptions>(shape, args);
  const modules: [string, Module][] = recurse ? module.named_modules(prefix) : [[prefix, module]];
  const found = modules.flatMap(([name, part]) =>
    own(part).map(([key, value]): [string, T] => [joined(name, key), value]),
  );
  return remove_duplicate ? distinct(found) : found;
}

/** Marks modules that print equal consecutive children as one. */
export const MERGES_REPEATS = Symbol('merges repeats');
function childLines(module: Module): string[] {
  const shown = ownModules(module).map(([key, child]): [string, string] => [key, child.toString()]);
  return MERGES_REPEATS in module ? repeats(shown) : shown.map(([key, text]) => `(${key}): ${indented(text)}`);
}
