/** Builds the callable functions and classes of a loss from its row. */
import { checkSameDevice, type Placed, withElsewhere } from './devices.js';
import { ArgumentTypeError } from '../base/errors.js';
import { handleOf, isTensor } from '../addon/handle.js';
import { type AsyncOptions, attempt, onLane, readAsyncOptions, splitOptions } from '../addon/lane.js';
import { type Named, withTensors } from './explain.js';
import { isTrusted, type OptionsReader, optionsReader } from './options.js';
import {
  type DeferredFunction,
  type LossResult,
  type NativeLoss,
  native,
  type Primitive,
  usesCuda,
} from '../addon/native.js';
import { callWithHooks, HOOKED } from '../nn/callable.js';
import { Module } from '../nn/module.js';
import type { Param } from './params.js';
import { attachParts, type Part, partsOf } from './parts.js';
import { isPlainObject } from '../base/plain_object.js';
import type { AnyLossRow, LossEntry, Lowered } from './row.js';
import type { Namespace, OwnOptions } from './call_types.js';
import { Tensor } from '../tensor/tensor.js';

/** A loss in one namespace, ready to be called. */
interface BoundLoss extends OptionsReader {
  readonly entry: LossEntry;
  /** What the class has as buffers and modules. */
  readonly parts: readonly Part[];
  /** Computes the loss of the inputs, with values from `resolve`. */
  run(inputs: readonly unknown[], values: readonly unknown[]): unknown;
  /** The same on a lane. */
  runAsync(inputs: readonly unknown[], values: readonly unknown[], options: AsyncOptions): Promise<unknown>;
  /** The addon's function, if {@link run} only has to call it with values that contain no tensor. */
  direct(values: readonly unknown[]): NativeLoss | undefined;
  /** Gives `use` what the addon would be called with, for the loss alone where the entry gives a pair. */
  lowered<T>(inputs: readonly unknown[], values: readonly unknown[], use: (call: Lowered) => T): T;
}

/** What a loss is made of, for code that calls the addon in its own way. */
export interface LossInternals extends Pick<BoundLoss, 'entry' | 'resolve' | 'lowered'> {
  readonly row: AnyLossRow;
  /** The values with which an instance was constructed, in the operator's order. */
  readonly values?: readonly unknown[];
}

/** The internals of a loss of any namespace, or `undefined` for anything else. */
export function internalsOf(loss: unknown): LossInternals | undefined {
  return internals.get(loss as object) ?? (loss as { readonly [AS_LOSS]?: LossInternals } | undefined)?.[AS_LOSS];
}

/** The internals of a module that is a loss with tensors of its own. */
export const AS_LOSS: unique symbol = Symbol('as loss');

const internals = new WeakMap<object, LossInternals>();

const bound = new WeakMap<AnyLossRow, Map<Namespace, BoundLoss>>();

/** The loss of a row in a namespace: made once, for the function and for all instances of the class. */
function bind(row: AnyLossRow, namespace: Namespace): BoundLoss {
  const known = bound.get(row)?.get(namespace);
  if (known !== undefined) return known;
  const made = makeBound(row, namespace);
  bound.set(row, (bound.get(row) ?? new Map()).set(namespace, made));
  return made;
}

