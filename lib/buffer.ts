import { markAsUntransferable } from 'node:worker_threads';
import { checkBoolean, checkOptions } from './arguments.js';
import { codeOfDType, DTYPES } from './dtypes.js';
import { ARRAY_DTYPES, inspectArray } from './elements.js';
import { ArgumentTypeError, invalidType, invalidValue } from './errors.js';
import { native } from './native.js';
import { Tensor } from './tensor.js';
import type { DType } from './types.js';

/** Options of {@link frombuffer}. */
export interface FromBufferOptions<D extends DType = DType> {
  /** The dtype of the elements. Default: that of the typed array; needed for other buffers. */
  dtype?: D | undefined;
  /** How many elements; -1 for all that are there. Default -1. */
  count?: number | undefined;
  /** How many bytes to leave out at the start. Default 0. */
  offset?: number | undefined;
  /** Whether gradients are computed for the tensor. Default false. */
  requires_grad?: boolean | undefined;
}

/**
 * A tensor of one dimension over memory of JavaScript's, which is not copied: what either side writes, the other sees.
 *
 * The memory stays as long as a tensor uses it. Its `ArrayBuffer` can from then on not be transferred to another thread,
 * which would take it away. Memory that may change its size or be written by another thread is copied instead: that of
 * a resizable `ArrayBuffer` or a `SharedArrayBuffer`. `torch.tensor` always copies.
 *
 * @param buffer - an `ArrayBuffer` or a view of one, such as a typed array or a `Buffer`
 * @throws TypeError for another value or a detached buffer, RangeError if `count` and `offset` do not fit the buffer, or
 *   the elements would not lie at a multiple of their size
 * @example
 * ```ts
 * const data = new Float32Array([1, 2, 3, 4]);
 * const tensor = torch.frombuffer(data);
 * data[0] = 10;
 * tensor.tolist();   // [10, 2, 3, 4]
 * torch.frombuffer(data, { count: 2, offset: 8 }).tolist();   // [3, 4]
 * ```
 */
export function frombuffer<D extends DType = DType>(
  buffer: ArrayBufferLike | ArrayBufferView,
  options: FromBufferOptions<D> = {},
): Tensor<readonly [number], D> {
  checkOptions(options, ['dtype', 'count', 'offset', 'requires_grad']);
  const { memory, start, length, dtype: own } = regionOf(buffer);
  const { dtype = own, count = -1, offset = 0, requires_grad = false } = options;
  if (dtype === undefined) throw new ArgumentTypeError('dtype', 'a dtype for a buffer without elements', 'undefined');
  const code = codeOfDType(dtype);
  const { bytes } = DTYPES[dtype];
  checkBoolean(requires_grad, 'requires_grad');
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > length)
    throw invalidValue('offset', `bytes from 0 to ${length}`, offset);
  if ((start + offset) % bytes !== 0) {
    throw invalidValue('offset', `one at which an element of ${bytes} bytes may lie`, offset);
  }
  const room = length - offset;
  if (count === -1 ? room % bytes !== 0 : !Number.isSafeInteger(count) || count < 0 || count * bytes > room) {
    throw invalidValue('count', `-1 or 0 to ${Math.floor(room / bytes)} for the ${room} bytes there are`, count);
  }
  const elements = count === -1 ? room / bytes : count;
  const view = new Uint8Array(memory, start + offset, elements * bytes);
  const isFixed = memory instanceof ArrayBuffer && (memory as { resizable?: boolean }).resizable !== true;
  if (isFixed) holdInPlace(memory);
  const make = isFixed ? native().from_buffer : native().from_bytes;
  const tensor = new Tensor<readonly [number], D>(make(view, [elements], code));
  return requires_grad ? tensor.requires_grad_() : tensor;
}

function regionOf(buffer: unknown): { memory: ArrayBufferLike; start: number; length: number; dtype?: DType } {
  if (ArrayBuffer.isView(buffer)) {
    const { kind } = inspectArray(buffer);
    const dtype = ARRAY_DTYPES.get(kind);
    const { buffer: memory, byteOffset: start, byteLength: length } = buffer;
    return { memory, start, length, ...(dtype && { dtype }) };
  }
  if (!(buffer instanceof ArrayBuffer) && !(buffer instanceof SharedArrayBuffer))
    throw invalidType('buffer', 'an ArrayBuffer or a view of one', buffer);
  try {
    return { memory: buffer, start: 0, length: new Uint8Array(buffer).length };
  } catch {
    throw new ArgumentTypeError('buffer', 'an ArrayBuffer with memory', 'one that is detached');
  }
}

/** Keeps an ArrayBuffer from being transferred: by a message, and by its own methods where the engine has them. */
function holdInPlace(buffer: ArrayBuffer): void {
  markAsUntransferable(buffer);
  for (const name of ['transfer', 'transferToFixedLength']) {
    if (!(name in buffer) || Object.hasOwn(buffer, name)) continue;
    Object.defineProperty(buffer, name, {
      value: () => {
        throw new ArgumentTypeError('buffer', 'one that no tensor shares', 'one that torch.frombuffer was given');
      },
    });
  }
}
