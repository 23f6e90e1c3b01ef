/** The hybrid of runs and packed bits that Parquet uses for levels and for indices into a dictionary. */

/**
 * Decodes values of `width` bits each, at most 32, into all of `into`.
 *
 * @throws RangeError if the bytes end before
 */
export function readHybrid(bytes: Uint8Array, width: number, into: Uint8Array | Int32Array): void {
  const wholeBytes = (width + 7) >> 3;
  let at = 0;
  const next = (): number => {
    const byte = bytes[at++];
    if (byte === undefined) throw new RangeError(`expected ${into.length} values, got fewer`);
    return byte;
  };
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 32; shift += 7) {
      const byte = next();
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw new RangeError('expected a run of fewer values');
  };
  for (let done = 0; done < into.length; ) {
    const header = varint();
    const count = Math.min(header & 1 ? (header >>> 1) * 8 : header >>> 1, into.length - done);
    if ((header & 1) === 0) {
      let value = 0;
      for (let index = 0; index < wholeBytes; index++) value |= next() << (8 * index);
      into.fill(value, done, done + count);
    } else {
      const whole = (header >>> 1) * width;
      // The last group of 8 may have more values than there are, and the file may end before them.
      const needed = Math.ceil((count * width) / 8);
      if (at + needed > bytes.length) throw new RangeError(`expected ${into.length} values, got fewer`);
      if (width <= 24) unpack(bytes, at, width, into, done, count);
      else unpackWide(bytes, at, width, into, done, count);
      at += whole;
    }
    done += count;
  }
}

type Unpack = (
  bytes: Uint8Array,
  at: number,
  width: number,
  into: Uint8Array | Int32Array,
  first: number,
  count: number,
) => void;

/** Unpacks values of at most 24 bits: with the rest of a byte before them they fit into 31. */
const unpack: Unpack = (bytes, start, width, into, first, count) => {
  const mask = (1 << width) - 1;
  let [at, held, bits] = [start, 0, 0];
  for (let index = first; index < first + count; index++) {
    for (; bits < width; bits += 8) held |= (bytes[at++] as number) << bits;
    into[index] = held & mask;
    held >>>= width;
    bits -= width;
  }
};

const unpackWide: Unpack = (bytes, start, width, into, first, count) => {
  const range = 2 ** width;
  let [at, held, bits] = [start, 0, 0];
  for (let index = first; index < first + count; index++) {
    for (; bits < width; bits += 8) held += (bytes[at++] as number) * 2 ** bits;
    into[index] = held % range;
    held = Math.floor(held / range);
    bits -= width;
  }
};

/** Whether the bytes are one run of `value`, at least `count` times. */
export function isOneRun(bytes: Uint8Array, value: number, count: number): boolean {
  let header = 0;
  for (let at = 0, scale = 1; at < 5; at++, scale *= 128) {
    const byte = bytes[at] ?? 0;
    header += (byte & 127) * scale;
    if (byte < 128) return header % 2 === 0 && header / 2 >= count && bytes[at + 1] === value;
  }
  return false;
}