function makeBound(row: AnyLossRow, namespace: Namespace): BoundLoss {
  const entry = row.namespaces[namespace] as LossEntry;
  const { inputs: names, pair } = entry;
  const count = names.length;
  const params = Object.entries<Param>(row.params);
  const tensors = params.flatMap(([name, { kind }], index) => (kind === 'tensor' ? [{ name, index }] : []));
  const { defaults, resolve } = optionsReader(row, entry, namespace);
  const prepares = [row.prepare, entry.prepare].filter((step) => step !== undefined);
  const op = pair ?? row.op;
  const isDirect = count <= 3 && prepares.length === 0 && row.lower === undefined && pair === undefined;
  const parts = namespace === 'torch.nn' ? partsOf(row, entry) : [];
  let addonLoss: NativeLoss | undefined;
  return { entry, defaults, parts, resolve, run, runAsync, direct, lowered };

  function direct(values: readonly unknown[]): NativeLoss | undefined {
    if (!isDirect || (tensors.length > 0 && values !== defaults) || usesCuda()) return undefined;
    addonLoss ??= native().losses[op] as NativeLoss;
    return addonLoss;
  }

  function run(inputs: readonly unknown[], values: readonly unknown[]): unknown {
    return prepared(inputs, (list) =>
      withLowered(list, values, ({ op, args }) => {
        try {
          return finish(onDevices(list, values, () => (native().losses[op] as NativeLoss)(...args)));
        } catch (error) {
          throw explained(error, inputs, values);
        }
      }),
    );
  }

  function runAsync(inputs: readonly unknown[], values: readonly unknown[], options: AsyncOptions): Promise<unknown> {
    return prepared(inputs, (list) =>
      withLowered(list, values, ({ op, args }) =>
        onLane(
          (lane, job) => onDevices(list, values, () => (native().deferred[op] as DeferredFunction)(lane, job, ...args)),
          finish,
          options,
        ).catch((error: unknown) => {
          throw explained(error, inputs, values);
        }),
      ),
    );
  }

  /** The tensors of a call by the names of their parameters. */
  function named(inputs: readonly unknown[], values: readonly unknown[]): Named[] {
    const own = names.map((name, index): Named => [name, inputs[index]]);
    return [...own, ...tensors.map(({ name, index }): Named => [name, values[index]])];
  }

  /** The tensors of a call that have to be on one device, without those that were disposed of meanwhile. */
  function placed(inputs: readonly unknown[], values: readonly unknown[]): Placed[] {
    const list = named(inputs, values).filter((_, index) => row.anywhere?.includes(index) !== true);
    return list.filter(([, tensor]) => isTensor(tensor) && !(tensor as Tensor).disposed) as unknown as Placed[];
  }

  /** The error of a call with what LibTorch leaves out. */
  function explained(error: unknown, inputs: readonly unknown[], values: readonly unknown[]): unknown {
    const placing = usesCuda() ? withElsewhere(error, placed(inputs, values)) : error;
    return withTensors(placing, named(inputs, values));
  }

  /** The addon's result as a tensor, or as two for an entry that returns a pair. */
  function finish(result: LossResult): unknown {
    return pair === undefined ? wrap(result) : (result as unknown as LossResult[]).map(wrap);
  }

  function lowered<T>(inputs: readonly unknown[], values: readonly unknown[], use: (call: Lowered) => T): T {
    return prepared(inputs, (list) =>
      withLowered(list, values, ({ op, args }) => {
        if (usesCuda()) checkSameDevice(placed(list, values));
        return use({ op: op === pair ? row.op : op, args });
      }),
    );
  }

  /** Gives `use` the inputs as the namespace prepares them; what was made for that is disposed of afterwards. */
  function prepared<T>(inputs: readonly unknown[], use: (inputs: readonly unknown[]) => T): T {
    const list = prepares.reduce((inputs, step) => step(inputs, names), inputs);
    try {
      return use(list);
    } finally {
      for (const value of list) if (!inputs.includes(value)) (value as Tensor).dispose();
    }
  }

  /** Gives `use` the call of the addon; the tensors that were made for it are disposed of afterwards. */
  function withLowered<T>(inputs: readonly unknown[], values: readonly unknown[], use: (call: Lowered) => T): T {
    const call = lower(inputs, values);
    try {
      return use(call);
    } finally {
      for (const tensor of call.made ?? []) tensor.dispose();
    }
  }

  /** Makes a call that may be on a CUDA device: names a tensor on another device, and may trust the labels. */
  function onDevices<T>(inputs: readonly unknown[], values: readonly unknown[], call: () => T): T {
    if (!usesCuda()) return call();
    checkSameDevice(placed(inputs, values));
    const before = native().set_validation(!isTrusted(values));
    try {
      return call();
    } finally {
      native().set_validation(before);
    }
  }

  /**
   * What the addon is called with: the inputs' handles and the values. Tensors among the values become handles only
   * here, since they may have been disposed meanwhile.
   */
  function lower(inputs: readonly unknown[], values: readonly unknown[]): Lowered {
    const handles = names.map((name, index) => handleOf(inputs[index], name));
    if (row.lower !== undefined) return row.lower(inputs as readonly Tensor[], values);
    const args: Primitive[] = [...handles, ...(values as readonly Primitive[])];
    for (const { name, index } of tensors) {
      if (values[index] !== undefined) args[count + index] = handleOf(values[index], name);
    }
    return { op, args };
  }
}

