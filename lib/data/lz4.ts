/**
 * LZ4 frames, of which Arrow compresses each buffer to one. The blocks of a frame may refer to bytes of those before them,
 * which decoders of single blocks cannot follow.
 */

const MAGIC = 0x184d2204;
/** Flags of a frame: version 1, checksums of blocks, its size, its checksum, a dictionary. */
const VERSION_MASK = 0xc0;
const VERSION = 0x40;
const [HAS_BLOCK_CHECKSUMS, HAS_SIZE, HAS_CHECKSUM, HAS_DICTIONARY] = [0x10, 0x08, 0x04, 0x01];
/** The highest bit of a block's size: it is not compressed. */
const STORED = 0x80000000;
const MIN_MATCH = 4;

/**
 * Decodes a frame.
 *
 * @param size - how many bytes come out
 * @throws RangeError for what is damaged, or gives another number of bytes
 */
export function decodeLz4Frame(frame: Buffer, size: number): Buffer {
  if (frame.length < 7 || frame.readUInt32LE(0) !== MAGIC) throw new RangeError('no LZ4 frame');
  const flags = frame[4] as number;
  if ((flags & VERSION_MASK) !== VERSION || (flags & HAS_DICTIONARY) !== 0)
    throw new RangeError('an LZ4 frame of an unknown kind');
  // The two bytes of flags, the size, and a checksum of these.
  let at = 4 + 2 + ((flags & HAS_SIZE) === 0 ? 0 : 8) + 1;
  const output = Buffer.allocUnsafeSlow(size);
  let length = 0;
  for (;;) {
    if (at + 4 > frame.length) throw new RangeError('an LZ4 frame without an end');
    const word = frame.readUInt32LE(at);
    at += 4;
    if (word === 0) break;
    const isStored = word >= STORED;
    const end = at + (isStored ? word - STORED : word);
    if (end > frame.length) throw new RangeError('an LZ4 block that is cut off');
    if (isStored) {
      if (length + end - at > size) throw new RangeError(`more than ${size} bytes`);
      length += frame.copy(output, length, at, end);
    } else length = decodeBlock(frame.subarray(at, end), output, length);
    at = end + ((flags & HAS_BLOCK_CHECKSUMS) === 0 ? 0 : 4);
  }
  if (at + ((flags & HAS_CHECKSUM) === 0 ? 0 : 4) > frame.length) throw new RangeError('an LZ4 frame that is cut off');
  if (length !== size) throw new RangeError(`expected ${size} bytes, got ${length}`);
  return output;
}

/** Decodes a block behind what is there already, and gives where it ends. */
function decodeBlock(block: Buffer, output: Buffer, start: number): number {
  let [read, write] = [0, start];
  const longer = (length: number) => {
    let total = length;
    for (let byte = length === 15 ? 255 : 0; byte === 255; total += byte) {
      if (read >= block.length) throw new RangeError('an LZ4 block that is cut off');
      byte = block[read++] as number;
    }
    return total;
  };
  while (read < block.length) {
    const token = block[read++] as number;
    const literals = longer(token >> 4);
    if (read + literals > block.length || write + literals > output.length)
      throw new RangeError('an LZ4 block that is damaged');
    block.copy(output, write, read, read + literals);
    read += literals;
    write += literals;
    // The last sequence has literals alone.
    if (read === block.length) break;
    if (read + 2 > block.length) throw new RangeError('an LZ4 block that is cut off');
    const distance = block.readUInt16LE(read);
    read += 2;
    const length = longer(token & 15) + MIN_MATCH;
    if (distance === 0 || distance > write || write + length > output.length)
      throw new RangeError('an LZ4 block that is damaged');
    if (distance >= length) output.copyWithin(write, write - distance, write - distance + length);
    // The copy overlaps with what it writes.
    else
      for (let index = 0; index < length; index++) output[write + index] = output[write - distance + index] as number;
    write += length;
  }
  return write;
}
