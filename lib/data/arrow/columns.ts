/** Reading Arrow's types. */
import type { DataType, Field } from 'apache-arrow';
import { DTYPES, type TypedArray } from '../../tensor/dtypes.js';
import { formatError } from '../../base/errors.js';
import type { DType } from '../../base/types.js';
import { type ColumnKind, type ColumnPart, placeOfRow } from '../table/table.js';
import type { BatchBuffers } from './buffers.js';
import { type Cursor, takeVariadic } from './layout.js';
import type { Arrow } from './messages.js';

/** How to read an array. */
export type ArrayType =
  | { readonly kind: 'bool'; readonly dtype: DType }
  /** Numbers; unsigned integers and decimals are converted by `widen`. */
  | { readonly kind: 'fixed'; readonly dtype: DType; readonly bytes: number; readonly widen?: Widen }
  | { readonly kind: 'text'; readonly offsets: 4 | 8 }
  | { readonly kind: 'view' }
  /** Lists: `offsets` is the width of an offset, or the size of fixed-size lists. */
  | { readonly kind: 'list'; readonly offsets: number; readonly isFixed: boolean; readonly child: ArrayType }
  | { readonly kind: 'dictionary'; readonly id: number; readonly index: ArrayType; readonly value: ArrayType };

/** Converts bytes to numbers of another dtype. */
type Widen = (bytes: Buffer, count: number, refuse: (index: number, value: unknown) => Error) => TypedArray;

const FLOATS: Readonly<Record<number, DType>> = { 0: 'float16', 1: 'float32', 2: 'float64' };
const INTEGERS: Readonly<Record<number, DType>> = { 8: 'int8', 16: 'int16', 32: 'int32', 64: 'int64' };

/** How to read a type; `undefined` if it is not supported. */
export function arrayTypeOf(type: DataType, arrow: Arrow): ArrayType | undefined {
  const { DataType: Kind } = arrow;
  if (Kind.isDictionary(type)) {
    const [index, value] = [arrayTypeOf(type.indices, arrow), arrayTypeOf(type.dictionary, arrow)];
    const isPlain = value !== undefined && value.kind !== 'list' && value.kind !== 'dictionary';
    return index === undefined || !isPlain ? undefined : { kind: 'dictionary', id: type.id, index, value };
  }
  if (Kind.isBool(type)) return { kind: 'bool', dtype: 'bool' };
  if (Kind.isFloat(type)) return fixed(FLOATS[type.precision]);
  if (Kind.isInt(type)) return type.isSigned ? fixed(INTEGERS[type.bitWidth]) : unsigned(type.bitWidth);
  if (Kind.isDecimal(type)) return decimal(type.bitWidth, type.scale);
  if (Kind.isUtf8(type)) return { kind: 'text', offsets: 4 };
  if (Kind.isLargeUtf8(type)) return { kind: 'text', offsets: 8 };
  if (type.typeId === arrow.Type.Utf8View) return { kind: 'view' };
  if (Kind.isFixedSizeList(type)) return list(type.children[0] as Field, type.listSize, true, arrow);
  if (Kind.isList(type)) return list(type.children[0] as Field, 4, false, arrow);
  if (type.typeId === arrow.Type.LargeList) return list(type.children[0] as Field, 8, false, arrow);
  return undefined;
}

function list(child: Field, offsets: number, isFixed: boolean, arrow: Arrow): ArrayType | undefined {
  const inner = arrayTypeOf(child.type, arrow);
  const isNumber = inner !== undefined && ['bool', 'fixed', 'list'].includes(inner.kind);
  return isNumber && offsets >= 0 ? { kind: 'list', offsets, isFixed, child: inner } : undefined;
}

function fixed(dtype: DType | undefined): ArrayType | undefined {
  return dtype === undefined ? undefined : { kind: 'fixed', dtype, bytes: DTYPES[dtype].bytes };
}

/** Unsigned integers other than uint8 are widened to the next signed dtype, except for uint64, whose values are checked. */
function unsigned(bits: number): ArrayType | undefined {
  if (bits === 8) return fixed('uint8');
  if (bits === 16)
    return {
      kind: 'fixed',
      dtype: 'int32',
      bytes: 2,
      widen: (bytes, count) => Int32Array.from(over(Uint16Array, bytes, count)),
    };
  if (bits === 32)
    return {
      kind: 'fixed',
      dtype: 'int64',
      bytes: 4,
      widen: (bytes, count) => BigInt64Array.from(Array.from(over(Uint32Array, bytes, count), BigInt)),
    };
  if (bits !== 64) return undefined;
  return {
    kind: 'fixed',
    dtype: 'int64',
    bytes: 8,
    widen(bytes, count, refuse) {
      const values = over(BigInt64Array, bytes, count);
      const large = values.findIndex((value) => value < 0n);
      if (large !== -1) throw refuse(large, BigInt.asUintN(64, values[large] as bigint));
      return values;
    },
  };
}

