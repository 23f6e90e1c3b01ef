import { get_default_dtype } from './default_dtype.js';
import { type HandleOwner, handleOf } from '../addon/handle.js';
import { type Handle, native } from '../addon/native.js';
import { checkLevels } from './data_out.js';
import { dispatchTensor } from './dispatch.js';
import { isComplex, isFloat } from './dtypes.js';
import { printOptions } from './print_options.js';
import type { DType, Shape } from '../base/types.js';

/** What {@link formatTensor} prints: a tensor's metadata and its elements as plain data. */
export interface TensorView {
  readonly shape: Shape;
  readonly dtype: DType;
  /** The device with its index, as in `'cuda:0'`. Only a device other than `'cpu'` is printed. */
  readonly device: string;
  readonly requires_grad: boolean;
  /** The name of the function that made the tensor, as in `'MulBackward0'` or `'<MulBackward0>'`. */
  readonly grad_fn: string | null;
  /** The elements in C order; bool as 0 and 1, both parts of complex ones. Only those that are shown are read. */
  readonly data: ArrayLike<number | bigint>;
}

/** The dtypes that print without a name, beside the default one and its complex numbers. */
const PLAIN: readonly string[] = ['int64', 'bool'];
const COMPLEX: Readonly<Record<string, string>> = { float32: 'complex64', float64: 'complex128' };
const PREFIX = 'tensor(';
/** From here on, JavaScript writes numbers with exponents. */
const EXPONENTS = 1e21;

/** Python's `repr` of a tensor, by the options that `set_printoptions` sets. */
export function formatTensor(view: TensorView): string {
  const { shape, dtype, device, requires_grad, grad_fn } = view;
  checkLevels(shape);
  const numel = numelOf(shape);
  const usual = get_default_dtype();
  const suffixes: string[] = [];
  if (device !== 'cpu') suffixes.push(`device='${device}'`);
  if (numel === 0) {
    if (shape.length !== 1) suffixes.push(`size=(${shape.join(', ')})`);
    if (dtype !== usual) suffixes.push(`dtype=torch.${dtype}`);
  } else if (!PLAIN.includes(dtype) && dtype !== usual && dtype !== COMPLEX[usual]) {
    suffixes.push(`dtype=torch.${dtype}`);
  }
  if (grad_fn !== null) suffixes.push(`grad_fn=<${grad_fn.replace(/^<|>$/g, '')}>`);
  else if (requires_grad) suffixes.push('requires_grad=True');
  return withSuffixes(PREFIX + (numel === 0 ? '[]' : formatData(view, numel > printOptions.threshold)), suffixes);
}

/** Appends the suffixes, each on a new line if the current one would become too long. */
function withSuffixes(text: string, suffixes: readonly string[]): string {
  let result = text;
  // PyTorch counts from the last newline; without one, it counts two more than the text has.
  let length = text.length - text.lastIndexOf('\n') + 1;
  for (const suffix of suffixes) {
    if (length + suffix.length + 2 > printOptions.linewidth) {
      result += `,\n${' '.repeat(PREFIX.length)}${suffix}`;
      length = PREFIX.length + suffix.length;
    } else {
      result += `, ${suffix}`;
      length += suffix.length + 2;
    }
  }
  return `${result})`;
}

