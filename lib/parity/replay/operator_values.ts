/** The values of recorded operator calls: created for a call, and compared with its results. */
import { norm } from '../../base/extremes.js';
import { TorchError } from '../../base/errors.js';
import type { DType } from '../../base/types.js';
import { type TensorEntry, typedArrayOf } from '../../data/entry.js';
import type { Tensor } from '../../tensor/tensor.js';
import * as torch from '../../torch/index.js';
import { isTensor, type CaseTensors } from '../sides/calls.js';
import { openSpans } from './recorded_tensors.js';

/** The tolerance of an element. */
export interface Bounds {
  readonly rtol: number;
  readonly atol: number;
}

/** A recorded value: plain, or an object with its type. */
export type RecordedValue = unknown;

interface RecordedInput {
  readonly tensor: string;
  readonly requires_grad?: boolean;
  readonly strided?: { readonly storage: string; readonly strides: number[]; readonly offset: number };
}

/** The dtypes of safetensors; a complex tensor is stored as pairs. */
const DTYPES: Readonly<Record<string, readonly [held: DType, complex?: string]>> = {
  F64: ['float64'],
  F32: ['float32'],
  F16: ['float16'],
  BF16: ['bfloat16'],
  I64: ['int64'],
  I32: ['int32'],
  I16: ['int16'],
  I8: ['int8'],
  U8: ['uint8'],
  BOOL: ['bool'],
  C64: ['float32', 'complex64'],
  C128: ['float64', 'complex128'],
};

/** A tensor of the folder. */
export interface Stored {
  readonly entry: TensorEntry;
  readonly complex: string | undefined;
  readonly shape: readonly number[];
}

/** Opens the tensors of a folder and returns a lookup by key. */
export function openTensors(folder: string): (key: string) => Stored {
  const find = openSpans(folder);
  return (key) => {
    const { dtype, shape, bytes, path } = find(key);
    const [held, complex] = DTYPES[dtype] ?? [];
    if (held === undefined) throw new TorchError('ERR_FILE_FORMAT', `${path}: expected a tensor ${key}`);
    return { entry: { dtype: held, shape: complex === undefined ? shape : [...shape, 2], bytes }, complex, shape };
  };
}

/** Creates the values of one call. */
export class Maker {
  readonly #lookUp: (key: string) => Stored;
  readonly #scope: CaseTensors;
  /** Whether floats without a fraction are marked as floats. */
  readonly #marks: boolean;

  constructor(lookUp: (key: string) => Stored, scope: CaseTensors, marks: boolean) {
    this.#lookUp = lookUp;
    this.#scope = scope;
    this.#marks = marks;
  }

  make(value: RecordedValue): unknown {
    if (Array.isArray(value)) return value.map((item) => this.make(item));
    if (typeof value === 'number')
      return Number.isSafeInteger(value) || !Number.isInteger(value) ? value : BigInt(value);
    if (typeof value !== 'object' || value === null) return value;
    if ('tensor' in value) return this.#input(value as RecordedInput);
    if ('float' in value) return this.#float((value as { float: number | string }).float);
    if ('complex' in value) return torch.scalar(...((value.complex as unknown[]).map(numberOf) as [number, number]));
    if ('tuple' in value) return this.make(value.tuple);
    if ('list' in value) return this.make(value.list);
    if ('slice' in value) return torch.slice(...(value.slice as [number | null, number | null, number | null]));
    if ('ellipsis' in value) return '...';
    for (const name of ['dtype', 'device', 'layout', 'memory_format']) {
      if (Object.hasOwn(value, name)) return Reflect.get(value, name);
    }
    throw new TorchError('ERR_FILE_FORMAT', `expected a recorded value, got ${JSON.stringify(value)}`);
  }

  #float(value: number | string): unknown {
    const number = numberOf(value);
    return this.#marks && Number.isInteger(number) ? torch.scalar(number) : number;
  }

  /** An input as PyTorch was given it: a view of the recorded storage if it was a view. */
  #input({ tensor, requires_grad, strided }: RecordedInput): Tensor {
    const stored = this.#lookUp(tensor);
    let made = this.tensor(strided?.storage ?? tensor);
    if (strided !== undefined) {
      made = this.#scope.keep(made.as_strided(stored.shape, strided.strides, strided.offset) as Tensor);
    }
    // The view itself becomes the leaf: its storage does not require grad.
    if (requires_grad === true) made.requires_grad_();
    return made;
  }

  /** The tensor of a key. */
  tensor(key: string): Tensor {
    const { entry, complex } = this.#lookUp(key);
    const made = this.#scope.tensor(typedArrayOf(entry), { dtype: entry.dtype, shape: entry.shape });
    return complex === undefined ? made : this.#scope.keep(torch.view_as_complex(made).clone());
  }
}

