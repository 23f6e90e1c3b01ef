import { itemsOf } from '../addon/arguments.js';
import { invalidType } from '../base/errors.js';
import { generatorHandleOf, isGenerator } from '../addon/generator.js';
import { handleOf, isTensor, knownHandle } from '../addon/handle.js';
import { type AsyncOptions, onLane } from '../addon/lane.js';
import {
  cudaProblem,
  type DeferredOperator,
  type Handle,
  type NativeOperator,
  native,
  type OperatorValue,
  requireCuda,
} from '../addon/native.js';
import { isArray } from '../base/plain_object.js';
import { markOf } from './scalar.js';
import { partOf } from './slice.js';

/** The rules for the arguments of an operator; `binding/tensor/signature.h` numbers them. */
const STYLES = { operator: 0, function: 1, method: 2 } as const;

/** The arguments of a call, ready for the addon. */
export interface Prepared {
  readonly names: string | undefined;
  readonly values: readonly OperatorValue[];
  /** The caller's own values, to return those that the operator wrote to. */
  readonly given: readonly unknown[];
}

/** An operator, or the overloads of a name in Python, bound at its first call. */
export class BoundOperator {
  readonly name: string;
  readonly #overloads: readonly string[];
  readonly #style: number;
  #bound: [NativeOperator, DeferredOperator] | undefined;

  /** Whether it writes to its arguments, judging by its name. */
  readonly writes: boolean;

  constructor(name: string, overloads: readonly string[], style: keyof typeof STYLES) {
    this.name = name;
    this.writes = name.endsWith('_');
    this.#overloads = overloads;
    this.#style = STYLES[style];
  }

  /** Calls it. The result is as it comes from the addon. */
  call({ names, values }: Prepared): OperatorValue {
    const call = this.#functions()[0];
    // To spread an array costs as much as to make it.
    switch (values.length) {
      case 1:
        return call(names, values[0]);
      case 2:
        return call(names, values[0], values[1]);
      case 3:
        return call(names, values[0], values[1], values[2]);
      default:
        return call(names, ...values);
    }
  }

  /** Calls it on a lane and converts the addon's result with `finish`. */
  defer<T>({ names, values }: Prepared, finish: (value: OperatorValue) => T, options: AsyncOptions): Promise<T> {
    const [, defer] = this.#functions();
    return onLane((lane, job) => defer(lane, job, names, ...values), finish, options);
  }

  #functions(): [NativeOperator, DeferredOperator] {
    this.#bound ??= native().bind_operator(this.name, this.#overloads, this.#style);
    return this.#bound;
  }
}

/** The names of positional values in errors. */
const PLACES = Array.from({ length: 32 }, (_, index) => `argument ${index}`);

/** {@link prepare} for calls with tensors and numbers alone, which most are; `undefined` for others. */
export function prepareSimple(given: readonly unknown[]): Prepared | undefined {
  const values: OperatorValue[] = [];
  for (let index = 0; index < given.length; index++) {
    const value = given[index];
    if (typeof value === 'number' || typeof value === 'boolean') values.push(value);
    else {
      const handle = knownHandle(value);
      if (handle !== undefined) values.push(handle);
      else if (isTensor(value)) values.push(handleOf(value, PLACES[index] ?? 'arguments'));
      else return undefined;
    }
  }
  return { names: undefined, values, given };
}

/** Reads the arguments of a call: positional and named values. */
export function prepare(positional: readonly unknown[], named: object | undefined): Prepared {
  const simple = named === undefined ? prepareSimple(positional) : undefined;
  if (simple !== undefined) return simple;
  let given: unknown[];
  let names: string | undefined;
  if (named === undefined) {
    given = positional.some(isArray)
      ? positional.map((value, index) => read(value, `argument ${index}`))
      : [...positional];
    while (given.length > 0 && given.at(-1) === undefined) given.pop();
  } else {
    // All of the caller's properties are read before the first handle, since getters may dispose of tensors.
    const words = Object.entries(named).filter(([, value]) => value !== undefined);
    given = positional.map((value, index) => read(value, `argument ${index}`));
    while (given.length > 0 && given.at(-1) === undefined) given.pop();
    for (const [key, value] of words) given.push(read(value, key));
    if (words.length > 0) names = words.map(([key]) => key).join(',');
  }
  const first = names === undefined ? given.length : given.length - names.split(',').length;
  const values = given.map((value, index) =>
    lower(value, index < first ? `argument ${index}` : ((names as string).split(',')[index - first] as string)),
  );
  if (values.some((value) => typeof value === 'string' && /^cuda(:\d+)?$/.test(value))) checkCuda(values, names, first);
  return { names, values, given };
}

/** Only the schema knows whether a string is a device; for a missing device LibTorch has its own error. */
function checkCuda(values: readonly OperatorValue[], names: string | undefined, first: number): void {
  const device = names?.split(',').indexOf('device') ?? -1;
  const word = device < 0 ? undefined : values[first + device];
  if (typeof word === 'string' && word.startsWith('cuda')) requireCuda('device');
  else cudaProblem();
}

const operators = new Map<string, BoundOperator>();

/**
 * Calls an operator of LibTorch with tensors, plain values and arrays of them.
 *
 * @param name - with its namespace and optionally an overload, as in `aten::add` or `aten::add.Tensor`
 * @returns the operator's result as it comes from the addon
 */
export function dispatch(name: string, prepared: Prepared): OperatorValue {
  return operatorOf(name).call(prepared);
}

/** The operator of a name; without an overload, the first one that fits is called. */
export function operatorOf(name: string): BoundOperator {
  let operator = operators.get(name);
  if (operator === undefined) operators.set(name, (operator = new BoundOperator(name, [name], 'operator')));
  return operator;
}

/** Calls an operator that returns one tensor. */
export function dispatchTensor(name: string, positional: readonly unknown[], named?: object): Handle {
  return dispatch(`aten::${name}`, prepare(positional, named)) as Handle;
}

/** No schema nests lists three deep; this also ends arrays that contain themselves. */
const MAX_DEPTH = 3;

/** A copy of the caller's arrays. */
function read(value: unknown, parameter: string, depth = 0): unknown {
  if (depth === MAX_DEPTH || !isArray(value)) return value;
  return itemsOf(value, parameter).map((item) => read(item, parameter, depth + 1));
}

/** A copy of a value for an operator, for code that reads it before the operator does. */
export function readValue(value: unknown, parameter: string, depth = 0): unknown {
  const isPlain =
    value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol');
  if (isPlain || isTensor(value)) return value;
  if (depth < MAX_DEPTH && isArray(value))
    return itemsOf(value, parameter).map((item) => readValue(item, parameter, depth + 1));
  const isOurs = (object: object) =>
    isGenerator(object) || markOf(object) !== undefined || partOf(object) !== undefined;
  if (typeof value === 'object' && !isArray(value) && isOurs(value)) return value;
  throw invalidType(parameter, 'a Tensor, a plain value or an array of them', value);
}

/** Converts tensors and generators to handles, also in arrays; other values are checked by the operator's schema. */
function lower(value: unknown, parameter: string, depth = 0): OperatorValue {
  if (typeof value !== 'object' || value === null) return value as OperatorValue;
  if (isTensor(value)) return handleOf(value, parameter);
  if (depth < MAX_DEPTH && isArray(value)) return value.map((item) => lower(item, parameter, depth + 1));
  if (isGenerator(value)) return generatorHandleOf(value, parameter);
  const mark = markOf(value);
  if (mark !== undefined) return mark;
  throw invalidType(parameter, 'a Tensor, a plain value or an array of them', value);
}