/**
 * Calls `op` with the two or three tensors that `names` names, and `values`. Written out: arrays and spreads cost as much
 * as the rest of a small call.
 */
function callDirect(
  op: NativeLoss,
  names: readonly string[],
  a: unknown,
  b: unknown,
  c: unknown,
  values: readonly unknown[],
): Tensor {
  const x = handleOf(a, names[0] as string);
  const y = handleOf(b, names[1] as string);
  const v = values as readonly Primitive[];
  try {
    if (names.length === 3) {
      const z = handleOf(c, names[2] as string);
      switch (v.length) {
        case 2:
          return wrap(op(x, y, z, v[0], v[1]));
        case 3:
          return wrap(op(x, y, z, v[0], v[1], v[2]));
        default:
          return wrap(op(x, y, z, ...v));
      }
    }
    switch (v.length) {
      case 1:
        return wrap(op(x, y, v[0]));
      case 2:
        return wrap(op(x, y, v[0], v[1]));
      case 3:
        return wrap(op(x, y, v[0], v[1], v[2]));
      case 4:
        return wrap(op(x, y, v[0], v[1], v[2], v[3]));
      default:
        return wrap(op(x, y, ...v));
    }
  } catch (error) {
    const given = [a, b, c];
    throw withTensors(
      error,
      names.map((name, index) => [name, given[index]]),
    );
  }
}

function wrap(result: LossResult): Tensor {
  return typeof result === 'number' ? new Tensor(undefined, result) : new Tensor(result);
}

/**
 * A loss as a function: call it directly, or on a lane with its `async`, which returns a promise.
 *
 * @typeParam F - the call
 * @typeParam G - the call of `async`
 */
export type LossFunction<F, G> = F & {
  /** The same on a {@link Lane}; `signal` and `lane` are further options. */
  readonly async: G;
};

/**
 * Makes the function of a loss in one namespace.
 *
 * @typeParam F - the function's public type
 */
export function lossFunction<F>(row: AnyLossRow, namespace: Namespace): F {
  const { entry, resolve, run, runAsync, direct, lowered } = bind(row, namespace);
  const { inputs: names, name } = entry;
  const count = names.length;
  const call = function (a: unknown, b: unknown, c: unknown) {
    if (arguments.length > count + 1) throw tooManyArguments(entry, 'and one options object', arguments.length);
    // biome-ignore-start lint/complexity/noArguments: a rest parameter would cost every call an array
    const values = resolve(arguments[count]);
    const op = direct(values);
    return op === undefined ? run([...arguments].slice(0, count), values) : callDirect(op, names, a, b, c, values);
    // biome-ignore-end lint/complexity/noArguments: as above
  };
  const callAsync = (...args: unknown[]) =>
    attempt(() => {
      if (args.length > count + 1) throw tooManyArguments(entry, 'and one options object', args.length);
      const { own, rest } = splitOptions(args[count]);
      return runAsync(args, resolve(rest), own);
    });
  const loss = Object.defineProperties(call, {
    name: { value: name },
    async: { value: Object.defineProperty(callAsync, 'name', { value: `${name}.async` }) },
  });
  internals.set(loss, { row, entry, resolve, lowered });
  return loss as F;
}

/** What a loss has of a module: all but the call, which each loss types for itself. */
type ModuleOfLoss = Pick<Module, Exclude<keyof Module, 'forward' | 'toString'>>;

