/** Modules of TorchScript as modules of ours. */
import { ASYNC_OPTIONS, type AsyncOptions, attempt, onLane, readAsyncOptions } from '../addon/lane.js';
import { FROM_ADDON, handleOf, isTensor } from '../addon/handle.js';
import { native, type ScriptHandle, type ScriptModuleDescription, type ScriptValue } from '../addon/native.js';
import { outsideScopes } from '../addon/scope.js';
import { ArgumentTypeError, invalidType, TorchError } from '../base/errors.js';
import { isInstance, isPlainObject } from '../base/plain_object.js';
import { warnOnce } from '../base/warnings.js';
import { Module } from '../nn/module.js';
import { asParameter, Parameter } from '../nn/parameter.js';
import { Tensor } from '../tensor/tensor.js';
import { lowerValue, raiseValue } from './values.js';
import { writeScript } from './write.js';

/** What the addon says of the modes that a graph has as constants. */
const KEEPS_TRAINING = 1;
const KEEPS_EVALUATION = 2;

/** Lets this file alone construct modules. */
const SOURCE = Symbol('a module of the addon');

/** Reads the handle of a ScriptModule. */
export let scriptOf: (module: ScriptModule) => ScriptHandle;

/** Makes the module of a handle, with all modules in it. Its tensors that are among `known` are those very objects. */
export let wrapScript: (handle: ScriptHandle, known?: readonly Tensor[]) => ScriptModule;

/** Whether `value` is a {@link ScriptModule}. */
export function isScriptModule(value: unknown): value is ScriptModule {
  return isInstance(value, ScriptModule);
}

// biome-ignore lint/suspicious/noExplicitAny: a module takes and gives what its forward does
type Any = any;

/**
 * A module of TorchScript: what {@link trace} and {@link load} give. It is a {@link Module} whose `forward` runs in
 * LibTorch's own interpreter, without JavaScript: also on a {@link Lane}, by {@link ScriptModule.async}.
 *
 * Its parameters and buffers are tensors like any others, under the names that they have in Python, and train with
 * `torch.optim`. Attributes that a script has beside them, such as numbers, can be read and set by their names, and its
 * other methods can be called.
 *
 * @example
 * ```ts
 * const model = torch.jit.trace(new torch.nn.Linear(2, 1), torch.ones([4, 2]));
 * model(torch.zeros([3, 2])).shape;   // [3, 1]
 * const later = await model.async(torch.zeros([3, 2]));
 * later.shape;   // [3, 1]
 * Object.keys(model.state_dict());   // ['weight', 'bias']
 * ```
 */
export class ScriptModule extends Module {
  static {
    scriptOf = (module) => module.#live();
    wrapScript = (handle, known = []) =>
      outsideScopes(() => {
        const { modules: descriptions, tensors } = native().describe_script(
          handle,
          known.map((tensor) => handleOf(tensor, 'known')),
        );
        const modules = descriptions.map((description) => new ScriptModule(SOURCE, description));
        const parts = new Parts(
          modules,
          tensors.map((tensor) =>
            typeof tensor === 'number' ? (known[tensor] as Tensor) : new Tensor(tensor, FROM_ADDON),
          ),
        );
        for (const [index, description] of descriptions.entries())
          ScriptModule.#fill(modules[index] as ScriptModule, description, parts);
        const [root] = modules as [ScriptModule];
        const shared = new Set(known);
        root.#owned = [...root.parameters(), ...root.buffers()].filter((tensor) => !shared.has(tensor));
        return root;
      });
    Object.defineProperty(ScriptModule.prototype, 'training', {
      configurable: true,
      get(this: ScriptModule) {
        return this.#training();
      },
      set(this: ScriptModule, mode: unknown) {
        if (typeof mode !== 'boolean') throw invalidType('training', 'a boolean', mode);
        this.#train(mode);
      },
    });
  }

  readonly #name: string;
  readonly #methods: ReadonlySet<string>;
  readonly #hasMode: boolean;
  #handle: ScriptHandle | undefined;
  #mode = true;
  /** The tensors that no other module brought in. */
  #owned: readonly Tensor[] = [];