/** Decimals are rounded to float64. */
function decimal(bits: number, scale: number): ArrayType | undefined {
  if (![32, 64, 128, 256].includes(bits)) return undefined;
  const words = bits / 32;
  return {
    kind: 'fixed',
    dtype: 'float64',
    bytes: bits / 8,
    widen(bytes, count) {
      const values = new Float64Array(count);
      for (let index = 0; index < count; index++) {
        let value = BigInt(bytes.readInt32LE((index + 1) * words * 4 - 4));
        for (let word = words - 2; word >= 0; word--)
          value = (value << 32n) | BigInt(bytes.readUInt32LE((index * words + word) * 4));
        values[index] = Number(`${value}e${-scale}`);
      }
      return values;
    },
  };
}

function over<T>(
  ArrayKind: { new (buffer: ArrayBuffer, offset: number, length: number): T },
  bytes: Buffer,
  count: number,
): T {
  return new ArrayKind(bytes.buffer as ArrayBuffer, bytes.byteOffset, count);
}

/** The kind and dtype of a column. */
export function kindOfType(type: ArrayType | undefined): { kind: ColumnKind; dtype: DType | undefined } {
  if (type === undefined) return { kind: 'other', dtype: undefined };
  const leaf = leafOf(type);
  return 'dtype' in leaf ? { kind: 'numbers', dtype: leaf.dtype } : { kind: 'text', dtype: undefined };
}

/** The type of the innermost values. */
function leafOf(type: ArrayType): ArrayType {
  return type.kind === 'list' ? leafOf(type.child) : type.kind === 'dictionary' ? leafOf(type.value) : type;
}

/** The context of an array. */
export interface ArrayContext {
  readonly buffers: BatchBuffers;
  readonly where: string;
  /** The first row of the batch, for errors. */
  readonly firstRow: number;
  /** The values of a dictionary. */
  dictionary(id: number, value: ArrayType): Promise<ColumnPart>;
}

/** Reads some elements of an array, and moves the cursor past it. */
export async function readArray(
  type: ArrayType,
  context: ArrayContext,
  cursor: Cursor,
  range: { readonly from: number; readonly to: number },
  rowShape: readonly number[],
): Promise<ColumnPart> {
  const { buffers, where } = context;
  const { from, to } = range;
  const node = buffers.header.nodes[cursor.node];
  if (node === undefined || !Number.isSafeInteger(node.length) || node.length < to)
    throw formatError(where, `expected ${to} values in a record batch, got ${node?.length ?? 'none'}`);
  cursor.node += 1;
  const validity = cursor.buffer++;
  const isAllThere = node.nullCount === 0 || buffers.isEmpty(validity);
  const missing = isAllThere ? undefined : await readMissing(context, validity, from, to);
  switch (type.kind) {
    case 'bool':
      return { values: await readBits(context, cursor.buffer++, from, to), missing };
    case 'fixed':
      return { values: await readFixed(type, context, cursor.buffer++, from, to), missing };
    case 'text':
      return readTexts(type.offsets, context, cursor, from, to, missing);
    case 'view':
      return readViews(context, cursor, from, to, missing);
    case 'list':
      return readLists(type, context, cursor, range, rowShape, missing);
    default:
      return readIndexed(type, context, cursor, from, to, missing);
  }
}

async function readMissing(context: ArrayContext, buffer: number, from: number, to: number): Promise<Uint8Array> {
  const bits = await readBits(context, buffer, from, to);
  for (let index = 0; index < bits.length; index++) bits[index] = 1 - (bits[index] as number);
  return bits;
}

/** Reads booleans, one bit each, the lowest first. */
async function readBits({ buffers }: ArrayContext, buffer: number, from: number, to: number): Promise<Uint8Array> {
  const begin = from >> 3;
  const bits = await buffers.bytes(buffer, begin, to > from ? ((to + 7) >> 3) - begin : 0);
  const values = new Uint8Array(to - from);
  for (let index = 0; index < values.length; index++) {
    const bit = from - begin * 8 + index;
    values[index] = ((bits[bit >> 3] as number) >> (bit & 7)) & 1;
  }
  return values;
}

