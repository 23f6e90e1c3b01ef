/** Writes zip archives like PyTorch: entries are stored uncompressed and aligned to 64 bytes. */
import { checksum, PIECE } from './crc.js';
import type { Pieces } from './replace.js';

/** An entry to be written. Its bytes are requested when its turn comes. */
export interface NewEntry {
  readonly name: string;
  readonly bytes: () => Uint8Array;
}

const ALIGNMENT = 64;
const FULL_16 = 0xffff;
const FULL_32 = 0xffffffff;
/** Names are UTF-8. */
const FLAGS = 0x0800;
const VERSION = 20;
const VERSION_64 = 45;
/** 1 January 1980, the earliest date in a zip archive. */
const DATE = 0x21;
/** The extra field for padding, under PyTorch's name. */
const PADDING = 0x4246;

interface Written {
  readonly name: Buffer;
  readonly crc: number;
  readonly size: number;
  readonly header: number;
}

/** The pieces of an archive. Other work may run between them and within long checksums. */
export function* writeArchive(entries: Iterable<NewEntry>): Generator<Uint8Array | undefined, void, unknown> {
  const written: Written[] = [];
  let position = 0;
  for (const { name, bytes: get } of entries) {
    const bytes = get();
    const crc = yield* checksum(bytes, undefined);
    const entry = { name: Buffer.from(name), crc, size: bytes.length, header: position };
    const header = localHeader(entry);
    yield header;
    yield* inPieces(bytes);
    written.push(entry);
    position += header.length + bytes.length;
  }
  yield directory(written, position);
}

function* inPieces(bytes: Uint8Array): Pieces {
  for (let start = 0; start < bytes.length; start += PIECE) yield bytes.subarray(start, start + PIECE);
}

function localHeader({ name, crc, size, header: position }: Written): Buffer {
  const wide = size >= FULL_32 ? wideField([size, size]) : Buffer.alloc(0);
  const before = position + 30 + name.length + wide.length + 4;
  const padding = Buffer.alloc(4 + ((ALIGNMENT - (before % ALIGNMENT)) % ALIGNMENT));
  padding.writeUInt16LE(PADDING, 0);
  padding.writeUInt16LE(padding.length - 4, 2);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(wide.length > 0 ? VERSION_64 : VERSION, 4);
  header.writeUInt16LE(FLAGS, 6);
  header.writeUInt16LE(DATE, 12);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(Math.min(size, FULL_32), 18);
  header.writeUInt32LE(Math.min(size, FULL_32), 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(wide.length + padding.length, 28);
  return Buffer.concat([header, name, wide, padding]);
}

/** The extra field with the numbers that do not fit into 32 bits. */
function wideField(numbers: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * numbers.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * numbers.length, 2);
  for (const [index, number] of numbers.entries()) field.writeBigUInt64LE(BigInt(number), 4 + 8 * index);
  return field;
}

function centralHeader({ name, crc, size, header: position }: Written): Buffer {
  const numbers = [...(size >= FULL_32 ? [size, size] : []), ...(position >= FULL_32 ? [position] : [])];
  const wide = numbers.length > 0 ? wideField(numbers) : Buffer.alloc(0);
  const header = Buffer.alloc(46);
  const version = wide.length > 0 ? VERSION_64 : VERSION;
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(version, 4);
  header.writeUInt16LE(version, 6);
  header.writeUInt16LE(FLAGS, 8);
  header.writeUInt16LE(DATE, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(Math.min(size, FULL_32), 20);
  header.writeUInt32LE(Math.min(size, FULL_32), 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(wide.length, 30);
  header.writeUInt32LE(Math.min(position, FULL_32), 42);
  return Buffer.concat([header, name, wide]);
}

function directory(written: readonly Written[], start: number): Buffer {
  const central = Buffer.concat(written.map(centralHeader));
  const wide = Buffer.alloc(56 + 20);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeBigUInt64LE(44n, 4);
  wide.writeUInt16LE(VERSION_64, 12);
  wide.writeUInt16LE(VERSION_64, 14);
  wide.writeBigUInt64LE(BigInt(written.length), 24);
  wide.writeBigUInt64LE(BigInt(written.length), 32);
  wide.writeBigUInt64LE(BigInt(central.length), 40);
  wide.writeBigUInt64LE(BigInt(start), 48);
  wide.writeUInt32LE(0x07064b50, 56);
  wide.writeBigUInt64LE(BigInt(start + central.length), 64);
  wide.writeUInt32LE(1, 72);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(written.length, FULL_16), 8);
  end.writeUInt16LE(Math.min(written.length, FULL_16), 10);
  end.writeUInt32LE(Math.min(central.length, FULL_32), 12);
  end.writeUInt32LE(Math.min(start, FULL_32), 16);
  return Buffer.concat([central, wide, end]);
}
