/** `torch.save` and `torch.load`: checkpoints in the format of Python's PyTorch. */
import { basename } from 'node:path';
import { types } from 'node:util';
import { checkBoolean, checkOptions } from '../addon/arguments.js';
import { native } from '../addon/native.js';
import { invalidType, invalidValue, TorchError } from '../base/errors.js';
import { isURL } from '../base/plain_object.js';
import { pathOf } from '../files/path.js';
import { readLater, readNow } from '../files/reading.js';
import { joinPieces, type Pieces, replaceFile, replaceFileAsync } from '../files/replace.js';
import { writeArchive } from '../files/zip_writer.js';
import { regionOf } from '../tensor/elements.js';
import { checkMapLocation, type MapLocation } from './location.js';
import { pickle, type SavedStorage } from './pickle/pickle.js';
import { readCheckpoint } from './read.js';
import { layoutOf, storageBytes } from './storage.js';

export { asCounter, asOrderedDict, attributesOf } from '../base/python_marks.js';
export { type ParameterKind, registerParameter } from './parameters.js';
export type { MapLocation };

/** Options of {@link load}. */
export interface LoadOptions {
  /**
   * The device of the tensors: one for all, or an object that maps the devices in the file, such as `{ 'cuda:1':
   * 'cuda:0' }`. Default: the devices in the file.
   */
  map_location?: MapLocation | undefined;
  /** Must be true, which is the default: torchloss never runs code from a file. */
  weights_only?: true | undefined;
  /**
   * For Python's sake: it maps the file there. Here each storage is read once, straight into its tensor's memory, so that
   * a file that is changed or cut off later cannot end the process.
   */
  mmap?: boolean | null | undefined;
}

/** The type of {@link save}. */
export interface Save {
  /** Saves to a file. */
  (object: unknown, file: string | URL): void;
  /** Returns the bytes of the file instead. */
  (object: unknown): Buffer;
  /**
   * Saves without blocking. Changing a tensor in `object` meanwhile is a TorchError `ERR_BUSY`, and the file stays
   * unchanged. Other values are saved as they are at the time of the call.
   */
  async(object: unknown, file: string | URL): Promise<void>;
}

/** The type of {@link load}. */
export interface Load {
  // biome-ignore lint/suspicious/noExplicitAny: the file says what it holds
  <T = any>(file: string | URL | Uint8Array, options?: LoadOptions): T;
  /** Loads without blocking. */
  // biome-ignore lint/suspicious/noExplicitAny: the file says what it holds
  async<T = any>(file: string | URL | Uint8Array, options?: LoadOptions): Promise<T>;
}

/**
 * Saves tensors and plain data in PyTorch's format, so that Python's `torch.load` opens the file with its defaults
 * (`weights_only=True`).
 *
 * | JavaScript | Python |
 * | --- | --- |
 * | Tensor | `torch.Tensor` with its strides; tensors that share a storage share it again |
 * | whole number up to 2^53, bigint | `int` |
 * | other number | `float` |
 * | string, boolean, `null` (and `undefined`) | `str`, `bool`, `None` |
 * | plain object, Map | `dict`; a Map's keys may be numbers, as those of an optimizer's state are |
 * | array, frozen array | `list`, `tuple` |
 * | Set, Uint8Array | `set`, `bytes` |
 *
 * A number without a fraction is an `int`, even `1.0`, since JavaScript does not distinguish them; Python can calculate
 * with either. Numbers that were floats in a loaded file are saved as floats again, as long as they stay in the same
 * object; likewise an `OrderedDict`, a `Counter` and a `torch.Size`. A view saves its whole storage, as in Python;
 * `clone()` it to save less. Tensors keep `requires_grad`, not their graph.
 *
 * The file is written to a temporary file, synced and renamed: whenever the process ends, either the old file or the
 * complete new one is there.
 *
 * @throws TypeError or RangeError with the path of a value that cannot be saved, such as a module (save its
 *   `state_dict()`), TorchError `ERR_FILE_WRITE` if the system refuses to write the file
 * @example
 * ```ts
 * const weight = torch.tensor([[1, 2], [3, 4]]);
 * const file = torch.save({ weight, epoch: 3, betas: Object.freeze([0.9, 0.999]) });
 * const { weight: loaded, epoch } = torch.load(file);
 * loaded.tolist();   // [[1, 2], [3, 4]]
 * epoch;             // 3
 * ```
 */