/** Formats the brackets and elements of a tensor that has elements. */
function formatData({ shape, dtype, data }: TensorView, summarize: boolean): string {
  const rows = shape.map((size) => shownIndices(size, summarize));
  const strides = stridesOf(shape);
  const { format, width } = cellFormat(dtype, data, offsetsOf(rows, strides));
  const { linewidth } = printOptions;
  return formatDimension(0, 0);

  function formatDimension(dim: number, offset: number): string {
    const row = rows[dim];
    if (row === undefined) return format(offset);
    const stride = strides[dim] as number;
    const indent = PREFIX.length + dim;
    if (dim < rows.length - 1) {
      const parts = row.map((index) => (index === null ? '...' : formatDimension(dim + 1, offset + index * stride)));
      return `[${parts.join(`,${'\n'.repeat(rows.length - 1 - dim)}${' '.repeat(indent + 1)}`)}]`;
    }
    const parts = row.map((index) => (index === null ? ' ...' : format(offset + index)));
    const perLine = Math.max(1, Math.floor((linewidth - indent) / (width + 2)));
    const lines: string[] = [];
    for (let at = 0; at < parts.length; at += perLine) lines.push(parts.slice(at, at + perLine).join(', '));
    return `[${lines.join(`,\n${' '.repeat(indent + 1)}`)}]`;
  }
}

/** The indices of a dimension that are printed, with `null` for the dots. */
function shownIndices(size: number, summarize: boolean): readonly (number | null)[] {
  const { edgeitems } = printOptions;
  if (!summarize || size <= 2 * edgeitems) return Array.from({ length: size }, (_, index) => index);
  const edge = Array.from({ length: edgeitems }, (_, index) => index);
  return [...edge, null, ...edge.map((index) => size - edgeitems + index)];
}

/**
 * Which elements of a tensor of this shape are printed when it is summarized: how many at each edge of a dimension, and
 * the positions of all of them in C order. `undefined` if all elements are printed.
 */
export function shownElements(shape: Shape): { edge: number; offsets: readonly number[] } | undefined {
  if (numelOf(shape) <= printOptions.threshold) return undefined;
  const rows = shape.map((size) => shownIndices(size, true));
  return { edge: printOptions.edgeitems, offsets: offsetsOf(rows, stridesOf(shape)) };
}

function numelOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

function stridesOf(shape: Shape): readonly number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(stride);
    stride *= size;
  }
  return strides;
}

function offsetsOf(rows: readonly (readonly (number | null)[])[], strides: readonly number[]): readonly number[] {
  let offsets = [0];
  rows.forEach((row, dim) => {
    const steps = row.filter((index) => index !== null).map((index) => index * (strides[dim] as number));
    offsets = offsets.flatMap((offset) => steps.map((step) => offset + step));
  });
  return offsets;
}

/** How the element at a place is written, and how wide; a complex one has the forms of both its parts. */
function cellFormat(
  dtype: DType,
  data: ArrayLike<number | bigint>,
  offsets: readonly number[],
): { readonly format: (offset: number) => string; readonly width: number } {
  const part = (step: number, first: number, held: DType) =>
    elementFormat(
      held,
      offsets.map((offset) => data[offset * step + first] as number | bigint),
    );
  if (!isComplex(dtype)) {
    const { format, width } = part(1, 0, dtype);
    return { format: (offset) => format(data[offset] as number | bigint), width };
  }
  const [real, imaginary] = [part(2, 0, 'float32'), part(2, 1, 'float32')];
  const format = (offset: number) => {
    const im = `${imaginary.format(data[offset * 2 + 1] as number)}j`.trimStart();
    return `${real.format(data[offset * 2] as number)}${/^[+-]/.test(im) ? '' : '+'}${im}`;
  };
  return { format, width: real.width + imaginary.width + 1 };
}

interface ElementFormat {
  readonly format: (value: number | bigint) => string;
  readonly width: number;
}

/** Chooses the format and width of all elements from the printed values. */
function elementFormat(dtype: DType, values: readonly (number | bigint)[]): ElementFormat {
  if (dtype === 'bool') return padded((value) => (Number(value) === 0 ? 'False' : 'True'), values);
  if (!isFloat(dtype)) return padded(String, values);
  // Zeros and non-finite values influence neither the format nor the width.
  const counted = values.map(Number).filter((value) => Number.isFinite(value) && value !== 0);
  let smallest = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const value of counted) {
    smallest = Math.min(smallest, Math.abs(value));
    largest = Math.max(largest, Math.abs(value));
  }
  const spread = largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4;
  if (counted.length > 0 && (printOptions.sci_mode ?? spread)) {
    return padded((value) => formatExponential(Number(value)), counted);
  }
  if (counted.every(Number.isInteger)) return padded((value) => formatInteger(Number(value)), counted);
  return padded((value) => formatFixed(Number(value)), counted);
}

