/**
 * What a loss is, and all that losses do: a row of data says what one is called in each namespace and what it takes;
 * everything else, from the check of an option to the call of the addon, is here once for all of them.
 */
import { ArgumentTypeError, invalidType, invalidValue } from './errors.js';
import { handleOf } from './handle.js';
import { type Handle, type NativeLoss, native, type Primitive } from './native.js';
import type { Param } from './params.js';
import { Tensor } from './tensor.js';
import { warnOnce } from './warnings.js';

/** The namespaces of the losses. */
export type Namespace = 'torch.nn' | 'torch.nn.functional' | 'mindspore.nn' | 'mindspore.ops';

/** PyTorch's older way to say `reduction`, still taken with a warning. */
export interface LegacyOptions {
  /** @deprecated Use `reduction`: `false` here means `'sum'`. */
  size_average?: boolean | null | undefined;
  /** @deprecated Use `reduction`: `false` here means `'none'`. */
  reduce?: boolean | null | undefined;
}

/** One loss in one namespace. */
export interface LossEntry<Option extends string = string> {
  /** The function's or the class's name. */
  readonly name: string;
  /** The tensors, in order, by the names that this namespace gives them. */
  readonly inputs: readonly string[];
  /** The options in the order in which Python takes them. */
  readonly options: readonly Option[];
  /** Defaults that differ from the parameter's own. */
  readonly defaults?: Readonly<Partial<Record<Option, unknown>>>;
  /** Ranges that this framework checks and LibTorch does not. */
  readonly limits?: Readonly<Partial<Record<Option, Limit>>>;
  /** Whether `reduction` may be written in any case. */
  readonly anyCase?: boolean;
  /** The function of the addon that gives a pair, for an entry that does. */
  readonly pair?: 'ctc_loss_with_alpha';
  /** What this framework checks or converts before the call. */
  readonly prepare?: Prepare;
}

/** A range that a framework checks: what it expects, in words, and the test. */
export interface Limit {
  readonly expected: string;
  readonly holds: (value: number) => boolean;
}

/**
 * Checks the inputs and gives those that the addon is to be called with. New tensors among them are disposed after
 * the call.
 */
export type Prepare = (inputs: readonly unknown[], names: readonly string[]) => readonly unknown[];

/** A point on which the two frameworks are known to differ. */
export interface Deviation {
  readonly about: string;
  /** What PyTorch does, and torchloss with it. */
  readonly torch: string;
  readonly mindspore: string;
}

/** All that makes a loss: its operator, its parameters and its names. `O` is its options interface. */
export interface LossRow<O extends object = Record<string, unknown>> {
  /** The operator in LibTorch, and the addon's function of the same name. */
  readonly op: string;
  /** The parameters after the tensors, in the operator's order. */
  readonly params: { readonly [Name in Exclude<keyof O, keyof LegacyOptions>]-?: Param };
  readonly namespaces: {
    readonly 'torch.nn': LossEntry<string & keyof O>;
    readonly 'torch.nn.functional': LossEntry<string & keyof O>;
    readonly 'mindspore.nn': LossEntry<string & keyof O>;
    readonly 'mindspore.ops'?: LossEntry<string & keyof O>;
  };
  /** What every namespace checks or converts before the call. */
  readonly prepare?: Prepare;
  /** The call, for a loss that is no single function of the addon. */
  readonly call?: (inputs: readonly Tensor[], params: readonly unknown[]) => Handle;
  /** Where MindSpore is known to differ from what this gives. */
  readonly deviations: readonly Deviation[];
}

/** Any row, where only its data matter. */
export type AnyLossRow = LossRow<Record<string, unknown>>;

/** A loss in one namespace, ready to be called. */
interface BoundLoss {
  readonly entry: LossEntry;
  /** The parameters' values in the operator's order. */
  resolve(options: unknown): readonly unknown[];
  /** The loss of the inputs, with values that `resolve` gave. */
  run(inputs: readonly unknown[], values: readonly unknown[]): unknown;
}

