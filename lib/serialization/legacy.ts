/**
 * The format before PyTorch 1.6: a sequence of pickles (a magic number, the version, the machine, the values, the names
 * of the storages), then the storages, each preceded by its number of elements.
 */
import { describe, formatError } from '../base/errors.js';
import { bytesAt, type ReadFile, type Reading } from '../files/reading.js';
import { STORED_BY_CODE } from '../tensor/stored_dtypes.js';
import { type MapLocation, placeOf } from './location.js';
import type { Refuse } from './pickle/globals.js';
import { Dict, List } from './pickle/nodes.js';
import { Incomplete, unpickle } from './pickle/unpickle.js';
import { newStorage, type Storage } from './storage.js';
import { collectStorages } from './values.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
/** How much is first read for a pickle, whose length is unknown. */
const WINDOW = 2 ** 16;

type FromStorages = (value: unknown, storages: ReadonlyMap<string, Storage>, refuse: Refuse) => unknown;

/** Reads consecutive pickles from a position on. */
class Pickles {
  #window: Buffer = Buffer.alloc(0);
  #start = 0;
  position = 0;
  readonly #file: ReadFile;
  readonly #refuse: Refuse;

  constructor(file: ReadFile, refuse: Refuse) {
    this.#file = file;
    this.#refuse = refuse;
  }

  *next(): Reading<unknown> {
    for (;;) {
      try {
        const { value, end } = unpickle(this.#window, this.position - this.#start, this.#refuse);
        this.position = this.#start + end;
        return value;
      } catch (error) {
        if (!(error instanceof Incomplete)) throw error;
      }
      const had = this.#start === this.position ? this.#window.length : 0;
      const length = Math.min(Math.max(WINDOW, 4 * had), this.#file.size - this.position);
      if (length <= had) throw this.#refuse('the file is truncated');
      this.#start = this.position;
      this.#window = yield* bytesAt(this.#file, this.position, length);
    }
  }
}

/** Reads a checkpoint in the format before PyTorch 1.6. */
export function* readLegacy(file: ReadFile, map: MapLocation | undefined, make: FromStorages): Reading<unknown> {
  const refuse: Refuse = (problem) => formatError(file.name, `the pickle: ${problem}`);
  yield* refuseOthers(file);
  const pickles = new Pickles(file, refuse);
  let magic: unknown;
  try {
    magic = yield* pickles.next();
  } catch (cause) {
    if (cause instanceof Error && /asks for|calls/.test(cause.message)) throw cause;
    throw formatError(file.name, `not a PyTorch checkpoint: ${(cause as Error).message}`, cause);
  }
  if (magic !== MAGIC) throw formatError(file.name, 'not a PyTorch checkpoint: it has a different magic number');
  const protocol = yield* pickles.next();
  if (protocol !== PROTOCOL) throw refuse(`expected protocol ${PROTOCOL}, got ${String(protocol)}`);
  const machine = yield* pickles.next();
  if (!(machine instanceof Dict) || machine.entries.get('little_endian') !== true)
    throw refuse('it was written on a big-endian machine');
  const value = yield* pickles.next();
  const keys = yield* pickles.next();
  const nodes = collectStorages(value, refuse);
  const names = keys instanceof List ? keys.items : [];
  if (
    new Set(names).size !== nodes.size ||
    names.length !== nodes.size ||
    !names.every((key) => nodes.has(key as string))
  )
    throw refuse('the storages of its tensors differ from those that it lists');
  const storages = new Map<string, Storage>();
  let { position } = pickles;
  for (const key of names as string[]) {
    const node = nodes.get(key) as NonNullable<ReturnType<typeof nodes.get>>;
    const width = node.dtype === undefined ? 1 : (STORED_BY_CODE.get(node.dtype)?.bytes ?? 1);
    const count = (yield* bytesAt(file, position, 8)).readBigInt64LE();
    if (count * BigInt(width) !== BigInt(node.bytes))
      throw refuse(`storage ${describe(key)} has ${count} elements, but its tensors expect ${node.bytes / width}`);
    position += 8;
    if (position + node.bytes > file.size)
      throw refuse(`storage ${describe(key)} of ${node.bytes} bytes is truncated at ${file.size - position}`);
    const storage = newStorage(node.bytes, placeOf(node.location, map, file.name));
    if (node.bytes > 0) yield { kind: 'read', into: storage.memory, position };
    storages.set(key, storage);
    position += node.bytes;
  }
  return make(value, storages, refuse);
}

/** Recognizes files that are mistaken for checkpoints. */
function* refuseOthers(file: ReadFile): Reading<void> {
  const head = yield* bytesAt(file, 0, Math.min(file.size, 512));
  if (head.toString('latin1', 257, 262) === 'ustar')
    throw formatError(
      file.name,
      'the tar format of PyTorch before 0.1.10 is not supported: load and save it with PyTorch',
    );
  if (file.size > 9 && head[8] === 0x7b && head.readUInt16LE(6) === 0)
    throw formatError(file.name, 'this is a safetensors file: load it with load_file of torchloss/safetensors');
  if (head[0] !== 0x80) throw formatError(file.name, 'not a PyTorch checkpoint: neither a zip archive nor a pickle');
}
