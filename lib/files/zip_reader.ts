/** Reads zip archives, blocking or not: yauzl, which the data files use, has no synchronous form. */
import { describe, formatError } from '../base/errors.js';
import { checksum } from './crc.js';
import { bytesAt, type ReadFile, type Reading, type Step } from './reading.js';

/** An entry in the directory of an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  readonly crc: number;
  /** Its uncompressed size, and its size in the file. */
  readonly size: number;
  readonly packed: number;
  /** The position of its local header. */
  readonly header: number;
}

/** An archive whose directory has been read. */
export interface ZipArchive {
  readonly file: ReadFile;
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** The positions of entries that were read, to detect overlaps. */
  readonly spans: Map<string, { readonly begin: number; readonly end: number }>;
  /** Where the directory begins: no entry reaches beyond it. */
  readonly end: number;
  /** The number of bytes that may still be inflated. */
  room: number;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const MAX_COMMENT = 0xffff;
const FULL_16 = 0xffff;
const FULL_32 = 0xffffffff;
const EXTRA_64 = 1;
/** The attribute of a folder, as MS-DOS has it. */
const FOLDER = 0x10;
const ENCRYPTED = 1;

/** The limit for all deflated entries together: a zip bomb inflates to a thousand times its size. */
const MAX_INFLATION = 100;
const FREE_INFLATION = 2 ** 26;

const PAUSE: Step = { kind: 'pause' };

/** Reads the directory of an archive. */
export function* readArchive(file: ReadFile): Reading<ZipArchive> {
  const { start, length, count } = yield* findDirectory(file);
  const bytes = yield* bytesAt(file, start, length);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 46 > length || bytes.readUInt32LE(at) !== CENTRAL) throw damaged(file, 'its directory is damaged');
    const next = at + 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    if (next > length) throw damaged(file, 'its directory is damaged');
    const entry = readEntry(file, bytes.subarray(at, next));
    if (entries.has(entry.name)) throw formatError(file.name, `the archive holds two entries ${describe(entry.name)}`);
    entries.set(entry.name, entry);
    at = next;
  }
  if (at !== length) throw damaged(file, 'its directory is damaged');
  return { file, entries, spans: new Map(), end: start, room: MAX_INFLATION * file.size + FREE_INFLATION };
}

function* findDirectory(file: ReadFile): Reading<{ start: number; length: number; count: number }> {
  const tail = yield* bytesAt(file, Math.max(0, file.size - END_BYTES - MAX_COMMENT), Math.min(file.size, 65557));
  const begin = file.size - tail.length;
  let at = tail.length - END_BYTES;
  while (at >= 0 && !(tail.readUInt32LE(at) === END && tail.readUInt16LE(at + 20) === tail.length - at - END_BYTES))
    at--;
  if (at < 0) throw damaged(file, 'it has no directory at its end: it is truncated');
  const disks = tail.readUInt16LE(at + 4);
  let count = tail.readUInt16LE(at + 10);
  let length = tail.readUInt32LE(at + 12);
  let start = tail.readUInt32LE(at + 16);
  const end = begin + at;
  // PyTorch always writes the zip64 record.
  const locator = end >= 20 ? yield* bytesAt(file, end - 20, 20) : Buffer.alloc(20);
  if (locator.readUInt32LE(0) === LOCATOR_64) {
    const wide = yield* bytesAt(file, wideNumber(file, locator, 8), 56);
    if (wide.readUInt32LE(0) !== END_64) throw damaged(file, 'its end is damaged');
    count = wideNumber(file, wide, 32);
    length = wideNumber(file, wide, 40);
    start = wideNumber(file, wide, 48);
  } else if (disks !== 0 || count === FULL_16 || length === FULL_32 || start === FULL_32) {
    throw damaged(file, 'its end is damaged');
  }
  if (start + length > end) throw damaged(file, 'its directory lies outside of the file');
  return { start, length, count };
}

function readEntry(file: ReadFile, record: Buffer): ZipEntry {
  const nameLength = record.readUInt16LE(28);
  const name = record.toString('utf8', 46, 46 + nameLength);
  checkName(file, name);
  const method = record.readUInt16LE(10);
  if ((record.readUInt16LE(8) & ENCRYPTED) !== 0) throw formatError(file.name, `${describe(name)} is encrypted`);
  if (method !== 0 && method !== 8) throw formatError(file.name, `${describe(name)} has compression method ${method}`);
  let packed = record.readUInt32LE(20);
  let size = record.readUInt32LE(24);
  let header = record.readUInt32LE(42);
  const wide = wideFields(record.subarray(46 + nameLength, 46 + nameLength + record.readUInt16LE(30)));
  const take = (narrow: number) => (narrow === FULL_32 && wide.length > 0 ? (wide.shift() as number) : narrow);
  size = take(size);
  packed = take(packed);
  header = take(header);
  if (![size, packed, header].every(Number.isSafeInteger))
    throw damaged(file, `${describe(name)} has impossible sizes`);
  // LibTorch reads nothing of what is marked as a folder, and leaves the memory for it as it was.
  if ((record.readUInt32LE(38) & FOLDER) !== 0 && size > 0)
    throw damaged(file, `${describe(name)} is marked as a folder, and has ${size} bytes`);
  if (method === 0 && size !== packed) throw damaged(file, `${describe(name)} has two sizes, ${size} and ${packed}`);
  return { name, deflated: method === 8, crc: record.readUInt32LE(16), size, packed, header };
}

