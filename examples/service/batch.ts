/** The binary bodies of the service: how a batch comes in, and how it becomes tensors. */
import { ArgumentRangeError, type Tensor, torch } from 'torchloss';

/** A batch as tensors. */
export interface Batch {
  /** Logits of shape `[N, classes]`, which get a gradient. */
  readonly logits: Tensor<readonly [number, number], 'float32'>;
  /** Class indices of shape `[N]`. */
  readonly labels: Tensor<readonly [number], 'int64'>;
}

/**
 * Reads a body: N labels as int32, then N times `classes` logits as float32, all little-endian, sample after sample.
 *
 * @throws RangeError if the bytes are no whole number of samples, or a label is neither a class nor `ignored`
 */
export function readBatch(body: Buffer, classes: number, ignored: number): Batch {
  const sample = 4 * (1 + classes);
  if (body.length === 0 || body.length % sample !== 0) {
    throw new ArgumentRangeError('body', `a multiple of ${sample} bytes`, `${body.length} bytes`);
  }
  const count = body.length / sample;
  // One copy, into memory that is the tensors' alone: Node may hand out parts of a buffer that others use.
  const { buffer } = new Uint8Array(body);
  const wrong = new Int32Array(buffer, 0, count).find((label) => label !== ignored && (label < 0 || label >= classes));
  if (wrong !== undefined) throw new ArgumentRangeError('labels', `0 to ${classes - 1}`, String(wrong));
  const labels = torch.frombuffer(buffer, { dtype: 'int32', count }).to('int64');
  const logits = torch.frombuffer(buffer, { dtype: 'float32', offset: 4 * count }).reshape([count, classes]);
  return { logits: logits.detach().requires_grad_(), labels };
}
