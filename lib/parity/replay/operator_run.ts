/** Replays a recorded call under one of its names. */
import { native } from '../../addon/native.js';
import { handleOf } from '../../addon/handle.js';
import { Tensor } from '../../tensor/tensor.js';
import * as torch from '../../torch/index.js';
import { type CaseTensors, type ExpectedError, isTensor, judgeError } from '../sides/calls.js';
import {
  type Bounds,
  comparePlain,
  compareStored,
  type Comparing,
  Maker,
  type RecordedValue,
  type Stored,
} from './operator_values.js';

type Named = Readonly<Record<string, RecordedValue>>;

interface Expected {
  readonly error?: ExpectedError;
  readonly output?: RecordedValue;
  readonly text?: string;
  readonly self?: RecordedValue;
  readonly mutated?: Named;
  readonly differentiable?: readonly string[];
  readonly cotangents?: readonly string[];
  readonly grads?: Readonly<Record<string, { readonly tensor: string } | null>>;
  readonly grad_error?: unknown;
  readonly compare?: Readonly<Record<string, Comparing>>;
  readonly tolerance?: Bounds;
}

/** One recorded call. */
export interface OperatorCase {
  readonly id: string;
  readonly source: string;
  readonly operator: string;
  readonly name: string;
  readonly args?: readonly RecordedValue[];
  readonly kwargs?: Named;
  readonly forms?: readonly string[];
  readonly in_place?: readonly string[];
  readonly in_place_other?: Readonly<Record<string, ExpectedError & { readonly output?: RecordedValue }>>;
  readonly out?: boolean;
  readonly seed?: number;
  readonly self?: RecordedValue;
  readonly index?: RecordedValue;
  readonly value?: RecordedValue;
  readonly build?: { readonly name: string; readonly args: readonly RecordedValue[] };
  readonly printoptions?: Named;
  readonly expect: Expected;
}

type Call = (args: readonly unknown[], kwargs: object | undefined) => unknown;

/** The call of a name, or `undefined` if torchloss does not have it. */
export function find(form: string): Call | undefined {
  const dot = form.lastIndexOf('.');
  const [path, name] = [form.slice(0, dot), form.slice(dot + 1)];
  if (path === 'Tensor') {
    if (name === '__getitem__') return ([self, index]) => (self as Tensor).index(index as never);
    if (name === '__setitem__')
      return ([self, index, value]) => (self as Tensor).index_put_(index as never, value as never);
    if (name === '__str__') return ([self]) => String(self);
    if (!(name in Tensor.prototype)) return undefined;
    return ([self, ...rest], kwargs) => {
      const member: unknown = Reflect.get(self as object, name);
      if (typeof member !== 'function') return member;
      return member.apply(self, kwargs === undefined ? rest : [...rest, kwargs]);
    };
  }
  let holder: unknown = torch;
  for (const part of path.split('.').slice(1)) holder = Reflect.get(holder as object, part);
  const member: unknown = Reflect.get(holder as object, name);
  if (typeof member !== 'function') return undefined;
  return (args, kwargs) => member(...args, ...(kwargs === undefined ? [] : [kwargs]));
}

/** Replays a case under one of its names. */
export class FormRun {
  readonly #recorded: OperatorCase;
  readonly #form: string;
  readonly #lookUp: (key: string) => Stored;
  readonly #maker: Maker;
  readonly #call: Call;
  #args: unknown[] = [];
  /** The target of an assignment, which is made to a clone. */
  #self: Tensor | undefined;
  #kwargs: object | undefined;

  constructor(recorded: OperatorCase, form: string, lookUp: (key: string) => Stored, scope: CaseTensors) {
    this.#recorded = recorded;
    this.#form = form;
    this.#lookUp = lookUp;
    // Losses, and functions that make tensors, take only plain numbers.
    this.#maker = new Maker(lookUp, scope, !/loss|cross_entropy|kl_div|torch\.(arange|tensor|full)$/.test(form));
    this.#call = find(form) as Call;
  }