export const save: Save = Object.assign(
  function save(object: unknown, file?: string | URL) {
    if (arguments.length < 2) return joinPieces(checkpoint(object, 'archive'));
    const path = pathOf(file, 'file');
    replaceFile(path, checkpoint(object, nameOf(path)));
    return undefined;
  } as (object: unknown, file?: string | URL) => never,
  {
    async: async (object: unknown, file: string | URL): Promise<void> => {
      const path = pathOf(file, 'file');
      return replaceFileAsync(path, checkpoint(object, nameOf(path)));
    },
  },
);

/**
 * Loads a file of {@link save} or of Python's `torch.save`: zip archives, and the format before PyTorch 1.6.
 *
 * Only data is created and no code is run: the types that `weights_only=True` allows in Python. So files of unknown
 * origin can be opened. Dicts with only string keys become plain objects, others Maps; lists become arrays, tuples and
 * `torch.Size` frozen arrays; ints beyond 2^53 become bigints; a dtype or device becomes its name; bytes become a
 * `Uint8Array`. JavaScript puts integer keys, such as `'10'`, before all others. Attributes that Python code added to
 * tensors are dropped.
 *
 * @param file - a path, a `file:` URL, or the bytes of a file
 * @throws TorchError `ERR_FILE_READ` if the system cannot read the file; `ERR_FILE_FORMAT`, with the file and the
 *   problem, if it is damaged, refers to code, or contains types that torchloss does not have; `ERR_NOT_IMPLEMENTED`
 *   for dtypes that the LibTorch in use does not have
 * @example
 * ```ts
 * const file = torch.save(new Map([[0, { step: torch.tensor(10) }]]));
 * torch.load(file, { map_location: 'cpu' }).get(0).step.item();   // 10
 * ```
 */
export const load: Load = Object.assign(
  // biome-ignore lint/suspicious/noExplicitAny: the file says what it holds
  function load<T = any>(file: string | URL | Uint8Array, options: LoadOptions = {}): T {
    const map = readOptions(options);
    return readNow(sourceOf(file), (opened) => readCheckpoint(opened, map)) as T;
  },
  {
    // biome-ignore lint/suspicious/noExplicitAny: the file says what it holds
    async: async <T = any>(file: string | URL | Uint8Array, options: LoadOptions = {}): Promise<T> => {
      const map = readOptions(options);
      return (await readLater(sourceOf(file), (opened) => readCheckpoint(opened, map))) as T;
    },
  },
);

function readOptions(options: LoadOptions): MapLocation | undefined {
  checkOptions(options, ['map_location', 'weights_only', 'mmap']);
  const { map_location, weights_only = true, mmap } = options;
  checkBoolean(weights_only, 'weights_only');
  checkBoolean(mmap ?? false, 'mmap');
  if (!weights_only) throw invalidValue('weights_only', 'true: torchloss never runs code from a file', weights_only);
  checkMapLocation(map_location);
  return map_location;
}

function sourceOf(file: unknown): string | Uint8Array {
  if (!types.isUint8Array(file)) {
    if (typeof file !== 'string' && !isURL(file))
      throw invalidType('file', 'a path, a file: URL or a Uint8Array', file);
    return pathOf(file, 'file');
  }
  const { memory, start, length } = regionOf(file);
  return new Uint8Array(memory, start, length);
}

/** The folder inside the archive, named as in Python. */
function nameOf(path: string): string {
  const name = basename(path).replace(/\.[^.]*$/, '');
  return /^[\x20-\x7e]+$/.test(name) && !/^\.+$|[\\:]/.test(name) ? name : 'archive';
}

/** The contents of the file; the values are converted before the first piece is requested. */
function checkpoint(object: unknown, folder: string): Pieces {
  const { bytes, storages } = pickle(object);
  const text = (name: string, content: string) => ({ name: `${folder}/${name}`, bytes: () => Buffer.from(content) });
  const entries = [
    { name: `${folder}/data.pkl`, bytes: () => bytes },
    text('byteorder', 'little'),
    ...storages.map((storage) => ({ name: `${folder}/data/${storage.key}`, bytes: () => memoryOf(storage) })),
    text('version', '3\n'),
  ];
  return unchanged(writeArchive(entries), storages);
}

function memoryOf({ tensor, dtype }: SavedStorage): Uint8Array {
  const memory = storageBytes(tensor);
  return memory.subarray(0, memory.length - (memory.length % dtype.bytes));
}

/** The pieces, followed by a check that no tensor was changed while they were written. */
function* unchanged(pieces: Pieces, storages: readonly SavedStorage[]): Pieces {
  try {
    yield* pieces;
    for (const { tensor, version } of storages) {
      if (layoutOf(tensor)?.version !== version)
        throw new TorchError(
          'ERR_BUSY',
          'object: a tensor was changed while it was being saved; the file is unchanged',
        );
    }
  } finally {
    for (const { tensor } of storages) native().dispose(tensor);
  }
}
