/** Finds a column's nodes and buffers in a record batch, by Arrow's physical layouts. */
import type { DataType, Field, Type } from 'apache-arrow';
import { formatError } from '../../base/errors.js';
import type { Arrow, BatchHeader } from './messages.js';

/** The number of buffers of each type, without those of its children. */
const BUFFERS: readonly [types: readonly (keyof typeof Type)[], buffers: number][] = [
  [['Null'], 0],
  [['FixedSizeList', 'Struct'], 1],
  [['Int', 'Float', 'Bool', 'Decimal', 'Date', 'Time', 'Timestamp', 'Interval', 'Duration'], 2],
  [['FixedSizeBinary', 'Dictionary', 'List', 'LargeList', 'Map'], 2],
  [['Utf8', 'LargeUtf8', 'Binary', 'LargeBinary'], 3],
  // Plus the data buffers that the batch declares.
  [['Utf8View', 'BinaryView'], 2],
];

/** The next array's node and first buffer; those of its children follow. */
export interface Cursor {
  node: number;
  buffer: number;
  /** The index of the next count of data buffers, for views. */
  variadic: number;
}

/** Skips a field's arrays. */
export function skipField(field: Field, cursor: Cursor, header: BatchHeader, where: string, arrow: Arrow): void {
  const { type } = field;
  const { Type } = arrow;
  const own = BUFFERS.find(([names]) => names.some((kind) => Type[kind] === type.typeId))?.[1];
  if (own === undefined)
    throw formatError(where, `a column before it has the unknown type ${type}: move this column before that one`);
  cursor.node += 1;
  cursor.buffer += own;
  if (isView(type, arrow)) cursor.buffer += takeVariadic(cursor, header, where);
  for (const child of childrenOf(type, arrow)) skipField(child, cursor, header, where, arrow);
}

/** The number of data buffers of the next array of views. */
export function takeVariadic(cursor: Cursor, header: BatchHeader, where: string): number {
  const count = Number(header.variadicBufferCounts?.[cursor.variadic++] ?? -1);
  if (!Number.isSafeInteger(count) || count < 0 || count > header.buffers.length)
    throw formatError(where, `expected a number of data buffers, got ${count}`);
  return count;
}

export function isView(type: DataType, arrow: Arrow): boolean {
  return type.typeId === arrow.Type.Utf8View || type.typeId === arrow.Type.BinaryView;
}

/** The fields within a type. Dictionaries have messages of their own. */
function childrenOf(type: DataType, arrow: Arrow): readonly Field[] {
  return arrow.DataType.isDictionary(type) ? [] : (type.children ?? []);
}
