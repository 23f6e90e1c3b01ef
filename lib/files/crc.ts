import { crc32 } from 'node:zlib';

/** Long data is written in pieces of this size, so that other work can run in between. */
export const PIECE = 2 ** 23;

/** Bytes to check at a time: a quarter of a millisecond's work. */
const CHECKED = 2 ** 20;

/** The checksum of zip archives, piece by piece: it yields in between. */
export function* checksum<Y>(bytes: Uint8Array, pause: Y): Generator<Y, number, unknown> {
  let sum = 0;
  for (let start = 0; start < bytes.length; start += CHECKED) {
    if (start > 0) yield pause;
    sum = crc32(bytes.subarray(start, start + CHECKED), sum);
  }
  return sum;
}
