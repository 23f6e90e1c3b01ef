/** Where the arrays of a column lie among the nodes and buffers of a record batch, by the layouts of Arrow's format. */
import type { DataType, Field, Type } from 'apache-arrow';
import { formatError } from '../../base/errors.js';
import type { Arrow, BatchHeader } from './messages.js';

/** The types of which the number of buffers is fixed, those of children not counted. */
const BUFFERS: readonly [types: readonly (keyof typeof Type)[], buffers: number][] = [
  [['Null'], 0],
  [['FixedSizeList', 'Struct'], 1],
  [['Int', 'Float', 'Bool', 'Decimal', 'Date', 'Time', 'Timestamp', 'Interval', 'Duration'], 2],
  [['FixedSizeBinary', 'Dictionary', 'List', 'LargeList', 'Map'], 2],
  [['Utf8', 'LargeUtf8', 'Binary', 'LargeBinary'], 3],
  // And as many buffers of data as a batch says.
  [['Utf8View', 'BinaryView'], 2],
];

/** An array's own node and first buffer, and those of its children behind. */
export interface Cursor {
  node: number;
  buffer: number;
  /** The next of the counts of data buffers, which views have. */
  variadic: number;
}

/** Passes over a field's arrays. */
export function skipField(field: Field, cursor: Cursor, header: BatchHeader, where: string, arrow: Arrow): void {
  const { type } = field;
  const { Type } = arrow;
  const own = BUFFERS.find(([names]) => names.some((kind) => Type[kind] === type.typeId))?.[1];
  if (own === undefined)
    throw formatError(where, `a column before it has the type ${type}, whose layout is not known: put it first`);
  cursor.node += 1;
  cursor.buffer += own;
  if (isView(type, arrow)) cursor.buffer += takeVariadic(cursor, header, where);
  for (const child of childrenOf(type, arrow)) skipField(child, cursor, header, where, arrow);
}

/** How many buffers of data the next array of views has. */
export function takeVariadic(cursor: Cursor, header: BatchHeader, where: string): number {
  const count = Number(header.variadicBufferCounts?.[cursor.variadic++] ?? -1);
  if (!Number.isSafeInteger(count) || count < 0 || count > header.buffers.length)
    throw formatError(where, `expected a number of data buffers, got ${count}`);
  return count;
}

export function isView(type: DataType, arrow: Arrow): boolean {
  return type.typeId === arrow.Type.Utf8View || type.typeId === arrow.Type.BinaryView;
}

/** The fields within a type. The values of a dictionary lie in messages of their own. */
function childrenOf(type: DataType, arrow: Arrow): readonly Field[] {
  return arrow.DataType.isDictionary(type) ? [] : (type.children ?? []);
}