async function readFixed(
  { dtype, bytes: width, widen }: ArrayType & { kind: 'fixed' },
  { buffers, where, firstRow }: ArrayContext,
  buffer: number,
  from: number,
  to: number,
): Promise<TypedArray> {
  const bytes = await buffers.bytes(buffer, from * width, (to - from) * width);
  const refuse = (index: number, value: unknown) =>
    formatError(where, `${placeOfRow(firstRow + from + index)}: expected an integer below 2 ** 63, got ${value}`);
  if (widen !== undefined) return widen(bytes, to - from, refuse);
  return over<TypedArray>(DTYPES[dtype].array, bytes, to - from);
}

/** Reads offsets: where each element starts in the child array, and where the last one ends. */
async function readOffsets(
  context: ArrayContext,
  buffer: number,
  width: 4 | 8,
  from: number,
  to: number,
): Promise<number[]> {
  // Empty arrays may have no offsets.
  if (to === from) return [0];
  const bytes = await context.buffers.bytes(buffer, from * width, (to - from + 1) * width);
  const offsets = Array.from({ length: to - from + 1 }, (_, index) =>
    width === 4 ? bytes.readInt32LE(index * 4) : Number(bytes.readBigInt64LE(index * 8)),
  );
  for (const [index, offset] of offsets.entries()) {
    if (offset < (index === 0 ? 0 : (offsets[index - 1] as number)) || !Number.isSafeInteger(offset))
      throw formatError(context.where, 'the offsets decrease');
  }
  return offsets;
}

async function readTexts(
  width: 4 | 8,
  context: ArrayContext,
  cursor: Cursor,
  from: number,
  to: number,
  missing: Uint8Array | undefined,
): Promise<ColumnPart> {
  const offsets = await readOffsets(context, cursor.buffer++, width, from, to);
  const begin = offsets[0] as number;
  const bytes = await context.buffers.bytes(cursor.buffer++, begin, (offsets.at(-1) as number) - begin);
  const values = Array.from({ length: to - from }, (_, index) =>
    bytes.toString('utf8', (offsets[index] as number) - begin, (offsets[index + 1] as number) - begin),
  );
  return { values, missing };
}

/** The size of a view, and of the longest text that it contains itself. */
const [VIEW_BYTES, INLINE_BYTES] = [16, 12];

async function readViews(
  context: ArrayContext,
  cursor: Cursor,
  from: number,
  to: number,
  missing: Uint8Array | undefined,
): Promise<ColumnPart> {
  const { buffers, where } = context;
  const views = await buffers.bytes(cursor.buffer++, from * VIEW_BYTES, (to - from) * VIEW_BYTES);
  const count = takeVariadic(cursor, buffers.header, where);
  const first = cursor.buffer;
  cursor.buffer += count;
  const values: string[] = [];
  for (let index = 0; index < to - from; index++) {
    const at = index * VIEW_BYTES;
    const length = missing?.[index] === 1 ? 0 : views.readInt32LE(at);
    if (length <= INLINE_BYTES) {
      values.push(views.toString('utf8', at + 4, at + 4 + Math.max(length, 0)));
      continue;
    }
    const [buffer, offset] = [views.readInt32LE(at + 8), views.readInt32LE(at + 12)];
    if (buffer < 0 || buffer >= count || offset < 0) throw formatError(where, 'a text outside its buffers');
    values.push((await buffers.bytes(first + buffer, offset, length)).toString('utf8'));
  }
  return { values, missing };
}

async function readLists(
  type: ArrayType & { kind: 'list' },
  context: ArrayContext,
  cursor: Cursor,
  { from, to }: { readonly from: number; readonly to: number },
  [size = 0, ...inner]: readonly number[],
  missing: Uint8Array | undefined,
): Promise<ColumnPart> {
  const offsets = type.isFixed
    ? Array.from({ length: to - from + 1 }, (_, index) => (from + index) * size)
    : await readOffsets(context, cursor.buffer++, type.offsets as 4 | 8, from, to);
  const begin = offsets[0] as number;
  const end = offsets.at(-1) as number;
  for (let index = 0; index < to - from; index++) {
    const length = (offsets[index + 1] as number) - (offsets[index] as number);
    if (length === size || missing?.[index] === 1) continue;
    const place = placeOfRow(context.firstRow + from + index);
    throw formatError(context.where, `${place}: expected ${size} values, got ${length}`);
  }
  const child = await readArray(type.child, context, cursor, { from: begin, to: end }, inner);
  const isEven = end - begin === (to - from) * size;
  const all = isEven ? child : spread(child, offsets, size, inner);
  if (all.missing === undefined) return { values: all.values, missing };
  // A list with a missing value is missing.
  const rows = missing ?? new Uint8Array(to - from);
  for (const [index, one] of all.missing.entries()) if (one === 1) rows[Math.floor(index / size)] = 1;
  return { values: all.values, missing: rows };
}

