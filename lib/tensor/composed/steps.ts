/**
 * Functions that PyTorch writes in Python, composed of the same operators in the same order. A body returns its only
 * operator, or is a generator that yields one after the other, so the same body serves on JavaScript's thread and on a
 * lane.
 */
import { ArgumentTypeError, invalidType } from '../../base/errors.js';
import { didYouMean } from '../../base/nearest.js';
import { isTensor } from '../../addon/handle.js';
import { type AsyncOptions, attempt, splitOptions } from '../../addon/lane.js';
import { isArray, isInstance, isPlainObject } from '../../base/plain_object.js';
import { type BoundOperator, operatorOf, prepare, readValue } from '../dispatch.js';
import { givenBack, wrap, type OperatorResult } from '../results.js';
import type { Tensor } from '../tensor.js';

/** One call of an operator. */
export class Step {
  readonly operator: BoundOperator;
  readonly positional: readonly unknown[];
  readonly named: object | undefined;

  constructor(operator: BoundOperator, positional: readonly unknown[], named: object | undefined) {
    this.operator = operator;
    this.positional = positional;
    this.named = named;
  }
}

/** A body of several steps. */
export type Steps<T = unknown> = Generator<Step, T, OperatorResult>;

/** The body of a composed function, called with the arguments in Python's order and with its defaults. */
// biome-ignore lint/suspicious/noExplicitAny: the parameters of each body have their own types
export type Body = (...args: any[]) => unknown;

/** A call of an operator by name, such as `relu` or `max.dim`; a plain object in the last place names arguments. */
export function step(name: string, ...args: unknown[]): Step {
  const last = args.at(-1);
  const named = isPlainObject(last) ? last : undefined;
  return new Step(operatorOf(`aten::${name}`), named === undefined ? args : args.slice(0, -1), named);
}

/** The result of the call, in a body of several steps. */
export function* op<T = Tensor>(name: string, ...args: unknown[]): Generator<Step, T, OperatorResult> {
  return (yield step(name, ...args)) as T;
}

/** Checks that an argument of a composed function is a tensor, before its size is read. */
export function checkTensorArgument(value: unknown, parameter: string): asserts value is Tensor {
  if (!isTensor(value)) throw invalidType(parameter, 'a Tensor', value);
}

/**
 * Runs a body up to its next step. A body computes with numbers, strings, tensors and arrays of them alone, so an error of
 * the engine means that one of them is of the wrong kind.
 */
function between<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    const isEngines = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
    if (!isEngines || 'code' in error) throw error;
    throw new ArgumentTypeError(
      'arguments',
      'values of the kinds that the function takes',
      `others (${error.message})`,
    );
  }
}

/** Runs a body synchronously. */
export function run(body: Body, args: unknown[]): unknown {
  const first = between(() => body(...args));
  if (isInstance(first, Step)) return runStep(first);
  if (!isSteps(first)) return first;
  const made: unknown[] = [];
  let next = between(() => first.next());
  while (!next.done) {
    const result = runStep(next.value);
    made.push(result);
    next = between(() => first.next(result));
  }
  dropAllBut(next.value, made, args);
  return next.value;
}

/** Runs a body on a lane. */
export async function defer(body: Body, args: unknown[], options: AsyncOptions): Promise<unknown> {
  const first = between(() => body(...args));
  if (isInstance(first, Step)) return deferStep(first, options);
  if (!isSteps(first)) return first;
  const made: unknown[] = [];
  let next = between(() => first.next());
  while (!next.done) {
    const result = await deferStep(next.value, options);
    made.push(result);
    next = between(() => first.next(result));
  }
  dropAllBut(next.value, made, args);
  return next.value;
}

function runStep({ operator, positional, named }: Step): OperatorResult {
  const prepared = prepare(positional, named);
  return wrap(operator.call(prepared), givenBack(operator, prepared));
}

function deferStep({ operator, positional, named }: Step, options: AsyncOptions): Promise<OperatorResult> {
  const prepared = prepare(positional, named);
  return operator.defer(prepared, (value) => wrap(value, givenBack(operator, prepared)), options);
}

function isSteps(value: unknown): value is Steps {
  return typeof (value as Steps | null)?.next === 'function';
}

