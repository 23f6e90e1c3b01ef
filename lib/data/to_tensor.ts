import { isFunction } from '../base/plain_object.js';
import '../tensor/surface/install.js';
import { tensor } from '../tensor/creation.js';
import { invalidType } from '../base/errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { rowCount } from './layout.js';
import { readLayoutOf, type Source } from './source.js';

/**
 * Reads the rows from `start` up to but not including `end` as a tensor of the source's dtype.
 *
 * @param start - default 0
 * @param end - default: all rows
 * @param into - a buffer as for {@link Source.rows}. The tensor has a copy, so the buffer can be reused at once
 * @throws as {@link Source.rows} does
 * @example
 * ```ts
 * const source = await open('examples/digits/labels.npy');
 * const labels = await readTensor(source, 0, 3);
 * labels.shape;                                                  // [3]
 * labels.dtype;                                                  // 'int64'
 * await source.close();
 * ```
 */
export async function readTensor(source: Source, start = 0, end?: number, into?: Uint8Array): Promise<Tensor> {
  const { shape, dtype } = readLayoutOf(source);
  if (!isFunction(source.rows)) throw invalidType('source', 'a Source, as returned by open', source);
  const stop = end ?? rowCount(shape);
  const data = await source.rows(start, stop, into);
  return tensor(data, { shape: shape.length === 0 && stop > start ? [] : [stop - start, ...shape.slice(1)], dtype });
}
