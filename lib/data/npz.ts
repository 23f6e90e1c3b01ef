import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { formatError, TorchError } from '../base/errors.js';
import type { DType } from '../base/types.js';
import type { DataFile } from './file.js';
import { Inflated } from './inflate.js';
import { chooseArray } from './name.js';
import { readNpyHeader } from './npy.js';
import { openPlaced, PlacedSource } from './raw.js';
import type { Source } from './source.js';
import { widenUnsigned } from './unsigned.js';

const STORED = 0;
const DEFLATED = 8;

/** Gives yauzl the bytes of a file. */
class FileReader extends RandomAccessReader {
  readonly #file: DataFile;

  constructor(file: DataFile) {
    super();
    this.#file = file;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#file.read(buffer.subarray(offset, offset + length), position).then(
      () => callback(null),
      (error: unknown) => callback(error as Error),
    );
  }
}

/** An entry of an archive, and where its data start. */
interface Located {
  readonly entry: Entry;
  readonly start: number;
}

/**
 * Opens an array of a `.npz` file.
 *
 * Files of `numpy.savez` are read by position. Those of `numpy.savez_compressed` are inflated while they are read, in the
 * memory of a few blocks: rows in ascending order take one pass over the entry, going back starts over.
 *
 * @param key - the array's name; required if the file has several
 * @param wanted - as for a `.npy` file
 * @throws TorchError `ERR_FILE_FORMAT` as for a `.npy` file, and for a deflated array in Fortran order
 */
export async function openNpz(file: DataFile, name: string, key?: string, wanted?: DType): Promise<Source> {
  const [chosen, { entry, start }] = await locate(file, name, key);
  const where = `${name}#${chosen}`;
  const size = entry.uncompressedSize;
  if (entry.compressionMethod === STORED) {
    const part = { size, bytes: (position: number, length: number) => file.bytes(start + position, length) };
    const header = await readNpyHeader(part, where, wanted);
    return widened(header, openPlaced(file, { ...header, name: where, offset: start + header.offset }));
  }
  const { crc32 } = entry;
  const bytes = new Inflated(file, where, { start, end: start + entry.compressedSize, size, crc32 });
  try {
    const header = await readNpyHeader(bytes, where, wanted);
    if (header.fortran && header.shape.length > 1)
      throw formatError(where, 'compressed arrays in Fortran order are not supported: save it with numpy.savez');
    return widened(header, new PlacedSource(file, { ...header, name: where }, bytes));
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

function widened({ isUnsigned }: { isUnsigned: boolean }, source: Source): Source {
  return isUnsigned ? widenUnsigned(source) : source;
}

async function locate(file: DataFile, name: string, key?: string): Promise<[string, Located]> {
  try {
    const zip = await fromRandomAccessReaderPromise(new FileReader(file), file.size, { autoClose: false });
    const [chosen, entry] = chooseArray(await entriesOf(zip, name), key, name, 'array');
    checkEntry(entry, `${name}#${chosen}`);
    const { fileDataStart: start } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    return [chosen, { entry, start }];
  } catch (cause) {
    if (cause instanceof TorchError) throw cause;
    file.checkUnchanged();
    throw formatError(name, `not a .npz file: ${(cause as Error).message}`, cause);
  }
}

async function entriesOf(zip: ZipFile, name: string): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    const array = entry.fileName.replace(/\.npy$/, '');
    if (entries.has(array)) throw formatError(name, `the archive has two arrays '${array}'`);
    entries.set(array, entry);
  }
  return entries;
}

function checkEntry(entry: Entry, where: string): void {
  const { compressionMethod: method, compressedSize, uncompressedSize } = entry;
  if (entry.isEncrypted()) throw formatError(where, 'encrypted entries are not supported');
  if (method !== STORED && method !== DEFLATED)
    throw formatError(where, `expected a stored or deflated entry, got compression method ${method}`);
  if (method === STORED && compressedSize !== uncompressedSize)
    throw formatError(where, `expected ${uncompressedSize} bytes, got ${compressedSize}`);
}
