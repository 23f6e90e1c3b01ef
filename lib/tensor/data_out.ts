/** How a tensor's elements are handed out. */
import { DTYPES, type TypedArray } from './dtypes.js';
import { outOfMemory, TorchError } from '../base/errors.js';
import type { DType, Shape } from '../base/types.js';

/** More arrays than this do not fit into the engine's heap, whose exhaustion ends the process. */
const MAX_LISTS = 2 ** 24;

/** Deeper ones would run out of the engine's stack. */
const MAX_LEVELS = 1024;

/** Checks that elements can be nested as deep as `shape` asks for. */
export function checkLevels(shape: Shape): void {
  if (shape.length <= MAX_LEVELS) return;
  const message = `${shape.length} dimensions are more levels than can be nested: at most ${MAX_LEVELS}`;
  throw new TorchError('ERR_NOT_IMPLEMENTED', message);
}

/** The dtype as which copies of the elements are handed out: halves as numbers that every engine has. */
export function readableAs(dtype: DType): DType {
  return dtype === 'float16' || dtype === 'bfloat16' ? 'float32' : dtype;
}

/** Flat elements as nested arrays, or the element itself without dimensions. */
export function nestedItems(flat: ArrayLike<number | bigint>, shape: Shape, dtype: DType): unknown {
  checkLevels(shape);
  const lists = shape.slice(0, shape.indexOf(0) + 1).reduce((total, size) => total * (size || 1), 1);
  if (lists > MAX_LISTS) throw outOfMemory(`${lists} empty arrays`);
  let next = 0;
  const build = (dim: number): unknown => {
    if (dim === shape.length) {
      const value = flat[next++];
      return dtype === 'bool' ? value === 1 : value;
    }
    return Array.from({ length: shape[dim] as number }, () => build(dim + 1));
  };
  return build(0);
}

/** A typed array for `count` elements. */
export function roomFor(dtype: DType, count: number): TypedArray {
  try {
    return new DTYPES[dtype].array(count);
  } catch {
    throw outOfMemory(`${count} elements of ${dtype}`);
  }
}
