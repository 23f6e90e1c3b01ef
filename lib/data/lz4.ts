/**
 * LZ4 frames. Arrow compresses each buffer to one frame. Blocks may refer to earlier blocks of the frame, so a decoder of
 * single blocks is not enough.
 */

const MAGIC = 0x184d2204;
/** Flags of a frame: version 1, block checksums, content size, content checksum, dictionary. */
const VERSION_MASK = 0xc0;
const VERSION = 0x40;
const [HAS_BLOCK_CHECKSUMS, HAS_SIZE, HAS_CHECKSUM, HAS_DICTIONARY] = [0x10, 0x08, 0x04, 0x01];
/** The highest bit of a block's size: the block is not compressed. */
const STORED = 0x80000000;
const MIN_MATCH = 4;

/**
 * Decodes a frame.
 *
 * @param size - the decoded size
 * @throws RangeError if the frame is damaged or has another decoded size
 */
export function decodeLz4Frame(frame: Buffer, size: number): Buffer {
  if (frame.length < 7 || frame.readUInt32LE(0) !== MAGIC) throw new RangeError('not an LZ4 frame');
  const flags = frame[4] as number;
  if ((flags & VERSION_MASK) !== VERSION || (flags & HAS_DICTIONARY) !== 0)
    throw new RangeError('unsupported LZ4 frame');
  // Two bytes of flags, the size, and the header's checksum.
  let at = 4 + 2 + ((flags & HAS_SIZE) === 0 ? 0 : 8) + 1;
  const output = Buffer.allocUnsafeSlow(size);
  let length = 0;
  for (;;) {
    if (at + 4 > frame.length) throw new RangeError('truncated LZ4 frame');
    const word = frame.readUInt32LE(at);
    at += 4;
    if (word === 0) break;
    const isStored = word >= STORED;
    const end = at + (isStored ? word - STORED : word);
    if (end > frame.length) throw new RangeError('truncated LZ4 block');
    if (isStored) {
      if (length + end - at > size) throw new RangeError(`more than ${size} bytes`);
      length += frame.copy(output, length, at, end);
    } else length = decodeBlock(frame.subarray(at, end), output, length);
    at = end + ((flags & HAS_BLOCK_CHECKSUMS) === 0 ? 0 : 4);
  }
  if (at + ((flags & HAS_CHECKSUM) === 0 ? 0 : 4) > frame.length) throw new RangeError('truncated LZ4 frame');
  if (length !== size) throw new RangeError(`expected ${size} bytes, got ${length}`);
  return output;
}

/** Appends a decoded block to the output, and returns where it ends. */
function decodeBlock(block: Buffer, output: Buffer, start: number): number {
  let [read, write] = [0, start];
  const longer = (length: number) => {
    let total = length;
    for (let byte = length === 15 ? 255 : 0; byte === 255; total += byte) {
      if (read >= block.length) throw new RangeError('truncated LZ4 block');
      byte = block[read++] as number;
    }
    return total;
  };
  while (read < block.length) {
    const token = block[read++] as number;
    const literals = longer(token >> 4);
    if (read + literals > block.length || write + literals > output.length) throw new RangeError('damaged LZ4 block');
    block.copy(output, write, read, read + literals);
    read += literals;
    write += literals;
    // The last sequence has only literals.
    if (read === block.length) break;
    if (read + 2 > block.length) throw new RangeError('truncated LZ4 block');
    const distance = block.readUInt16LE(read);
    read += 2;
    const length = longer(token & 15) + MIN_MATCH;
    if (distance === 0 || distance > write || write + length > output.length) throw new RangeError('damaged LZ4 block');
    if (distance >= length) output.copyWithin(write, write - distance, write - distance + length);
    // The source and the target overlap.
    else
      for (let index = 0; index < length; index++) output[write + index] = output[write - distance + index] as number;
    write += length;
  }
  return write;
}