/** A number that JSON cannot represent is a string, possibly in an object that marks it as a float. */
function numberOf(value: unknown): number {
  if (typeof value === 'object' && value !== null) return numberOf(Reflect.get(value, 'float'));
  return value === '-0' ? -0 : Number(String(value).replace('inf', 'Infinity'));
}

const EXACT: Bounds = { rtol: 0, atol: 0 };
const BOUNDS: Readonly<Record<string, Bounds>> = {
  float64: { rtol: 1e-9, atol: 1e-9 },
  complex128: { rtol: 1e-9, atol: 1e-9 },
  float32: { rtol: 1.3e-6, atol: 1e-5 },
  complex64: { rtol: 1.3e-6, atol: 1e-5 },
  bfloat16: { rtol: 1.6e-2, atol: 1e-5 },
  float16: { rtol: 1e-3, atol: 1e-5 },
};

/** How an output is compared, besides its values. */
export type Comparing = 'values' | 'shape' | 'skip' | 'unordered';

/** What is wrong with a tensor, or `null`. */
export function compareStored(
  actual: Tensor,
  stored: Stored,
  how: Comparing,
  tolerance: Bounds | undefined,
): string | null {
  const dtype = stored.complex ?? stored.entry.dtype;
  const shape = stored.shape.join(', ');
  if ((actual.dtype as string) !== dtype) return `expected dtype ${dtype}, got ${actual.dtype}`;
  if (actual.shape.join(', ') !== shape) return `expected shape [${shape}], got [${actual.shape.join(', ')}]`;
  if (how === 'shape' || how === 'skip') return null;
  const complex = stored.complex !== undefined;
  const expected = numbersOf(new Scoped().tensor(stored), complex);
  const given = numbersOf(actual.detach(), complex);
  if (how === 'unordered') for (const list of [given, expected]) sortRows(list, stored.shape.at(-1) ?? 1);
  const { rtol, atol } = tolerance ?? BOUNDS[dtype] ?? EXACT;
  for (const [index, wanted] of expected.entries()) {
    const got = given[index] as readonly number[];
    const bound = atol + rtol * norm(wanted.map(Number));
    for (const [part, value] of wanted.entries()) {
      if (isFar(got[part] as number, value, bound)) return `element ${index}: expected ${wanted}, got ${got}`;
    }
  }
  return null;
}

function isFar(got: number | bigint, wanted: number | bigint, bound: number): boolean {
  if (Object.is(got, wanted) || got === wanted) return false;
  if (typeof got === 'bigint' || typeof wanted === 'bigint') return true;
  if (Number.isNaN(got) && Number.isNaN(wanted)) return false;
  return !Number.isFinite(got) || !Number.isFinite(wanted) || !(Math.abs(got - wanted) <= bound);
}

/** The elements in C order; both parts of a complex tensor. */
function numbersOf(tensor: Tensor, complex: boolean): number[][] {
  const plain = complex ? torch.view_as_real(torch.resolve_conj(tensor)) : torch.resolve_neg(tensor);
  const data = [...(plain.toTypedArray() as ArrayLike<number> & Iterable<number>)];
  if (!complex) return data.map((value) => [value]);
  return Array.from({ length: data.length / 2 }, (_, index) => data.slice(2 * index, 2 * index + 2));
}

/** Sorts each row by the real, then by the imaginary part. */
function sortRows(list: number[][], width: number): void {
  for (let start = 0; start < list.length; start += width) {
    const row = list.slice(start, start + width);
    row.sort((a, b) => (a[0] as number) - (b[0] as number) || (a[1] ?? 0) - (b[1] ?? 0));
    for (const [at, item] of row.entries()) list[start + at] = item;
  }
}

/** Makes a stored tensor for a comparison. */
class Scoped {
  tensor({ entry, complex }: Stored): Tensor {
    const made = torch.tensor(typedArrayOf(entry), { dtype: entry.dtype, shape: entry.shape }) as Tensor;
    return complex === undefined ? made : torch.view_as_complex(made);
  }
}

/** What is wrong with a value of a result, or `null`. */
export function comparePlain(actual: unknown, wanted: RecordedValue): string | null {
  const expected = readPlain(wanted);
  const same =
    Object.is(actual ?? null, expected ?? null) ||
    (typeof actual === 'number' &&
      typeof expected === 'number' &&
      Math.abs(actual - expected) <= 1e-9 * Math.abs(expected)) ||
    ((typeof actual === 'bigint' || typeof expected === 'bigint') && String(actual) === String(expected));
  return same ? null : `expected ${String(expected)}, got ${isTensor(actual) ? 'a Tensor' : String(actual)}`;
}

function readPlain(value: RecordedValue): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('float' in value) return numberOf(value.float);
  for (const name of ['dtype', 'device', 'layout', 'memory_format']) {
    if (Object.hasOwn(value, name)) return Reflect.get(value, name);
  }
  return value;
}
