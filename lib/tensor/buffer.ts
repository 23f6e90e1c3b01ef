import { types } from 'node:util';
import { markAsUntransferable } from 'node:worker_threads';
import { checkBoolean, checkOptions } from '../addon/arguments.js';
import { codeOfDType, DTYPES, type TypedArray } from './dtypes.js';
import { ARRAY_DTYPES, inspectArray, regionOf } from './elements.js';
import { ArgumentRangeError, ArgumentTypeError, invalidType, invalidValue } from '../base/errors.js';
import { native } from '../addon/native.js';
import type { ArrayDType } from './shapes.js';
import { Tensor } from './tensor.js';
import type { DType } from '../base/types.js';

/** Options of {@link frombuffer}. */
export interface FromBufferOptions<D extends DType = DType> {
  /** The dtype of the elements. Default: that of the typed array; needed for other buffers. */
  dtype?: D | undefined;
  /** The number of elements; -1 for all that follow. Default -1. */
  count?: number | undefined;
  /** The number of bytes to skip at the start. Default 0. */
  offset?: number | undefined;
  /** Whether gradients are computed for the tensor. Default false. */
  requires_grad?: boolean | undefined;
}

/**
 * A one-dimensional tensor over memory of JavaScript, which is not copied: writes on either side are seen by the other.
 *
 * The memory lives as long as a tensor uses it. From then on its `ArrayBuffer` cannot be transferred to another thread,
 * which would take the memory away. Memory that may be resized or written by another thread is copied instead: that of
 * a resizable `ArrayBuffer`, of a `SharedArrayBuffer` and of a frozen one. `torch.tensor` always copies. The memory of
 * a WebAssembly instance must not grow meanwhile: it cannot be told from other memory.
 *
 * @param buffer - an `ArrayBuffer` or a view of one, such as a typed array or a `Buffer`
 * @throws TypeError for another value or a detached buffer, RangeError if `count` and `offset` do not fit the buffer,
 *   or the elements would not be aligned to their size
 * @example
 * ```ts
 * const data = new Float32Array([1, 2, 3, 4]);
 * const tensor = torch.frombuffer(data);
 * data[0] = 10;
 * tensor.tolist();   // [10, 2, 3, 4]
 * torch.frombuffer(data, { count: 2, offset: 8 }).tolist();   // [3, 4]
 * ```
 */
export function frombuffer<A extends TypedArray, D extends DType = ArrayDType<A>>(
  buffer: A,
  options?: FromBufferOptions<D>,
): Tensor<readonly [number], NoInfer<D>>;
export function frombuffer<D extends DType = DType>(
  buffer: ArrayBufferLike | ArrayBufferView,
  options?: FromBufferOptions<D>,
): Tensor<readonly [number], NoInfer<D>>;
export function frombuffer<D extends DType = DType>(
  buffer: ArrayBufferLike | ArrayBufferView,
  options: FromBufferOptions<D> = {},
): Tensor<readonly [number], D> {
  checkOptions(options, ['dtype', 'count', 'offset', 'requires_grad']);
  // The caller's getters first: they may take the memory away.
  const { dtype: wanted, count = -1, offset = 0, requires_grad = false } = options;
  const { memory, start, length, dtype: own } = memoryOf(buffer);
  const dtype = wanted ?? own;
  if (dtype === undefined) {
    throw new ArgumentTypeError('dtype', 'a dtype, which this kind of buffer does not determine', 'undefined');
  }
  const code = codeOfDType(dtype);
  const { bytes } = DTYPES[dtype];
  checkBoolean(requires_grad, 'requires_grad');
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > length)
    throw invalidValue('offset', `an offset of 0 to ${length} bytes`, offset);
  if ((start + offset) % bytes !== 0) {
    if (start % bytes === 0) throw invalidValue('offset', `an offset aligned to elements of ${bytes} bytes`, offset);
    throw new ArgumentRangeError(
      'buffer',
      `one aligned to elements of ${bytes} bytes, as a copy is: new Uint8Array(buffer)`,
      `one that begins at byte ${start} of its ArrayBuffer${offset === 0 ? '' : `, with an offset of ${offset}`}`,
    );
  }
  const room = length - offset;
  if (count === -1 ? room % bytes !== 0 : !Number.isSafeInteger(count) || count < 0 || count * bytes > room) {
    throw invalidValue('count', `-1 or 0 to ${Math.floor(room / bytes)} for ${room} bytes`, count);
  }
  const elements = count === -1 ? room / bytes : count;
  const view = new Uint8Array(memory, start + offset, elements * bytes);
  const isFixed = types.isArrayBuffer(memory) && (memory as { resizable?: boolean }).resizable !== true;
  const make = isFixed && holdInPlace(memory) ? native().from_buffer : native().from_bytes;
  const tensor = new Tensor<readonly [number], D>(make(view, [elements], code));
  return requires_grad ? tensor.requires_grad_() : tensor;
}

function memoryOf(buffer: unknown): { memory: ArrayBufferLike; start: number; length: number; dtype?: DType } {
  if (ArrayBuffer.isView(buffer)) {
    const { kind } = inspectArray(buffer);
    const dtype = ARRAY_DTYPES.get(kind);
    return { ...regionOf(buffer), ...(dtype && { dtype }) };
  }
  if (!types.isAnyArrayBuffer(buffer)) throw invalidType('buffer', 'an ArrayBuffer or a view of one', buffer);
  try {
    return { memory: buffer, start: 0, length: new Uint8Array(buffer).length };
  } catch {
    throw new ArgumentTypeError('buffer', 'an ArrayBuffer that is not detached', 'a detached one');
  }
}

/**
 * Keeps an ArrayBuffer from being transferred: by a message, and by its own methods if the engine has them.
 *
 * @returns whether that was possible; it is not for a frozen one
 */
function holdInPlace(buffer: ArrayBuffer): boolean {
  const transfer = {
    value: () => {
      throw new ArgumentTypeError('buffer', 'one that no tensor shares', 'one that torch.frombuffer was given');
    },
  };
  markAsUntransferable(buffer);
  return ['transfer', 'transferToFixedLength'].every(
    (name) => !(name in buffer) || Object.hasOwn(buffer, name) || Reflect.defineProperty(buffer, name, transfer),
  );
}
