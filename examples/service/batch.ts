/** The binary bodies of the service: receives a batch and makes tensors of it. */
import type { Readable } from 'node:stream';
import { ArgumentRangeError, type Tensor, torch } from 'torchloss';

/** A batch as tensors. */
export interface Batch {
  /** Logits of shape `[N, classes]`, which get a gradient. */
  readonly logits: Tensor<readonly [number, number], 'float32'>;
  /** Class indices of shape `[N]`. */
  readonly labels: Tensor<readonly [number], 'int64'>;
}

/**
 * Collects a body of `length` bytes, its `Content-Length`, in memory of exactly that size, so that no pieces have to be joined
 * and copied at the end.
 */
export async function readBody(payload: Readable, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const body = new Uint8Array(length);
  let size = 0;
  for await (const piece of payload as AsyncIterable<Uint8Array>) {
    body.set(piece, size); // never beyond the end: the HTTP parser stops at the length that was announced
    size += piece.length;
  }
  return body;
}

/**
 * Makes tensors of a body: N labels as int32, then N times `classes` logits as float32, all little-endian, sample after
 * sample. They share its memory.
 *
 * @throws RangeError if the body is not a whole number of samples, or a label is neither a class nor `ignored`
 */
export function readBatch(body: Uint8Array<ArrayBuffer>, classes: number, ignored: number): Batch {
  const sample = 4 * (1 + classes);
  if (body.length === 0 || body.length % sample !== 0) {
    throw new ArgumentRangeError('body', `a multiple of ${sample} bytes`, `${body.length} bytes`);
  }
  const count = body.length / sample;
  const { buffer } = body;
  const wrong = new Int32Array(buffer, 0, count).find((label) => label !== ignored && (label < 0 || label >= classes));
  if (wrong !== undefined) throw new ArgumentRangeError('labels', `0 to ${classes - 1}`, String(wrong));
  const labels = torch.frombuffer(buffer, { dtype: 'int32', count }).to('int64');
  const logits = torch.frombuffer(buffer, { dtype: 'float32', offset: 4 * count }).reshape([count, classes]);
  return { logits: logits.detach().requires_grad_(), labels };
}
