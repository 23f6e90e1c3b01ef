/** Parquet's types. */
import type { FileMetaData, SchemaTree } from 'hyparquet';
import type { DType } from '../../base/types.js';
import { pandasIndexColumns } from '../table/pandas.js';
import type { ColumnKind } from '../table/table.js';
import type { PlainType } from './plain_chunk.js';

/** The type of a column. */
export interface ParquetType {
  readonly name: string;
  readonly type: string;
  readonly kind: ColumnKind;
  readonly dtype: DType | undefined;
  /** The path of its values in the schema. */
  readonly path: string;
  /** The depth of nested lists. */
  readonly lists: number;
  /** Whether it is pandas' index. */
  readonly isIndex: boolean;
  /** How its values are stored. */
  readonly stored: PlainType;
}

/** Dtypes by Parquet's physical and logical types. Unsigned integers are read as the next larger signed dtype. */
const DTYPE_NAMES: Readonly<Record<string, DType>> = {
  BOOLEAN: 'bool',
  FLOAT: 'float32',
  DOUBLE: 'float64',
  'FIXED_LEN_BYTE_ARRAY FLOAT16': 'float32',
  INT32: 'int32',
  'INT32 INT_8': 'int8',
  'INT32 UINT_8': 'uint8',
  'INT32 INT_16': 'int16',
  'INT32 UINT_16': 'int32',
  'INT32 INT_32': 'int32',
  'INT32 UINT_32': 'int64',
  INT64: 'int64',
  'INT64 INT_64': 'int64',
  'INT64 UINT_64': 'int64',
};

/** Those whose stored numbers are the values. */
const PLAIN: ReadonlySet<string> = new Set([
  'FLOAT',
  'DOUBLE',
  'INT32',
  'INT32 INT_8',
  'INT32 UINT_8',
  'INT32 INT_16',
  'INT32 UINT_16',
  'INT32 INT_32',
  'INT64',
  'INT64 INT_64',
]);

const TEXTS: ReadonlySet<string> = new Set(['BYTE_ARRAY STRING', 'BYTE_ARRAY UTF8', 'BYTE_ARRAY ENUM']);

/** The types of a file's columns, in order. */
export function readTypes(schema: SchemaTree, metadata: FileMetaData): ParquetType[] {
  const { key_value_metadata = [] } = metadata;
  const indices = pandasIndexColumns(key_value_metadata.find(({ key }) => key === 'pandas')?.value);
  return schema.children.map((tree) => readType(tree, indices));
}

function readType(tree: SchemaTree, indices: ReadonlySet<string>): ParquetType {
  let leaf = tree;
  let lists = 0;
  let definitions = tree.element.repetition_type === 'REQUIRED' ? 0 : 1;
  while (leaf.children.length === 1) {
    leaf = leaf.children[0] as SchemaTree;
    if (leaf.element.repetition_type === 'REPEATED') lists += 1;
    if (leaf.element.repetition_type !== 'REQUIRED') definitions += 1;
  }
  const { type, type_length, converted_type, logical_type } = leaf.element;
  const isNested = leaf.children.length > 0 || tree.element.repetition_type === 'REPEATED';
  const isInStruct = leaf !== tree && lists === 0;
  const kind =
    logical_type?.type === 'INTEGER'
      ? `${logical_type.isSigned ? '' : 'U'}INT_${logical_type.bitWidth}`
      : logical_type?.type;
  const logical = converted_type === 'DECIMAL' ? 'DECIMAL' : (kind ?? converted_type);
  const label = [type, logical].filter((part) => part !== undefined).join(' ');
  const isHalf = label === 'FIXED_LEN_BYTE_ARRAY FLOAT16' && type_length !== 2;
  const isDecimal = logical === 'DECIMAL';
  const dtype = isDecimal ? 'float64' : Object.hasOwn(DTYPE_NAMES, label) && !isHalf ? DTYPE_NAMES[label] : undefined;
  const isRead = !isNested && !isInStruct;
  const isText = isRead && lists === 0 && TEXTS.has(label);
  const name = tree.element.name;
  return {
    name,
    type: isNested || isInStruct ? 'a nested type' : `${'list of '.repeat(lists)}${label}`,
    kind: isRead && dtype !== undefined ? 'numbers' : isText ? 'text' : 'other',
    dtype: isRead ? dtype : undefined,
    path: leaf.path.join('.'),
    lists,
    isIndex: indices.has(name) || /^__index_level_\d+__$/.test(name),
    stored: { physical: type, isPlain: isRead && PLAIN.has(label), definitions },
  };
}
