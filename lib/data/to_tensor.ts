import '../tensor/surface/install.js';
import { tensor } from '../tensor/creation.js';
import { invalidType } from '../base/errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { rowCount } from './layout.js';
import { readLayoutOf, type Source } from './source.js';

/**
 * Makes a tensor of the rows from `start` up to, and without, `end`, in the source's own dtype.
 *
 * @param start - default 0
 * @param end - default: all rows
 * @param into - as for {@link Source.rows}: the elements are copied from there, so that it can serve again at once
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
  if (typeof source.rows !== 'function') throw invalidType('source', 'a Source, as open gives it', source);
  const stop = end ?? rowCount(shape);
  const data = await source.rows(start, stop, into);
  return tensor(data, { shape: shape.length === 0 && stop > start ? [] : [stop - start, ...shape.slice(1)], dtype });
}
