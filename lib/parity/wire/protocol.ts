/**
 * The messages between torchloss and a Python child: frames of a small JSON head and the raw bytes of tensors. A frame
 * is `TLP1`, the length of the head (uint32) and of the body (uint64), both little-endian, the head in UTF-8, and the
 * body: the tensors that the head lists, one after the other.
 */
import { DTYPES, type TypedArray } from '../../tensor/dtypes.js';
import { TorchError } from '../../base/errors.js';
import type { DType, Shape } from '../../base/types.js';

/** The frameworks that losses are compared with. */
export type Framework = 'pytorch' | 'mindspore';

/** The version of the messages, which both sides must share. */
export const PROTOCOL = 1;

const MAGIC = Buffer.from('TLP1');
const PREFIX_BYTES = 16;
/** Larger than any frame of a comparison; anything that claims more is not a frame. */
const MAX_HEAD_BYTES = 2 ** 26;
const MAX_BODY_BYTES = 2 ** 33;

/** A tensor in a frame: 16-bit floats as their bits. */
export interface FrameTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** A message with its tensors, which the head refers to by number. */
export interface Frame {
  readonly head: Readonly<Record<string, unknown>>;
  readonly tensors: readonly FrameTensor[];
}

/** The bytes of a frame, in parts. */
export function encodeFrame({ head, tensors }: Frame): Buffer[] {
  const list = tensors.map(({ dtype, shape }) => ({ dtype, shape }));
  const text = Buffer.from(JSON.stringify({ ...head, tensors: list }));
  const bodies = tensors.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  MAGIC.copy(prefix);
  prefix.writeUInt32LE(text.length, 4);
  prefix.writeBigUInt64LE(BigInt(bodies.reduce((sum, body) => sum + body.length, 0)), 8);
  return [prefix, text, ...bodies];
}

/** Splits a stream of bytes into frames. */
export class FrameReader {
  #parts: Buffer[] = [];
  #length = 0;

  /** The number of bytes that wait for the rest of their frame. */
  get pending(): number {
    return this.#length;
  }

  /**
   * Takes bytes and returns the frames that they complete.
   *
   * @throws TorchError with code `ERR_PEER` if they are not frames, with the beginning of the bytes
   */
  push(chunk: Buffer): Frame[] {
    this.#parts.push(chunk);
    this.#length += chunk.length;
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #take(): Frame | undefined {
    const begin = this.#peek(Math.min(this.#length, PREFIX_BYTES));
    const magic = begin.subarray(0, MAGIC.length);
    if (!magic.equals(MAGIC.subarray(0, magic.length))) throw noFrame(this.#peek(Math.min(this.#length, 200)));
    if (begin.length < PREFIX_BYTES) return undefined;
    const headLength = begin.readUInt32LE(4);
    const bodyLength = begin.readBigUInt64LE(8);
    if (headLength > MAX_HEAD_BYTES || bodyLength > MAX_BODY_BYTES) throw noFrame(begin);
    const length = PREFIX_BYTES + headLength + Number(bodyLength);
    if (this.#length < length) return undefined;
    const whole = this.#peek(length);
    this.#parts[0] = (this.#parts[0] as Buffer).subarray(length);
    this.#length -= length;
    return decode(whole.subarray(PREFIX_BYTES, PREFIX_BYTES + headLength), whole.subarray(PREFIX_BYTES + headLength));
  }

  /** The first bytes, joined into one part. */
  #peek(length: number): Buffer {
    if (length > (this.#parts[0]?.length ?? 0)) this.#parts = [Buffer.concat(this.#parts)];
    return (this.#parts[0] ?? Buffer.alloc(0)).subarray(0, length);
  }
}

function decode(text: Buffer, body: Buffer): Frame {
  let head: { tensors?: unknown } | null;
  try {
    head = JSON.parse(text.toString());
  } catch {
    throw noFrame(text.subarray(0, 200));
  }
  const list = head?.tensors;
  if (head === null || !Array.isArray(list)) throw noFrame(text.subarray(0, 200));
  let at = 0;
  const tensors = (list as readonly FrameTensor[]).map(({ dtype, shape }) => {
    if (!Object.hasOwn(DTYPES, dtype) || !Array.isArray(shape)) throw noFrame(text.subarray(0, 200));
    const { array: ArrayType, bytes } = DTYPES[dtype];
    const size = shape.reduce((product, length) => product * length, bytes);
    // A copy, aligned for its elements; missing or extra bytes show in the lengths.
    const part = new Uint8Array(body.subarray(at, at + size));
    if (part.length !== size) throw noFrame(text.subarray(0, 200));
    at += size;
    return { dtype, shape, data: new ArrayType(part.buffer) };
  });
  if (at !== body.length) throw noFrame(text.subarray(0, 200));
  return { head, tensors };
}

function noFrame(begin: Buffer): TorchError {
  const text = begin
    .toString('latin1')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim();
  return new TorchError('ERR_PEER', `the child sent something that is no message of the comparison: '${text}'`);
}
