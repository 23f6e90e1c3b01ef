/** Modules that hold parameters. */
import { checkString, listOf } from '../addon/arguments.js';
import { isTensor } from '../addon/handle.js';
import { ArgumentRangeError, describe, invalidType } from '../base/errors.js';
import { isInstance } from '../base/plain_object.js';
import type { Tensor } from '../tensor/tensor.js';
import { pairsOf, place, withoutLength } from './containers.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

/** Methods that no name of a member may hide. */
const LIST: unique symbol = Symbol('list');
const ENTRIES: unique symbol = Symbol('entries');

// biome-ignore lint/suspicious/noExplicitAny: what a container holds is the caller's
type Any = any;

function described(parameter: Tensor): string {
  const { dtype, device } = parameter;
  const names: Record<string, string> = {
    float32: 'FloatTensor',
    float64: 'DoubleTensor',
    float16: 'HalfTensor',
    bfloat16: 'BFloat16Tensor',
  };
  const kind = `torch.${device === 'cpu' ? '' : 'cuda.'}${names[dtype] ?? 'Tensor'}`;
  const size = (parameter.shape as readonly number[]).join('x');
  return `Parameter containing: [${kind} of size ${size}${device === 'cpu' ? '' : ` (${device})`}]`;
}

function asParameter(value: unknown, name: string): Parameter {
  if (isInstance(value, Parameter)) return value;
  if (!isTensor(value)) throw invalidType(name, 'a Parameter or a Tensor', value);
  return new Parameter(value as Tensor);
}

/** A list of parameters; a plain array's parameters would not become part of the module. Tensors become parameters. */
export class ParameterList extends Module {
  [index: number]: Any;

  constructor(values: Iterable<Tensor> = []) {
    super();
    withoutLength(this);
    this.extend(values);
  }

  [LIST](): Parameter[] {
    const list: Parameter[] = [];
    for (let at = 0; isInstance(this[at], Parameter); at++) list.push(this[at]);
    return list;
  }

  /** The number of parameters. */
  override get length(): number {
    return this[LIST]().length;
  }

  /** The parameter at an index; negative ones count from the last. */
  at(index: number): Parameter {
    return this[place(index, this.length)];
  }

  /** Adds a parameter at the end. */
  append(value: Tensor): this {
    this[this.length] = asParameter(value, 'value');
    return this;
  }

  /** Adds parameters at the end. */
  extend(values: Iterable<Tensor>): this {
    for (const value of listOf(values, 'values', 'an array of Tensors, or another iterable'))
      this.append(value as Tensor);
    return this;
  }

  override extra_repr(): string {
    return this[LIST]()
      .map((parameter, at) => `(${at}): ${described(parameter)}`)
      .join('\n');
  }

  override toString(): string {
    const lines = this.extra_repr();
    return lines === ''
      ? 'ParameterList()'
      : `ParameterList(\n  ${lines
          .split('\n')
          .map((line) => `  ${line}`)
          .join('\n  ')}\n)`;
  }

  [Symbol.iterator](): IterableIterator<Parameter> {
    return this[LIST]()[Symbol.iterator]();
  }
}

/** Parameters by name; a plain object's parameters would not become part of the module. Tensors become parameters. */
export class ParameterDict extends Module {
  readonly [name: string]: Any;

  constructor(values: Readonly<Record<string, Tensor>> | Iterable<readonly [string, Tensor]> = {}) {
    super();
    withoutLength(this);
    for (const [name, value] of pairsOf<Tensor>(values, 'values')) this.set(name, value);
  }

  [ENTRIES](): [string, Parameter][] {
    return Object.entries(this as object).filter((entry): entry is [string, Parameter] =>
      isInstance(entry[1], Parameter),
    );
  }

  /** The number of parameters. */
  override get length(): number {
    return this[ENTRIES]().length;
  }

  /** The parameter of that name. */
  get(name: string): Parameter {
    checkString(name, 'name');
    const found = Object.hasOwn(this, name) ? this[name] : undefined;
    if (!isInstance(found, Parameter)) throw new ArgumentRangeError('name', 'the name of a parameter', describe(name));
    return found;
  }

  /** Adds a parameter under a name. */
  set(name: string, value: Tensor): this {
    this.register_parameter(name, asParameter(value, 'value'));
    return this;
  }

  /** Whether there is a parameter of that name. */
  has(name: string): boolean {
    return typeof name === 'string' && Object.hasOwn(this, name) && isInstance(this[name], Parameter);
  }

  /** The names. */
  keys(): string[] {
    return this[ENTRIES]().map(([name]) => name);
  }

  /** The parameters. */
  values(): Parameter[] {
    return this[ENTRIES]().map(([, parameter]) => parameter);
  }

  /** The pairs of name and parameter. */
  items(): [string, Parameter][] {
    return this[ENTRIES]();
  }

  override extra_repr(): string {
    return this[ENTRIES]()
      .map(([name, parameter]) => `(${name}): ${described(parameter)}`)
      .join('\n');
  }

  override toString(): string {
    const lines = this.extra_repr();
    return lines === ''
      ? 'ParameterDict()'
      : `ParameterDict(\n  ${lines
          .split('\n')
          .map((line) => `  ${line}`)
          .join('\n  ')}\n)`;
  }

  /** The names, as in Python. */
  [Symbol.iterator](): IterableIterator<string> {
    return this.keys()[Symbol.iterator]();
  }
}