/**
 * The base of the loss classes. An instance is a function, so you call it as in Python: `loss(input, target)`;
 * `forward` does the same, and `async` does it on a {@link Lane}.
 *
 * @typeParam O - the options of the constructor
 */
export abstract class Loss<O extends object> {
  static {
    // A loss is a module, without the cost of the constructor: an instance has no state beside its options.
    Object.setPrototypeOf(Loss.prototype, Module.prototype);
  }

  /** The row of the class, which each class names. */
  protected static readonly row: AnyLossRow;
  /** The namespace of the class, which `TorchLoss` and `MindSporeLoss` name. */
  protected static readonly namespace: Namespace;

  /** The options given to the constructor. */
  declare readonly options: Readonly<O>;

  constructor(options?: O & OwnOptions) {
    const { row, namespace } = new.target;
    const { entry, defaults, parts, resolve, run, runAsync, direct, lowered } = bind(row, namespace);
    if (arguments.length > 1)
      throw new ArgumentTypeError(entry.name, 'one options object', `${arguments.length} arguments`);
    const values = resolve(options);
    const { atCall, inputs: names } = entry;
    const count = names.length;
    const at = Object.keys(row.params).indexOf(String(atCall));
    const open = values[at] === defaults[at];
    const valuesOf = (inputs: readonly unknown[]) => {
      if (inputs.length <= count) return values;
      if (atCall === undefined || inputs.length > count + 1)
        throw tooManyArguments(entry, atCall === undefined ? '' : `and ${atCall}`, inputs.length);
      return open ? resolve({ ...options, [atCall]: inputs[count] }) : values;
    };
    // Set by the first hook: a loss without any does not look for them.
    let watched: ((args: unknown[]) => unknown) | undefined;
    const call = function (a: unknown, b: unknown, c: unknown) {
      // biome-ignore lint/complexity/noArguments: as below
      if (watched !== undefined) return watched([...arguments]);
      const op = arguments.length > count ? undefined : direct(values);
      if (op !== undefined) return callDirect(op, names, a, b, c, values);
      // biome-ignore lint/complexity/noArguments: a rest parameter would cost every call an array
      const inputs = [...arguments];
      return run(inputs.slice(0, count), valuesOf(inputs));
    };
    const callAsync = (...args: unknown[]) =>
      attempt(() => {
        const inputs = args.length > count && isPlainObject(args.at(-1)) ? args.slice(0, -1) : args;
        const own = readAsyncOptions(inputs === args ? {} : args.at(-1));
        return runAsync(inputs.slice(0, count), valuesOf(inputs), own);
      });
    const forward = (...inputs: [unknown, unknown, unknown]) => {
      const hooks = watched;
      watched = undefined;
      try {
        return call(...inputs);
      } finally {
        watched = hooks;
      }
    };
    const watch = () => {
      if (watched !== undefined) return;
      watched = (args) => callWithHooks(call, forward, args);
      Object.defineProperty(call, 'forward', { value: forward });
    };
    internals.set(call, { row, entry, resolve, lowered, values });
    Object.defineProperties(call, {
      [HOOKED]: { value: watch },
      name: { value: entry.name },
      options: { value: Object.freeze({ ...options }), enumerable: true },
      forward: { value: call, configurable: true },
      async: { value: callAsync },
      ...(namespace === 'mindspore.nn' && { construct: { value: call } }),
    });
    const instance = Object.setPrototypeOf(call, new.target.prototype);
    if (parts.length > 0) attachParts(instance, parts, values, values === defaults ? {} : options);
    // biome-ignore lint/correctness/noConstructorReturn: an instance is a function with the class's prototype
    return instance;
  }
}

// oxlint-disable-next-line no-unused-vars -- both declarations of a class need the same type parameters
export interface Loss<O extends object> extends ModuleOfLoss {
  /** What Python prints. */
  toString(): string;
}

function tooManyArguments({ name, inputs }: LossEntry, more: string, count: number): ArgumentTypeError {
  const expected = `${inputs.length} tensors (${inputs.join(', ')}) ${more}`.trimEnd();
  return new ArgumentTypeError(name, expected, `${count} arguments`);
}
