/** What a worker sends to the coordinator: the record of a shard, and the losses of its samples if they are wanted. */
import { formatError } from '../../base/errors.js';
import { listOf, object, string } from '../../base/schema.js';
import { parseJson } from '../../files/json.js';

/** The result of a shard. */
export interface ShardResult {
  /** The record, as JSON. */
  readonly record: string;
  /** The losses of the samples, one column per loss; none if they are not wanted. */
  readonly perSample: readonly Float64Array[];
}

const readWritten = object({ record: string, per_sample: listOf(string) });

/** Writes a result as JSON. */
export function writeResult({ record, perSample }: ShardResult): string {
  const columns = perSample.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
  );
  return JSON.stringify({ record, per_sample: columns });
}

/**
 * Reads a result.
 *
 * @param columns - how many columns of losses it should have
 * @param samples - how many losses in each
 * @throws TorchError `ERR_FILE_FORMAT` if it has others
 */
export function readResult(text: string, name: string, columns: number, samples: number): ShardResult {
  const { record, per_sample } = parseJson(text, name, readWritten);
  const perSample = per_sample.map((column) => {
    const bytes = Uint8Array.from(Buffer.from(column, 'base64'));
    if (bytes.length !== samples * 8)
      throw formatError(name, `expected the losses of ${samples} samples, got ${bytes.length} bytes`);
    return new Float64Array(bytes.buffer);
  });
  if (perSample.length !== columns)
    throw formatError(name, `expected ${columns} columns of losses, got ${perSample.length}`);
  return { record, perSample };
}

/** Losses of samples that come in several pieces. */
export class CollectedLosses {
  readonly #pieces: Float64Array[][];

  constructor(losses: number) {
    this.#pieces = Array.from({ length: losses }, () => []);
  }

  /** Adds the next samples: one column per loss. */
  add(columns: readonly Float64Array[]): void {
    for (const [index, column] of columns.entries()) this.#pieces[index]?.push(column);
  }

  /** All of them: one column per loss. */
  columns(): Float64Array[] {
    return this.#pieces.map((pieces) => {
      const [first] = pieces;
      if (pieces.length === 1 && first !== undefined) return first;
      const all = new Float64Array(pieces.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const piece of pieces) {
        all.set(piece, at);
        at += piece.length;
      }
      return all;
    });
  }
}