function bind(row: AnyLossRow, namespace: Namespace): BoundLoss {
  const entry = row.namespaces[namespace] as LossEntry;
  const { inputs: names, pair } = entry;
  const params = Object.entries<Param>(row.params);
  const tensors = params.flatMap(([name, { kind }], index) => (kind === 'tensor' ? [{ name, index }] : []));
  const reading = { anyCase: entry.anyCase === true, oldWords: namespace.startsWith('torch') };
  const defaults = params.map(([name, param]) => {
    const value = entry.defaults?.[name];
    return value === undefined ? param.default : param.read(value, name, reading);
  });
  const prepares = [row.prepare, entry.prepare].filter((step) => step !== undefined);
  let op: NativeLoss | undefined;
  return { entry, resolve, run: prepares.length === 0 ? call : prepareAndCall };

  function resolve(options: unknown): readonly unknown[] {
    if (options === undefined) return defaults;
    if (typeof options !== 'object' || options === null || options instanceof Tensor) {
      throw invalidType('options', `an object with options of ${entry.name} (${entry.options.join(', ')})`, options);
    }
    const given = options as Record<string, unknown>;
    for (const name of Object.keys(given)) if (!entry.options.includes(name)) throw unknownOption(name, entry);
    const legacy = legacyReduction(given);
    return params.map(([name, param], index) => {
      const value = name === 'reduction' && legacy !== undefined ? legacy : given[name];
      if (value === undefined) return defaults[index];
      const read = param.read(value, name, reading);
      const limit = entry.limits?.[name];
      if (limit !== undefined && !limit.holds(read as number)) throw invalidValue(name, limit.expected, value);
      return read;
    });
  }

  function call(inputs: readonly unknown[], values: readonly unknown[]): unknown {
    const handles = names.map((name, index) => handleOf(inputs[index], name));
    if (row.call !== undefined) return new Tensor(row.call(inputs as readonly Tensor[], values));
    const primitives = lower(values);
    if (pair !== undefined) return native().losses[pair](...handles, ...primitives).map((handle) => new Tensor(handle));
    op ??= native().losses[row.op] as NativeLoss;
    return new Tensor(op(...handles, ...primitives));
  }

  function prepareAndCall(inputs: readonly unknown[], values: readonly unknown[]): unknown {
    const prepared = prepares.reduce((list, step) => step(list, names), inputs);
    try {
      return call(prepared, values);
    } finally {
      for (const value of prepared) if (!inputs.includes(value)) (value as Tensor).dispose();
    }
  }

  /** Tensors among the values to handles: read at each call, since they may have been disposed meanwhile. */
  function lower(values: readonly unknown[]): readonly Primitive[] {
    if (tensors.length === 0) return values as readonly Primitive[];
    const primitives = [...values] as Primitive[];
    for (const { name, index } of tensors) {
      if (primitives[index] !== undefined) primitives[index] = handleOf(primitives[index], name);
    }
    return primitives;
  }
}

/**
 * Makes the function of a loss in one namespace.
 *
 * @typeParam F - the function's public type
 */
export function lossFunction<F>(row: AnyLossRow, namespace: Namespace): F {
  const { entry, resolve, run } = bind(row, namespace);
  const count = entry.inputs.length;
  const call = (...args: unknown[]) => {
    if (args.length > count + 1) throw tooManyArguments(entry, args.length);
    return run(args, resolve(args[count]));
  };
  return Object.defineProperty(call, 'name', { value: entry.name }) as F;
}

/**
 * The base of the loss classes. An instance is a function, so that it is called as in Python: `loss(input, target)`;
 * `forward` is the same.
 *
 * @typeParam O - the options of the constructor
 */
export abstract class Loss<O extends object> {
  /** The row of the class, which each class names. */
  protected static readonly row: AnyLossRow;
  /** The namespace of the class, which `TorchLoss` and `MindSporeLoss` name. */
  protected static readonly namespace: Namespace;

  /** The options given to the constructor. */
  declare readonly options: Readonly<O>;

  constructor(options?: O) {
    const { row, namespace } = new.target as unknown as typeof Loss;
    const { entry, resolve, run } = bind(row, namespace);
    const values = resolve(options);
    const count = entry.inputs.length;
    const call = (...inputs: unknown[]) => {
      if (inputs.length > count) throw tooManyArguments(entry, inputs.length);
      return run(inputs, values);
    };
    Object.defineProperties(call, {
      name: { value: entry.name },
      options: { value: Object.freeze({ ...options }), enumerable: true },
      forward: { value: call },
      ...(namespace === 'mindspore.nn' && { construct: { value: call } }),
    });
    // biome-ignore lint/correctness/noConstructorReturn: an instance is a function with the class's prototype
    return Object.setPrototypeOf(call, new.target.prototype);
  }

  /** The class and the options given, as Python prints a module. */
  toString(): string {
    const options = Object.entries(this.options).map(([name, value]) => `${name}=${typeof value === 'string' ? `'${value}'` : value}`);
    return `${this.constructor.name}(${options.join(', ')})`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** PyTorch's mapping of `size_average` and `reduce` to a reduction; `undefined` if neither is given. */
function legacyReduction({ size_average, reduce }: LegacyOptions): string | undefined {
  if (size_average == null && reduce == null) return undefined;
  for (const [name, value] of Object.entries({ size_average, reduce })) {
    if (value != null && typeof value !== 'boolean') throw invalidType(name, 'a boolean or null', value);
  }
  const word = reduce === false ? 'none' : size_average === false ? 'sum' : 'mean';
  warnOnce(`size_average and reduce are deprecated, please use reduction='${word}' instead.`);
  return word;
}

function unknownOption(name: string, { name: loss, options }: LossEntry): ArgumentTypeError {
  const expected = options.length > 0 ? `one of the options of ${loss} (${options.join(', ')})` : `no options for ${loss}`;
  return new ArgumentTypeError(name, expected, `'${name}'`, 'ERR_UNKNOWN_OPTION');
}

function tooManyArguments({ name, inputs }: LossEntry, count: number): ArgumentTypeError {
  return new ArgumentTypeError(name, `${inputs.length} tensors (${inputs.join(', ')}) and one object of options`, `${count} arguments`);
}