/** Gives missing lists, which have no values, the same size as the others. */
function spread(child: ColumnPart, offsets: readonly number[], size: number, inner: readonly number[]): ColumnPart {
  const width = inner.reduce((total, length) => total * length, 1);
  const values = child.values as TypedArray;
  const rows = offsets.length - 1;
  const all = new (values.constructor as { new (length: number): TypedArray })(rows * size * width);
  const missing = child.missing === undefined ? undefined : new Uint8Array(rows * size);
  const begin = offsets[0] as number;
  for (let row = 0; row < rows; row++) {
    const [start, end] = [(offsets[row] as number) - begin, (offsets[row + 1] as number) - begin];
    if (end - start !== size) continue;
    all.set(values.subarray(start * width, end * width) as never, row * size * width);
    missing?.set(child.missing?.subarray(start, end) as Uint8Array, row * size);
  }
  return { values: all, missing };
}

async function readIndexed(
  { id, index: indexType, value }: ArrayType & { kind: 'dictionary' },
  context: ArrayContext,
  cursor: Cursor,
  from: number,
  to: number,
  missing: Uint8Array | undefined,
): Promise<ColumnPart> {
  if (indexType.kind !== 'fixed') throw formatError(context.where, 'expected integers as indices of a dictionary');
  const indices = await readFixed(indexType, context, cursor.buffer++, from, to);
  const words = await context.dictionary(id, value);
  const count = words.values.length;
  const rows = missing ?? (words.missing === undefined ? undefined : new Uint8Array(to - from));
  const texts = Array.isArray(words.values) ? Array.from({ length: to - from }, () => '') : undefined;
  const numbers =
    texts === undefined
      ? new ((words.values as TypedArray).constructor as { new (length: number): TypedArray })(to - from)
      : undefined;
  for (let at = 0; at < to - from; at++) {
    if (rows?.[at] === 1) continue;
    const index = Number(indices[at]);
    if (index < 0 || index >= count)
      throw formatError(
        context.where,
        `${placeOfRow(context.firstRow + from + at)}: no value ${index} in the dictionary of ${count}`,
      );
    if (words.missing?.[index] === 1 && rows !== undefined) rows[at] = 1;
    else if (texts !== undefined) texts[at] = words.values[index] as string;
    else if (numbers !== undefined) numbers[at] = words.values[index] as never;
  }
  return { values: (texts ?? numbers) as TypedArray | string[], missing: rows };
}

/** The shape of a row: given by the type for fixed-size lists, otherwise by the first list among some rows. */
export async function findRowShape(
  type: ArrayType,
  context: ArrayContext,
  cursor: Cursor,
  range: { readonly from: number; readonly to: number },
): Promise<number[] | undefined> {
  if (type.kind !== 'list') return [];
  const { from, to } = range;
  const node = context.buffers.header.nodes[cursor.node];
  if (node === undefined || node.length < to)
    throw formatError(context.where, `expected ${to} values in a record batch, got ${node?.length ?? 'none'}`);
  cursor.node += 1;
  cursor.buffer += 1;
  if (type.isFixed) {
    const inner = await findRowShape(type.child, context, cursor, { from: from * type.offsets, to: to * type.offsets });
    return inner === undefined ? undefined : [type.offsets, ...inner];
  }
  const offsets = await readOffsets(context, cursor.buffer++, type.offsets as 4 | 8, from, to);
  const first = offsets.findIndex((offset, index) => index > 0 && offset > (offsets[index - 1] as number));
  if (first === -1) return undefined;
  const [start, end] = [offsets[first - 1] as number, offsets[first] as number];
  const inner = await findRowShape(type.child, context, cursor, { from: start, to: end });
  return inner === undefined ? undefined : [end - start, ...inner];
}

/** The shape of a row if there are no lists. */
export function emptyShape(type: ArrayType): number[] {
  return type.kind === 'list' ? [type.isFixed ? type.offsets : 0, ...emptyShape(type.child)] : [];
}
