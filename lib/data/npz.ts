import { type Entry, fromFdPromise, type ZipFile } from 'yauzl';
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

/** An entry of an archive and where its data begin. */
interface Located {
  readonly entry: Entry;
  readonly start: number;
}

/**
 * Opens an array of a `.npz` file.
 *
 * What `numpy.savez` stores is read by position. What `numpy.savez_compressed` deflates is inflated on the way: rows in
 * ascending order cost one pass over the entry, while going back begins it again, in the memory of a few blocks either way.
 *
 * @param key - the array's name; needed where the file holds several
 * @param wanted - as for a `.npy` file
 * @throws TorchError `ERR_FILE_FORMAT`, as for a `.npy` file, and for an array in Fortran order that is deflated
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
      throw formatError(where, 'Fortran order is not read from a compressed entry: save it with numpy.savez');
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
    const zip = await fromFdPromise(file.fd, { autoClose: false });
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
    if (entries.has(array)) throw formatError(name, `it holds two arrays '${array}'`);
    entries.set(array, entry);
  }
  return entries;
}

function checkEntry(entry: Entry, where: string): void {
  const { compressionMethod: method, compressedSize, uncompressedSize } = entry;
  if (entry.isEncrypted()) throw formatError(where, 'encrypted entries are not read');
  if (method !== STORED && method !== DEFLATED)
    throw formatError(where, `expected a stored or deflated entry, got compression method ${method}`);
  if (method === STORED && compressedSize !== uncompressedSize)
    throw formatError(where, `expected ${uncompressedSize} bytes, got ${compressedSize}`);
}
