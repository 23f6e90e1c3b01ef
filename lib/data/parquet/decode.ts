/** Decodes rows of a column chunk with hyparquet. */
import type { AsyncBuffer, ColumnMetaData, Compressors, DecodedArray, FileMetaData, parquetRead } from 'hyparquet';
import { formatError, TorchError } from '../../base/errors.js';
import { checkPages } from './pages.js';

/** What is needed to decode pages. */
export interface Decoder {
  /** The file's name, for errors. */
  readonly name: string;
  readonly metadata: FileMetaData;
  readonly buffer: AsyncBuffer;
  readonly compressors: Compressors;
  readonly read: typeof parquetRead;
}

/** Some of a column's values. */
export interface Chunk {
  readonly firstRow: number;
  readonly values: DecodedArray;
}

/** The most bytes of a column that are decoded at once. Decoding takes several times as much memory. */
export const MAX_DECODED = 2 ** 26;

/** Decodes rows of a column chunk. */
export async function decodeRows(
  { read, metadata, buffer, compressors, column }: Decoder & { column: string },
  chunk: ColumnMetaData,
  start: number,
  end: number,
  isChecked = false,
): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  if (!isChecked) await checkPages(chunk, MAX_DECODED, buffer);
  await read({
    file: buffer,
    metadata,
    columns: [column],
    rowStart: start,
    rowEnd: end,
    compressors,
    useOffsetIndex: true,
    // Errors that it throws would be lost.
    onChunk: ({ columnData, rowStart }) => chunks.push({ firstRow: rowStart, values: columnData }),
  });
  return chunks.sort((a, b) => a.firstRow - b.firstRow);
}

/** An error of the package as one about the file. */
export function asFormatError(name: string, cause: unknown): unknown {
  return cause instanceof TorchError ? cause : formatError(name, (cause as Error).message, cause);
}
