/** The messages of an Arrow file or stream: its schema, dictionaries and record batches. */
import type * as arrowModule from 'apache-arrow';
import type { Message, Schema } from 'apache-arrow';
import { formatError } from '../../base/errors.js';
import type { DataFile } from '../file.js';
import { loadPeer } from '../optional_package.js';
import { checkArrowFooter, checkArrowMetadata } from './check.js';

export type Arrow = typeof arrowModule;

/** A message, and the position of its body in the file. */
export interface Located {
  readonly message: Message;
  readonly body: number;
}

/** The header of a record batch, with the arrays of all columns in the order of the schema. */
export interface BatchHeader {
  readonly length: number;
  readonly nodes: readonly { readonly length: number; readonly nullCount: number }[];
  readonly buffers: readonly { readonly offset: number; readonly length: number }[];
  readonly compression: { readonly type: number } | null;
  readonly variadicBufferCounts?: readonly (number | bigint)[];
}

const MAGIC = 'ARROW1';
const CONTINUATION = 0xffffffff;
/** Metadata take about 100 bytes per column. */
const MAX_METADATA_BYTES = 2 ** 24;

/** The contents of a file or stream. */
export interface Messages {
  readonly schema: Schema;
  /** The dictionaries and record batches, in order. */
  readonly located: readonly Located[];
}

/**
 * Finds the messages of a file or stream. A file is read as a stream, message by message, unless something else comes
 * first, as polars writes it; then the footer locates the messages.
 */
export async function findMessages(file: DataFile, name: string, arrow: Arrow): Promise<Messages> {
  const magic = (await file.bytes(0, Math.min(8, file.size))).toString('latin1');
  const isFile = magic.startsWith(MAGIC);
  if (isFile && (await file.bytes(file.size - 6, 6)).toString('latin1') !== MAGIC)
    throw formatError(name, `expected '${MAGIC}' at the end: the file is truncated`);
  if (isFile && file.size >= 24 && (await file.bytes(8, 4)).readUInt32LE(0) !== CONTINUATION)
    return readFooter(file, name, arrow);
  const located: Located[] = [];
  let schema: Schema | undefined;
  let position = isFile ? 8 : 0;
  for (;;) {
    if (position + 8 > file.size) {
      // A stream may end after a message; a file needs its footer.
      if (isFile || position !== file.size) throw formatError(name, `expected a message at ${position}, got the end`);
      break;
    }
    const found = await readMessage(file, name, position, arrow);
    if (found === undefined) break;
    if (schema === undefined && found.message.isSchema()) schema = found.message.header();
    else located.push(found);
    if (schema === undefined) break;
    position = found.body + found.message.bodyLength;
  }
  if (schema === undefined) throw formatError(name, 'not an Arrow file: expected a schema at its beginning');
  return { schema, located };
}

/** The message at a position, which its body follows; `undefined` at the end of a stream. */
async function readMessage(file: DataFile, name: string, position: number, arrow: Arrow): Promise<Located | undefined> {
  const prefix = await file.bytes(position, 8);
  if (prefix.readUInt32LE(0) !== CONTINUATION)
    throw formatError(name, `not an Arrow file: expected a message at ${position}`);
  const length = prefix.readInt32LE(4);
  if (length === 0) return undefined;
  const most = Math.min(MAX_METADATA_BYTES, file.size - position - 8);
  if (length < 0 || length > most)
    throw formatError(name, `expected at most ${most} bytes of metadata at ${position}, got ${length}`);
  const metadata = await file.bytes(position + 8, length);
  checkArrowMetadata(metadata);
  const message = arrow.Message.decode(metadata);
  const body = position + 8 + length;
  if (!Number.isSafeInteger(message.bodyLength) || message.bodyLength < 0 || body + message.bodyLength > file.size)
    throw formatError(name, `expected a body of ${message.bodyLength} bytes at ${body}, got ${file.size - body}`);
  return { message, body };
}

async function readFooter(file: DataFile, name: string, arrow: Arrow): Promise<Messages> {
  const end = file.size - MAGIC.length - 4;
  const length = (await file.bytes(end, 4)).readInt32LE(0);
  const most = Math.min(MAX_METADATA_BYTES, end - 8);
  if (length <= 0 || length > most)
    throw formatError(name, `not an Arrow file: expected a footer of at most ${most} bytes, got ${length}`);
  const bytes = await file.bytes(end - length, length);
  checkArrowFooter(bytes);
  const { Footer } = await loadPeer(
    () => import('apache-arrow/ipc/metadata/file'),
    'apache-arrow',
    'Reading Arrow files',
  );
  const footer = Footer.decode(bytes);
  const located: Located[] = [];
  for (const { offset } of [...footer.dictionaryBatches(), ...footer.recordBatches()]) {
    if (!Number.isSafeInteger(offset) || offset < 8 || offset + 8 > end)
      throw formatError(name, `expected a message before ${end}, got one at ${offset}`);
    const found = await readMessage(file, name, offset, arrow);
    if (found !== undefined) located.push(found);
  }
  return { schema: footer.schema, located };
}