  problems(): string[] {
    const { source, in_place = [], in_place_other = {}, expect, out } = this.#recorded;
    if (source === 'print') return [this.#print()].filter((problem) => problem !== null);
    this.#make();
    const other = in_place_other[this.#form];
    if (other !== undefined || in_place.includes(this.#form)) return this.#inPlace(other);
    if (expect.error !== undefined) {
      const problem = judgeError(() => this.#run(), kindOf(expect.error));
      return problem === null ? [] : [problem];
    }
    const result = this.#run();
    const own = this.#form === this.#recorded.name;
    const wanted = source === 'setitem' ? expect.self : expect.output;
    const actual = source === 'setitem' ? this.#args[0] : result;
    const problems = [
      ...this.#compare(actual, wanted, 'output', own && source !== 'setitem'),
      ...Object.entries(expect.mutated ?? {}).flatMap(([path, value]) =>
        this.#compare(this.#at(path), value, path, false),
      ),
      ...this.#gradients(actual),
    ];
    return problems.length === 0 && out === true && own ? this.#out() : problems;
  }

  #make(): void {
    const { source, args, kwargs = {}, self, index, value, seed } = this.#recorded;
    if (source === 'getitem' || source === 'setitem') {
      const made = this.#maker.make(index);
      const several = isTuple(index);
      const values = source === 'setitem' ? [this.#maker.make(value)] : [];
      this.#args = [this.#maker.make(self), several ? made : [made], ...values];
      // The assignment is made to a clone of a tensor that requires grad.
      this.#self = this.#args[0] as Tensor;
      if (source === 'setitem' && (this.#args[0] as Tensor).requires_grad)
        this.#args[0] = (this.#args[0] as Tensor).clone();
    } else {
      this.#args = (args ?? []).map((item, index) => this.#maker.make(this.#kindOf(item, index)));
      const named = Object.fromEntries(Object.entries(kwargs).map(([key, item]) => [key, this.#maker.make(item)]));
      this.#kwargs = Object.keys(named).length === 0 ? undefined : named;
    }
    if (seed !== undefined) torch.manual_seed(seed);
  }

  /** In JavaScript a bigint says that a tensor made from a number is int64. */
  #kindOf(value: RecordedValue, index: number): RecordedValue {
    const { name, kwargs = {} } = this.#recorded;
    if ('dtype' in kwargs) return value;
    const decides = name === 'torch.arange' || name === 'torch.tensor' || (name === 'torch.full' && index === 1);
    const whole = [value].flat(Number.POSITIVE_INFINITY).every((item) => Number.isInteger(item));
    return decides && whole ? integersAsBigInts(value) : value;
  }

  #run(): unknown {
    return this.#call(this.#args, this.#kwargs);
  }

  /** The value at a path such as `args.3` or `kwargs.running_mean`. */
  #at(path: string): unknown {
    if (path === 'self') return this.#args[0];
    if (path === 'value') return this.#args[2];
    if (path === 'index') return this.#args[1];
    const [kind, ...keys] = path.split('.');
    let value: unknown = kind === 'args' ? this.#args : this.#kwargs;
    for (const key of keys) value = Reflect.get(value as object, key);
    return value;
  }

  #compare(actual: unknown, wanted: RecordedValue, path: string, own: boolean): string[] {
    const { expect } = this.#recorded;
    if (
      typeof wanted !== 'object' ||
      wanted === null ||
      !('tensor' in wanted || 'tuple' in wanted || 'list' in wanted || Array.isArray(wanted))
    ) {
      const problem = comparePlain(actual, wanted);
      return problem === null ? [] : [`${path}: ${problem}`];
    }
    if (!('tensor' in wanted)) return this.#compareList(actual, wanted, path, own);
    if (!isTensor(actual)) return [`${path}: expected a Tensor, got ${typeof actual}`];
    const { tensor } = wanted as { tensor: string };
    const how = expect.compare?.[path] ?? 'values';
    const problem = compareStored(actual, this.#lookUp(tensor), how, expect.tolerance);
    if (problem !== null) return [`${path}: ${problem}`];
    return own ? this.#comparePlace(actual, wanted, path) : [];
  }

  #compareList(actual: unknown, wanted: object, path: string, own: boolean): string[] {
    const list = (Reflect.get(wanted, 'tuple') ?? Reflect.get(wanted, 'list') ?? wanted) as readonly RecordedValue[];
    if (!Array.isArray(actual)) return [`${path}: expected ${list.length} values, got ${typeof actual}`];
    if (actual.length !== list.length) return [`${path}: expected ${list.length} values, got ${actual.length}`];
    const fields = own ? (Reflect.get(wanted, 'fields') as readonly string[] | undefined) : undefined;
    const problems = list.flatMap((item, index) => this.#compare(actual[index], item, `${path}.${index}`, own));
    for (const [index, field] of (fields ?? []).entries()) {
      if (Reflect.get(actual, field) !== actual[index]) problems.push(`${path}: expected it to have ${field}`);
    }
    return problems;
  }

  /** Whether a result is laid out as expected: its strides, and the memory it shares. */
  #comparePlace(actual: Tensor, wanted: Record<string, unknown>, path: string): string[] {
    const problems = [];
    const strides = (wanted.strides ?? contiguous(actual.shape)) as number[];
    const got = actual.stride();
    const counts = actual.numel() > 1 ? actual.shape.map((size: number) => size > 1) : [];
    if (counts.some((counted: boolean, dim: number) => counted && strides[dim] !== got[dim])) {
      problems.push(`${path}: expected strides [${strides}], got [${got}]`);
    }
    const same = typeof wanted.is === 'string' ? [wanted.is] : ((wanted.aliases ?? []) as string[]);
    for (const argument of same) {
      if (!sharesMemory(actual, this.#at(argument) as Tensor))
        problems.push(`${path}: expected the memory of ${argument}`);
    }
    if (typeof wanted.offset === 'number' && actual.storage_offset() !== wanted.offset) {
      problems.push(`${path}: expected storage offset ${wanted.offset}, got ${actual.storage_offset()}`);
    }
    if (same.length === 0 && actual.numel() > 0 && this.#inputs().some((input) => sharesMemory(actual, input))) {
      problems.push(`${path}: expected new memory`);
    }
    return problems;
  }

  #inputs(): Tensor[] {
    return [this.#args, Object.values(this.#kwargs ?? {})].flat(3).filter(isTensor);
  }

  #gradients(result: unknown): string[] {
    const { differentiable = [], cotangents = [], grads, grad_error } = this.#recorded.expect;
    if (grads === undefined && grad_error === undefined) return [];
    const assigned = this.#recorded.source === 'setitem';
    const outputs = assigned
      ? [result as Tensor]
      : differentiable.map((path) => {
          let value = result;
          for (const key of path.split('.').slice(1)) value = Reflect.get(value as object, key);
          return value as Tensor;
        });
    const paths = Object.keys(grads ?? {});
    const inputs =
      grads === undefined
        ? this.#inputs().filter((input) => input.requires_grad)
        : paths.map((path) => this.#leaf(path));
    const grad_outputs = cotangents.map((key) => this.#maker.tensor(key));
    const backward = () => torch.autograd.grad(outputs, inputs, { grad_outputs, allow_unused: true });
    if (grad_error !== undefined) {
      const problem = judgeError(backward, 'any');
      return problem === null ? [] : [problem];
    }
    const found = backward();
    return paths.flatMap((path, index) => {
      const wanted = grads?.[path] ?? null;
      const gradient = found[index] ?? null;
      if (wanted === null || gradient === null) {
        const zero = wanted === null ? gradient : null;
        return wanted === gradient || zero === null
          ? wanted === null
            ? []
            : [`gradient of ${path}: expected one`]
          : [`gradient of ${path}: expected none`];
      }
      const problem = compareStored(gradient, this.#lookUp(wanted.tensor), 'values', this.#recorded.expect.tolerance);
      return problem === null ? [] : [`gradient of ${path}: ${problem}`];
    });
  }

  /** The leaf at a path; for an assignment to a clone, the original. */
  #leaf(path: string): Tensor {
    return (path === 'self' ? this.#self : this.#at(path)) as Tensor;
  }

  /** Calls the in-place variant on a copy of the first argument that does not require grad. */
  #inPlace(other: (ExpectedError & { output?: RecordedValue }) | undefined): string[] {
    const copy = (this.#args[0] as Tensor).detach().clone();
    this.#args[0] = copy;
    if (other !== undefined && other.output === undefined) {
      const problem = judgeError(() => torch.no_grad(() => this.#run()), kindOf(other));
      return problem === null ? [] : [problem];
    }
    // Other arguments may require grad, which in-place methods of an older LibTorch refuse.
    const result = torch.no_grad(() => this.#run());
    const problems = result === copy ? [] : ['expected the very tensor that it was called on'];
    return [...problems, ...this.#compare(copy, other?.output ?? this.#recorded.expect.output, 'output', false)];
  }

  #out(): string[] {
    const { output } = this.#recorded.expect;
    const make = ({ tensor }: { tensor: string }) => this.#maker.tensor(tensor).new_empty([0]);
    const list = (output as { tuple?: { tensor: string }[] }).tuple;
    const out = list === undefined ? make(output as { tensor: string }) : list.map(make);
    this.#make();
    const detached = (value: unknown): unknown =>
      isTensor(value) ? value.detach() : Array.isArray(value) ? value.map(detached) : value;
    const kwargs = Object.fromEntries(Object.entries(this.#kwargs ?? {}).map(([key, value]) => [key, detached(value)]));
    const result = this.#call(this.#args.map(detached), { ...kwargs, out });
    const problems = list === undefined && result !== out ? ['out: expected the very tensor given as out'] : [];
    return [...problems, ...this.#compare(out, output, 'output', false).map((problem) => `out: ${problem}`)];
  }

  #print(): string | null {
    const { self, build, printoptions, expect } = this.#recorded;
    let tensor = this.#maker.make(self) as Tensor;
    if (build !== undefined) {
      const args = build.args.map((item) => this.#maker.make(item));
      tensor = (find(build.name) as Call)([tensor, ...args], undefined) as Tensor;
    }
    if (printoptions !== undefined) return null;
    const text = String(tensor);
    return text === expect.text ? null : `expected ${expect.text}, got ${text}`;
  }
}

function integersAsBigInts(value: RecordedValue): RecordedValue {
  if (Array.isArray(value)) return value.map(integersAsBigInts);
  return Number.isInteger(value) ? BigInt(value as number) : value;
}

/** Whether an index stands for several, as a list with more than one index does. */
function isTuple(index: RecordedValue): boolean {
  if (typeof index !== 'object' || index === null) return false;
  if ('tuple' in index) return true;
  return 'list' in index && (index.list as unknown[]).some((item) => typeof item === 'object');
}

/** LibTorch's messages are compared; for errors of the parser and of Python code only their existence. */
function kindOf(error: ExpectedError): ExpectedError | 'any' {
  return (error.layer as string) === 'native' ? error : 'any';
}

function contiguous(shape: readonly number[]): number[] {
  return shape.map((_, dim) => shape.slice(dim + 1).reduce((product, size) => product * size, 1));
}

function sharesMemory(a: Tensor, b: Tensor): boolean {
  return native().shares_memory(handleOf(a, 'tensor'), handleOf(b, 'tensor'));
}
