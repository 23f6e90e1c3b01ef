/**
 * Checks the bounds in the metadata of an Arrow message before they are decoded. The decoder trusts the lengths in them, so
 * a few bytes could keep it busy for hours.
 *
 * The metadata are FlatBuffers. A table starts with the offset of its vtable, which lists the offsets of its fields, 0 for an
 * absent one; a vector starts with its length.
 */

/** The deepest nesting of fields. */
const MAX_DEPTH = 64;
/** The smallest size of a field of a schema. */
const FIELD_BYTES = 16;

/** Field indices in the format's schema definitions. */
const MESSAGE = { headerType: 1, header: 2, metadata: 4 };
const SCHEMA = { endianness: 0, fields: 1, metadata: 2, features: 3 };
const FIELD = { typeType: 2, type: 3, dictionary: 4, children: 5, metadata: 6 };
const BATCH = { nodes: 1, buffers: 2, variadic: 4 };
const FOOTER = { schema: 1, dictionaries: 2, batches: 3, metadata: 4 };
const DICTIONARY_BATCH = { data: 1 };
/** The only type with a vector, and its number. */
const UNION = { type: 14, ids: 1 };
const HEADER_TYPES = { schema: 1, dictionaryBatch: 2, recordBatch: 3 };

/** The size of a block, the location of a message: its offset and the lengths of its metadata and body. */
const BLOCK_BYTES = 24;
/** The size of a node or a buffer: two 64-bit numbers. */
const PAIR_BYTES = 16;

/**
 * Checks the metadata of a message.
 *
 * @throws RangeError if an offset is out of bounds, or a length exceeds the metadata
 */
export function checkArrowMetadata(bytes: Uint8Array): void {
  const check = new Check(bytes);
  const message = check.root();
  check.tables(message, MESSAGE.metadata);
  const header = check.follow(message, MESSAGE.header);
  const type = check.byte(message, MESSAGE.headerType);
  if (header === undefined) return;
  if (type === HEADER_TYPES.schema) check.schema(header);
  else if (type === HEADER_TYPES.recordBatch) check.batch(header);
  else if (type === HEADER_TYPES.dictionaryBatch) {
    const data = check.follow(header, DICTIONARY_BATCH.data);
    if (data !== undefined) check.batch(data);
  }
}

/** Checks the footer of a file, which has the schema and the locations of the messages; see {@link checkArrowMetadata}. */
export function checkArrowFooter(bytes: Uint8Array): void {
  const check = new Check(bytes);
  const footer = check.root();
  const schema = check.follow(footer, FOOTER.schema);
  if (schema === undefined) throw new RangeError('the schema is missing');
  check.schema(schema);
  check.tables(footer, FOOTER.metadata);
  check.vector(footer, FOOTER.dictionaries, BLOCK_BYTES);
  check.vector(footer, FOOTER.batches, BLOCK_BYTES);
}

class Check {
  readonly #view: DataView;
  /** The number of fields that may still come, since several offsets can refer to the same field. */
  #fields: number;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fields = bytes.length / FIELD_BYTES;
  }

  /** The position of the outermost table. */
  root(): number {
    return this.#view.getUint32(0, true);
  }

  /** The position of a table's field, if it is present. */
  #at(table: number, field: number): number | undefined {
    const list = table - this.#view.getInt32(table, true);
    const slot = 4 + 2 * field;
    const offset = slot < this.#view.getUint16(list, true) ? this.#view.getUint16(list + slot, true) : 0;
    return offset === 0 ? undefined : table + offset;
  }

  byte(table: number, field: number): number {
    const at = this.#at(table, field);
    return at === undefined ? 0 : this.#view.getUint8(at);
  }

  /** The position of a table in a field. */
  follow(table: number, field: number): number | undefined {
    const at = this.#at(table, field);
    if (at === undefined) return undefined;
    const found = at + this.#view.getUint32(at, true);
    this.#view.getInt32(found, true);
    return found;
  }

  /** Checks that a vector is within bounds, and returns the position and number of its elements. */
  vector(table: number, field: number, width: number): [start: number, length: number] {
    const at = this.follow(table, field);
    if (at === undefined) return [0, 0];
    const length = this.#view.getUint32(at, true);
    if (at + 4 + length * width > this.#view.byteLength)
      throw new RangeError(`${length} elements at ${at} end beyond it`);
    return [at + 4, length];
  }

  /** The positions of the tables of a vector. */
  tables(table: number, field: number): number[] {
    const [start, length] = this.vector(table, field, 4);
    return Array.from({ length }, (_, index) => {
      const at = start + 4 * index;
      const found = at + this.#view.getUint32(at, true);
      this.#view.getInt32(found, true);
      return found;
    });
  }

  schema(table: number): void {
    // The decoder ignores it.
    if (this.byte(table, SCHEMA.endianness) !== 0) throw new RangeError('the data are big-endian');
    this.tables(table, SCHEMA.metadata);
    this.vector(table, SCHEMA.features, 8);
    for (const field of this.tables(table, SCHEMA.fields)) this.field(field, 0);
  }

  field(table: number, depth: number): void {
    this.#fields -= 1;
    if (this.#fields < 0 || depth > MAX_DEPTH) throw new RangeError('it has more fields than its size allows');
    this.tables(table, FIELD.metadata);
    this.follow(table, FIELD.dictionary);
    const type = this.follow(table, FIELD.type);
    if (type !== undefined && this.byte(table, FIELD.typeType) === UNION.type) this.vector(type, UNION.ids, 4);
    for (const child of this.tables(table, FIELD.children)) this.field(child, depth + 1);
  }

  batch(table: number): void {
    this.vector(table, BATCH.nodes, PAIR_BYTES);
    this.vector(table, BATCH.buffers, PAIR_BYTES);
    this.vector(table, BATCH.variadic, 8);
  }
}
