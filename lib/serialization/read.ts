/** Reads a checkpoint: PyTorch's zip archive since 1.6, or the sequence of pickles before. */
import { type Handle, native } from '../addon/native.js';
import { describe, formatError, TorchError } from '../base/errors.js';
import { bytesAt, type ReadFile, type Reading } from '../files/reading.js';
import { checkEntry, checkSpans, readArchive, readEntryInto, type ZipArchive } from '../files/zip_reader.js';
import { STORED_BY_CODE } from '../tensor/stored_dtypes.js';
import { Tensor } from '../tensor/tensor.js';
import { readLegacy } from './legacy.js';
import { type MapLocation, placeOf } from './location.js';
import { makeParameter } from './parameters.js';
import type { Refuse } from './pickle/globals.js';
import type { StorageNode, TensorNode } from './pickle/nodes.js';
import { Incomplete, unpickle } from './pickle/unpickle.js';
import { newStorage, type Storage } from './storage.js';
import { collectStorages, toValue } from './values.js';

/** Lists of losses may be long, but every platform has a buffer that is long enough. */
const MAX_PICKLE = 2 ** 30;

/** Reads the values of a checkpoint. */
export function* readCheckpoint(file: ReadFile, map: MapLocation | undefined): Reading<unknown> {
  if (file.size === 0) throw formatError(file.name, 'the file is empty');
  const head = yield* bytesAt(file, 0, Math.min(file.size, 4));
  const isArchive = head.toString('latin1') === 'PK\x03\x04';
  return isArchive ? yield* readZip(file, map) : yield* readLegacy(file, map, fromStorages);
}

function* readZip(file: ReadFile, map: MapLocation | undefined): Reading<unknown> {
  const archive = yield* readArchive(file);
  const folder = folderOf(archive);
  const refuse: Refuse = (problem) => formatError(file.name, `data.pkl: ${problem}`);
  const pickle = yield* readWhole(archive, `${folder}data.pkl`, MAX_PICKLE);
  const bigEndian = yield* isBigEndian(archive, `${folder}byteorder`);
  let value: unknown;
  try {
    const { value: read, end } = unpickle(pickle, 0, refuse);
    if (end !== pickle.length) throw refuse(`it ends at ${end} of ${pickle.length} bytes`);
    value = read;
  } catch (error) {
    throw error instanceof Incomplete ? refuse('it is truncated') : error;
  }
  const nodes = collectStorages(value, refuse);
  const wanted = [...nodes.values()].map((node) => {
    const name = `${folder}data/${node.key}`;
    const entry = archive.entries.get(name);
    if (entry === undefined)
      throw formatError(file.name, `the archive has no entry ${describe(name)}, which a tensor refers to`);
    if (entry.size !== node.bytes)
      throw formatError(
        file.name,
        `the storage ${describe(name)} has ${entry.size} bytes, but its tensors expect ${node.bytes}`,
      );
    checkEntry(archive, entry);
    return { node, entry };
  });
  const storages = new Map<string, Storage>();
  for (const { node, entry } of wanted) {
    const storage = newStorage(node.bytes, placeOf(node.location, map, file.name));
    yield* readEntryInto(archive, entry, storage.memory);
    if (bigEndian) swap(storage.memory, node);
    storages.set(node.key, storage);
  }
  checkSpans(archive);
  return fromStorages(value, storages, refuse);
}

/** All entries are in one folder, named after the file as it was saved. */
function folderOf({ file, entries }: ZipArchive): string {
  const name = [...entries.keys()].find((entry) => /^(?:[^/]*\/)?data\.pkl$/.test(entry));
  if (name === undefined) throw formatError(file.name, 'the archive has no data.pkl: it is not a checkpoint');
  return name.slice(0, name.length - 'data.pkl'.length);
}

function* readWhole(archive: ZipArchive, name: string, most: number): Reading<Buffer> {
  const entry = archive.entries.get(name);
  if (entry === undefined) throw formatError(archive.file.name, `the archive has no ${describe(name)}`);
  checkEntry(archive, entry);
  if (entry.size > most)
    throw formatError(archive.file.name, `${describe(name)} has ${entry.size} bytes, more than ${most}`);
  const bytes = Buffer.alloc(entry.size);
  yield* readEntryInto(archive, entry, bytes);
  return bytes;
}

/** Before PyTorch 2.1 this entry did not exist, and all files were little-endian. */
function* isBigEndian(archive: ZipArchive, name: string): Reading<boolean> {
  if (!archive.entries.has(name)) return false;
  const order = (yield* readWhole(archive, name, 64)).toString('latin1');
  if (order !== 'little' && order !== 'big')
    throw formatError(archive.file.name, `byteorder: expected little or big, got '${order}'`);
  return order === 'big';
}

function swap(memory: Uint8Array, { dtype }: StorageNode): void {
  const bytes = Buffer.from(memory.buffer, memory.byteOffset, memory.length);
  const word = dtype === undefined ? 1 : STORED_BY_CODE.get(dtype)?.word;
  if (word === 2) bytes.swap16();
  if (word === 4) bytes.swap32();
  if (word === 8) bytes.swap64();
}

/** Creates the values over storages that have been read. */
function fromStorages(value: unknown, storages: ReadonlyMap<string, Storage>, refuse: Refuse): unknown {
  const placed = new Map<string, Handle>();
  for (const [key, storage] of storages) placed.set(key, storage.place());
  const made: Tensor[] = [];
  const makeTensor = (node: TensorNode) => {
    const { dtype, size, strides, offset, conj, neg } = node;
    const bytes = placed.get(node.storage.key) as Handle;
    const tensor = new Tensor(native().over_storage(bytes, dtype, size, strides, offset, conj, neg));
    made.push(tensor);
    if (node.isParameter) {
      const parameter = makeParameter(tensor, node.requires_grad);
      made.push(parameter);
      if (parameter !== tensor) tensor.dispose();
      return parameter;
    }
    return node.requires_grad ? tensor.requires_grad_() : tensor;
  };
  try {
    return toValue(value, makeTensor, refuse);
  } catch (error) {
    for (const tensor of made) tensor.dispose();
    if (error instanceof TorchError && error.code !== 'ERR_TORCH') throw error;
    throw refuse(`a tensor cannot be made: ${(error as Error).message}`);
  }
}