/** Disposes of intermediate tensors: those that are neither in the result nor the caller's. */
function dropAllBut(result: unknown, made: readonly unknown[], args: readonly unknown[]): void {
  const kept = new Set<unknown>();
  for (const value of [result, args]) collect(value, kept);
  const dropped = new Set<unknown>();
  collect(made, dropped);
  for (const tensor of dropped) if (!kept.has(tensor)) (tensor as Tensor).dispose();
}

function collect(value: unknown, found: Set<unknown>, depth = 0): void {
  if (isTensor(value)) found.add(value);
  else if (depth < 4 && isArray(value)) for (const item of value) collect(item, found, depth + 1);
}

/** A parameter of a composed function. */
interface Parameter {
  readonly name: string;
  readonly kind: 'plain' | 'keyword' | 'rest';
  readonly required: boolean;
  readonly fallback: unknown;
}

const VALUES: Readonly<Record<string, unknown>> = { None: null, True: true, False: false, inf: Infinity };

/** Reads `input, p=2.0, *, out=None`. */
export function readSignature(text: string): Parameter[] {
  let keyword = false;
  const parameters: Parameter[] = [];
  for (const part of text === '' ? [] : text.split(', ')) {
    if (part === '*') {
      keyword = true;
      continue;
    }
    const [name, value] = part.split('=') as [string, string | undefined];
    if (name.startsWith('*')) {
      parameters.push({ name: name.slice(1), kind: 'rest', required: false, fallback: undefined });
      keyword = true;
      continue;
    }
    const fallback = value === undefined ? undefined : value in VALUES ? VALUES[value] : JSON.parse(value);
    parameters.push({ name, kind: keyword ? 'keyword' : 'plain', required: value === undefined, fallback });
  }
  return parameters;
}

/** The arguments of a call in the order of the parameters: by position as far as given, then an options object. */
export function readArguments(name: string, parameters: readonly Parameter[], args: readonly unknown[]): unknown[] {
  const last = args.at(-1);
  const named: Record<string, unknown> = isPlainObject(last) ? { ...last } : {};
  const places = isPlainObject(last) ? args.slice(0, -1) : args;
  let used = 0;
  const values = parameters.map(({ name: parameter, kind, required, fallback }) => {
    if (kind === 'rest') {
      const rest = places.slice(used);
      used = places.length;
      return rest;
    }
    let value: unknown;
    if (kind === 'plain' && used < places.length) {
      value = places[used++];
      if (Object.hasOwn(named, parameter))
        throw new ArgumentTypeError(parameter, 'one value', 'a positional and a named one');
    } else if (Object.hasOwn(named, parameter)) {
      value = named[parameter];
      delete named[parameter];
    }
    if (value !== undefined) return value;
    if (required) throw new ArgumentTypeError(parameter, 'a value', 'nothing');
    return fallback;
  });
  if (used < places.length) {
    throw new ArgumentTypeError(name, `at most ${used} positional arguments`, String(places.length));
  }
  for (const key of Object.keys(named)) {
    const names = parameters.map((parameter) => parameter.name);
    const expected = `one of the arguments (${names.join(', ')})`;
    throw new ArgumentTypeError(key, expected, `'${key}'`, 'ERR_UNKNOWN_OPTION', didYouMean(key, names));
  }
  return values.map((value, at) => readValue(value, (parameters[at] as Parameter).name));
}

/** Bodies compute with numbers, which do not mix with bigints. */
function asNumber(value: unknown): unknown {
  if (isArray(value)) return value.map(asNumber);
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** The function of a body. */
export interface ComposedFunction {
  (...args: unknown[]): unknown;
  readonly async: (...args: unknown[]) => Promise<unknown>;
}

/** Makes the function that runs a body, with its variant for lanes. */
export function composedFunction(name: string, signature: string, body: Body): ComposedFunction {
  let parameters: Parameter[] | undefined;
  const read = (args: readonly unknown[]) =>
    readArguments(name, (parameters ??= readSignature(signature)), args).map(asNumber);
  const call = (...args: unknown[]) => run(body, read(args));
  const async = (...args: unknown[]) =>
    attempt(async () => {
      const last = args.at(-1);
      if (!isPlainObject(last)) return defer(body, read(args), {});
      const { own, rest } = splitOptions(last);
      return defer(body, read([...args.slice(0, -1), rest]), own);
    });
  Object.defineProperty(call, 'name', { value: name });
  return Object.assign(call, { async });
}