/** The 64-bit numbers from the extra field. */
function wideFields(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(at + 2);
    const end = Math.min(at + 4 + length, extra.length);
    if (extra.readUInt16LE(at) === EXTRA_64) {
      const numbers: number[] = [];
      for (let field = at + 4; field + 8 <= end; field += 8) numbers.push(Number(extra.readBigUInt64LE(field)));
      return numbers;
    }
    at += 4 + length;
  }
  return [];
}

/** Nothing is ever written under an entry's name; such names are malicious. */
function checkName(file: ReadFile, name: string): void {
  const isPath = name.startsWith('/') || /^[a-z]:/i.test(name) || name.includes('\\') || name.split('/').includes('..');
  if (isPath || name.includes('\0'))
    throw formatError(file.name, `the archive has an entry outside of it, ${describe(name)}`);
}

function wideNumber(file: ReadFile, bytes: Buffer, at: number): number {
  const value = Number(bytes.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value) || value > file.size) throw damaged(file, 'its end is damaged');
  return value;
}

/**
 * Reads an entry into `into`, which has exactly its size.
 *
 * @throws TorchError `ERR_FILE_FORMAT` if it is damaged, overlaps another entry or inflates beyond all proportion
 */
export function* readEntryInto(archive: ZipArchive, entry: ZipEntry, into: Uint8Array): Reading<void> {
  const { file } = archive;
  const begin = yield* locate(archive, entry);
  if (!entry.deflated) {
    if (into.length > 0) yield { kind: 'read', into, position: begin };
  } else {
    const packed = yield* bytesAt(file, begin, entry.packed);
    let inflated: Uint8Array;
    try {
      inflated = yield { kind: 'inflate', packed, size: entry.size };
    } catch (cause) {
      throw formatError(file.name, `${describe(entry.name)} cannot be inflated: ${(cause as Error).message}`, cause);
    }
    if (inflated.length !== entry.size)
      throw damaged(file, `${describe(entry.name)} has ${inflated.length} bytes instead of ${entry.size}`);
    into.set(inflated);
  }
  // PyTorch writes 0 if it was told not to compute checksums.
  if (entry.crc !== 0 && (yield* checksum(into, PAUSE)) !== entry.crc)
    throw damaged(file, `${describe(entry.name)} has another checksum than it was written with`);
}

/** Checks an entry's data in the directory, before memory is allocated for it. */
export function checkEntry(archive: ZipArchive, { name, deflated, size, packed, header }: ZipEntry): void {
  if (header + 30 + packed > archive.end) throw damaged(archive.file, `${describe(name)} lies outside of the file`);
  if (!deflated) return;
  archive.room -= size;
  if (archive.room < 0)
    throw formatError(
      archive.file.name,
      `${describe(name)} would inflate out of all proportion, to ${size} bytes: this is a zip bomb. The entries of this archive may ` +
        `come to ${MAX_INFLATION * archive.file.size + FREE_INFLATION} bytes`,
    );
}

function* locate(archive: ZipArchive, { name, packed, header }: ZipEntry): Reading<number> {
  const { file, spans } = archive;
  const local = yield* bytesAt(file, header, 30);
  const nameLength = local.readUInt16LE(26);
  const begin = header + 30 + nameLength + local.readUInt16LE(28);
  if (local.readUInt32LE(0) !== LOCAL || begin + packed > archive.end)
    throw damaged(file, `${describe(name)} is not where its directory says`);
  const own = yield* bytesAt(file, header + 30, nameLength);
  if (own.toString('utf8') !== name) throw damaged(file, `${describe(name)} is called otherwise where it lies`);
  const end = begin + packed;
  spans.set(name, { begin: header, end });
  return begin;
}

/** Checks that no two entries that were read share bytes of the file. */
export function checkSpans({ file, spans }: ZipArchive): void {
  let covered = 0;
  let last = '';
  for (const [name, { begin, end }] of [...spans].toSorted(([, a], [, b]) => a.begin - b.begin)) {
    if (begin < covered) throw formatError(file.name, `the entries ${describe(last)} and ${describe(name)} overlap`);
    covered = end;
    last = name;
  }
}

function damaged({ name }: ReadFile, problem: string): Error {
  return formatError(name, `the archive is damaged: ${problem}`);
}