  /** Not for callers: {@link trace} and {@link load} make modules. */
  constructor(source: typeof SOURCE, description: ScriptModuleDescription);
  constructor(source: unknown, description?: ScriptModuleDescription) {
    super();
    if (source !== SOURCE || description === undefined) {
      throw new ArgumentTypeError('ScriptModule', 'torch.jit.trace or torch.jit.load, which make modules', 'new');
    }
    this.#handle = description.handle;
    this.#name = description.name;
    this.#methods = new Set(description.methods);
    this.#hasMode = description.attributes.includes('training');
  }

  #live(): ScriptHandle {
    if (this.#handle !== undefined) return this.#handle;
    throw new TorchError('ERR_DISPOSED', 'model: expected a live ScriptModule, got one that has been disposed', {
      parameter: 'model',
    });
  }

  #training(): boolean {
    // The base's constructor asks before there is anything.
    if (!(#hasMode in this)) return true;
    return this.#hasMode ? (native().script_attribute(this.#live(), 'training') as boolean) : this.#mode;
  }

  #train(mode: boolean): void {
    if (this.#hasMode) native().set_script_attribute(this.#live(), 'training', mode);
    this.#mode = mode;
  }

  override forward(...args: Any[]): Any {
    return this.#call('forward', args);
  }

  #call(method: string, args: readonly unknown[]): unknown {
    const values = args.map((value, index) => lowerValue(value, `argument ${index}`));
    return raiseValue(native().call_script(this.#live(), method, values));
  }

  /**
   * Computes the module on a lane. What it is given must not be changed or disposed of in place until it is done; a
   * signal cancels it as long as it has not started.
   *
   * @param args - what `forward` takes, then, if wanted, {@link AsyncOptions}
   */
  async(...args: Any[]): Promise<Any> {
    return this.#callAsync('forward', args);
  }

  #callAsync(method: string, args: readonly unknown[]): Promise<unknown> {
    return attempt(() => {
      const { own, inputs } = splitArguments(args);
      const values = inputs.map((value, index) => lowerValue(value, `argument ${index}`));
      return onLane(
        (lane, job) => native().defer_script(lane, job, this.#live(), method, values),
        (result: ScriptValue) => raiseValue(result),
        own,
      );
    });
  }

  /**
   * Sets the mode, as far as the script asks for it. A traced module computes as in the mode that it was traced in,
   * as in Python: trace it in each mode that is needed.
   */
  override train(mode = true): this {
    super.train(mode);
    const kept = this.#methods.has('forward') ? native().script_modes(this.#live(), 'forward') : 0;
    if (mode ? kept === KEEPS_EVALUATION : (kept & KEEPS_TRAINING) !== 0) {
      const [was, word] = mode ? ['evaluation', 'train()'] : ['training', 'eval()'];
      warnOnce(
        `${this.#name} was traced in ${was} mode, which its dropout or normalization keeps: ${word} does not change it. Trace the module in the other mode, or script it in Python.`,
      );
    }
    return this;
  }

  /** Saves the module to a file, as `torch.jit.save` does. */
  save(file: string | URL): void {
    writeScript(this.#live(), file);
  }

  /** The name of the class that was traced or scripted. */
  get original_name(): string {
    return this.#name;
  }

  /** The code of `forward`, as TorchScript prints it. */
  get code(): string {
    return native().script_code(this.#live(), 'forward');
  }

  /** The graph of `forward`, as TorchScript prints it. */
  get graph(): string {
    return native().script_graph(this.#live(), 'forward');
  }

  /** Whether {@link ScriptModule.dispose} has been called. */
  get disposed(): boolean {
    return this.#handle === undefined;
  }

  /**
   * Frees the module with all modules in it, and its parameters and buffers unless they are those of the module that was
   * traced. Doing it again does nothing.
   */
  dispose(): void {
    if (this.#handle === undefined) return;
    for (const module of this.modules()) (module as ScriptModule).#free();
    for (const tensor of this.#owned) tensor.dispose();
  }

  #free(): void {
    if (this.#handle === undefined) return;
    native().dispose_script(this.#handle);
    this.#handle = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  override extra_repr(): string {
    return `original_name=${this.#name}`;
  }

  override _get_name(): string {
    return 'ScriptModule';
  }

  /** Makes the fields of a module. */
  static #fill(module: ScriptModule, description: ScriptModuleDescription, parts: Parts): void {
    const { parameters, buffers, children, attributes, methods } = description;
    for (const [name] of [...parameters, ...buffers, ...children]) checkFree(description, name);
    for (const [name, place] of parameters) defineTensor(module, name, place === null ? null : parts.parameter(place));
    for (const [name, place] of buffers) {
      const tensor = place === null ? null : parts.tensor(place);
      defineTensor(module, name, tensor);
      module.register_buffer(name, tensor);
    }
    for (const [name, index] of children)
      Object.defineProperty(module, name, { value: parts.module(index), enumerable: true });
    for (const name of attributes) {
      if (isTaken(name) || Object.hasOwn(module, name)) continue;
      Object.defineProperty(module, name, {
        get: () => raiseValue(native().script_attribute(module.#live(), name)),
        set: (value) => {
          native().set_script_attribute(module.#live(), name, lowerValue(value, name));
        },
      });
    }
    for (const name of methods) {
      if (isTaken(name) || Object.hasOwn(module, name)) continue;
      const call = (...args: unknown[]) => module.#call(name, args);
      const callAsync = (...args: unknown[]) => module.#callAsync(name, args);
      Object.defineProperty(module, name, { value: Object.assign(call, { async: callAsync }) });
    }
  }
}

/** The tensors and modules that a module is made of; the same wherever the script has the same. */
class Parts {
  readonly #modules: readonly ScriptModule[];
  readonly #tensors: readonly Tensor[];

  constructor(modules: readonly ScriptModule[], tensors: readonly Tensor[]) {
    this.#modules = modules;
    this.#tensors = tensors;
  }

  module(index: number): ScriptModule {
    return this.#modules[index] as ScriptModule;
  }

  tensor(place: number): Tensor {
    return this.#tensors[place] as Tensor;
  }

  parameter(place: number): Parameter {
    const tensor = this.tensor(place);
    return tensor instanceof Parameter ? tensor : asParameter(tensor);
  }
}

/** Makes a tensor of the script a field that can be assigned to, as in Python. */
function defineTensor(module: ScriptModule, name: string, tensor: Tensor | null): void {
  let current = tensor;
  const isParameter = tensor instanceof Parameter;
  const put = () => {
    native().set_script_attribute(scriptOf(module), name, current === null ? null : handleOf(current, name));
  };
  Object.defineProperty(module, name, {
    enumerable: true,
    get: () => current,
    set: (value: unknown) => {
      if (value === current) return;
      if (isParameter && !isInstance(value, Parameter)) throw invalidType(name, 'a Parameter', value);
      if (!isTensor(value)) throw invalidType(name, 'a Tensor', value);
      current = value as Tensor;
      put();
    },
  });
}

/** Whether a name is one of Module's own. */
function isTaken(name: string): boolean {
  return name in ScriptModule.prototype;
}

function checkFree({ name }: ScriptModuleDescription, field: string): void {
  if (!isTaken(field) || field === 'name' || field === 'length') return;
  throw new TorchError('ERR_NOT_IMPLEMENTED', `${name}: its field '${field}' has the name of a method of ScriptModule`);
}

/** What `async` is given: the options come last. */
function splitArguments(args: readonly unknown[]): { own: AsyncOptions; inputs: readonly unknown[] } {
  const last = args.at(-1);
  if (args.length === 0 || !isPlainObject(last)) return { own: {}, inputs: args };
  // A dict of tensors is an input.
  if (!Object.keys(last).every((key) => ASYNC_OPTIONS.includes(key))) return { own: {}, inputs: args };
  return { own: readAsyncOptions(last), inputs: args.slice(0, -1) };
}