function padded(write: (value: number | bigint) => string, values: readonly (number | bigint)[]): ElementFormat {
  let width = 1;
  for (const value of values) width = Math.max(width, write(value).length);
  return { format: (value) => write(value).padStart(width), width };
}

/** Writes a whole number with a trailing dot. */
function formatInteger(value: number): string {
  return Number.isFinite(value) ? `${sign(value)}${BigInt(Math.abs(value))}.` : formatNonFinite(value);
}

/**
 * Writes a number like C's `%.4f`, for as many digits as the options say: `toFixed` also rounds the exact binary value,
 * but rounds ties up where C rounds them to even.
 */
export function formatFixed(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const magnitude = Math.abs(value);
  const { precision } = printOptions;
  if (magnitude >= EXPONENTS)
    return `${sign(value)}${BigInt(magnitude)}${precision === 0 ? '' : `.${'0'.repeat(precision)}`}`;
  const digits = magnitude.toFixed(precision);
  // A value halfway between two neighbours is an odd multiple of 2^-(precision + 1).
  const isTie = (magnitude * 2 ** (precision + 1)) % 2 === 1;
  return sign(value) + (isTie ? toEven(digits) : digits);
}

/** Writes a number like C's `%.4e`, likewise: ties are rounded to even and exponents have at least two digits. */
export function formatExponential(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const magnitude = Math.abs(value);
  const { precision } = printOptions;
  const [digits, exponent] = magnitude.toExponential(precision).split('e') as [string, string];
  // Enough exact digits to tell a tie from a nearby value: a double has 17 significant ones.
  const [exact] = magnitude.toExponential(100).split('e') as [string];
  const tie = /^50*$/.test(exact.slice(2 + precision));
  return `${sign(value)}${tie ? toEven(digits) : digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

/** Undoes the rounding up of a tie if that gave an odd last digit. An odd digit is at least 1, so nothing borrows. */
function toEven(digits: string): string {
  const last = Number(digits.at(-1));
  return last % 2 === 1 ? `${digits.slice(0, -1)}${last - 1}` : digits;
}

function sign(value: number): string {
  return value < 0 || Object.is(value, -0) ? '-' : '';
}

function formatNonFinite(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  return value < 0 ? '-inf' : 'inf';
}

/** The printed elements of a large tensor, by their positions in C order: only its edges are read. */
export function readEdges<T extends HandleOwner & { toTypedArray(): ArrayLike<number | bigint> }>(
  tensor: T,
  shape: Shape,
  { edge, offsets }: { readonly edge: number; readonly offsets: readonly number[] },
  wrap: (handle: Handle) => T,
): ArrayLike<number | bigint> {
  let part = wrap(native().detach(handleOf(tensor, 'tensor')));
  for (const [dim, size] of shape.entries()) {
    if (size <= 2 * edge) continue;
    const ends = [0, size - edge].map((start) => wrap(dispatchTensor('narrow', [part, dim, start, edge])));
    const joined = wrap(dispatchTensor('cat', [ends, dim]));
    for (const used of [part, ...ends]) used.dispose();
    part = joined;
  }
  const values = part.toTypedArray();
  part.dispose();
  const data: Record<number, number | bigint> = {};
  // Complex elements have two parts each.
  const parts = offsets.length === 0 ? 1 : values.length / offsets.length;
  for (const [index, offset] of offsets.entries()) {
    for (let part = 0; part < parts; part++)
      data[offset * parts + part] = values[index * parts + part] as number | bigint;
  }
  return { length: values.length, ...data };
}
