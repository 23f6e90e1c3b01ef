/**
 * Whole state dicts in safetensors files, with the function names of Python's `safetensors.torch`.
 *
 * @packageDocumentation
 */
import { types } from 'node:util';
import { checkDevice, checkOptions } from '../addon/arguments.js';
import { ArgumentTypeError, invalidType, invalidValue } from '../base/errors.js';
import { isFunction, isInstance } from '../base/plain_object.js';
import { pathOf } from '../files/path.js';
import { OpenFile, readLater, readNow } from '../files/reading.js';
import { joinPieces, replaceFile, replaceFileAsync } from '../files/replace.js';
import { STORED_NAMES } from '../data/safetensors.js';
import { dispatchTensor } from '../tensor/dispatch.js';
import { regionOf } from '../tensor/elements.js';
import { Tensor } from '../tensor/tensor.js';
import type { Device, Shape } from '../base/types.js';
import { type Opened, readAll, readOpened, readTensor } from './read.js';
import { type NamedTensors, piecesOf } from './write.js';

export type { NamedTensors };

/** Strings that describe a file, by name. */
export type Metadata = Readonly<Record<string, string>>;

/** Options of the loading functions. */
export interface LoadOptions {
  /** The device of the tensors. Default `'cpu'`. */
  device?: Device | undefined;
}

/** The type of {@link save_file}. */
export interface SaveFile {
  (tensors: NamedTensors, filename: string | URL, metadata?: Metadata | null): void;
  /**
   * Saves without blocking. Changing a tensor meanwhile is a TorchError `ERR_BUSY`, and the file stays unchanged.
   */
  async(tensors: NamedTensors, filename: string | URL, metadata?: Metadata | null): Promise<void>;
}

/** The type of {@link load_file}. */
export interface LoadFile {
  (filename: string | URL, options?: Device | LoadOptions): Record<string, Tensor>;
  /** Loads without blocking. */
  async(filename: string | URL, options?: Device | LoadOptions): Promise<Record<string, Tensor>>;
}

/**
 * Saves tensors by name, such as the `state_dict()` of a module.
 *
 * The elements are written in C order. Tensors that share memory are each written in full, where Python's function
 * refuses them. The file is written to a temporary file, synced and renamed: whenever the process ends, either the old
 * file or the complete new one is there.
 *
 * @param metadata - strings that describe the file
 * @throws TypeError or RangeError with the name of a tensor that cannot be saved, TorchError `ERR_FILE_WRITE` if the
 *   system refuses to write the file
 * @example
 * ```ts
 * const file = save({ weight: torch.tensor([[1, 2], [3, 4]]) }, { format: 'pt' });
 * load(file).weight!.tolist();   // [[1, 2], [3, 4]]
 * ```
 */
export const save_file: SaveFile = Object.assign(
  function save_file(tensors: NamedTensors, filename: string | URL, metadata?: Metadata | null): void {
    replaceFile(pathOf(filename, 'filename'), piecesOf(tensors, metadata));
  },
  {
    async: async (tensors: NamedTensors, filename: string | URL, metadata?: Metadata | null): Promise<void> =>
      replaceFileAsync(pathOf(filename, 'filename'), piecesOf(tensors, metadata)),
  },
);

/** Returns the bytes that {@link save_file} would write. */
export function save(tensors: NamedTensors, metadata?: Metadata | null): Buffer {
  return joinPieces(piecesOf(tensors, metadata));
}

/**
 * Loads all tensors of a file, each into its own memory.
 *
 * @param options - the device, or an object with it
 * @throws TorchError `ERR_FILE_READ` if the system cannot read the file, `ERR_FILE_FORMAT` with the entry at fault if it is
 *   damaged
 */
export const load_file: LoadFile = Object.assign(
  function load_file(filename: string | URL, options: Device | LoadOptions = {}) {
    const device = readDevice(options);
    return readNow(pathOf(filename, 'filename'), (file) => readAll(file, device));
  },
  {
    async: async (filename: string | URL, options: Device | LoadOptions = {}) => {
      const device = readDevice(options);
      return readLater(pathOf(filename, 'filename'), (file) => readAll(file, device));
    },
  },
);

/** {@link load_file} for a file in memory. */
export function load(data: Uint8Array, options: Device | LoadOptions = {}): Record<string, Tensor> {
  const device = readDevice(options);
  if (!types.isUint8Array(data)) throw invalidType('data', 'a Uint8Array with the whole file', data);
  const { memory, start, length } = regionOf(data);
  return readNow(new Uint8Array(memory, start, length), (file) => readAll(file, device));
}

/**
 * Opens a file to load single tensors, or rows of them, without the rest.
 *
 * @throws the errors of {@link load_file}
 * @example
 * ```ts
 * const file = safe_open('examples/safetensors/digits.safetensors');
 * file.keys();                                   // ['labels', 'logits']
 * file.get_slice('logits').slice([0, 2]).shape;  // [2, 10]
 * file.close();
 * ```
 */
export function safe_open(filename: string | URL, options: Device | LoadOptions = {}): SafeOpen {
  const device = readDevice(options);
  const opened = OpenFile.open(pathOf(filename, 'filename'));
  try {
    return new SafeOpen(opened, opened.run(readOpened), device);
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** An open file of {@link safe_open}. Close it, or declare it with `using`. */
export class SafeOpen {
  readonly #file: OpenFile;
  readonly #opened: Opened;
  readonly #device: Device;

  /** Not for callers: files are opened by {@link safe_open}. */
  constructor(file: OpenFile, opened: Opened, device: Device) {
    if (!isInstance(file, OpenFile)) throw new ArgumentTypeError('SafeOpen', 'a call of safe_open', 'new SafeOpen');
    this.#file = file;
    this.#opened = opened;
    this.#device = device;
  }

  /** The names of the tensors. */
  keys(): string[] {
    return [...this.#opened.tensors.keys()];
  }

  /** The strings that describe the file. */
  metadata(): Metadata {
    return this.#opened.metadata;
  }

  /** Loads a tensor. */
  get_tensor(name: string): Tensor {
    const span = this.#find(name);
    return this.#file.run(() => readTensor(this.#opened.start, span, this.#device));
  }

  /** Loads a tensor without blocking. */
  async get_tensorAsync(name: string): Promise<Tensor> {
    const span = this.#find(name);
    return this.#file.runAsync(() => readTensor(this.#opened.start, span, this.#device));
  }

  /** A tensor from which parts can be loaded. */
  get_slice(name: string): SafeSlice {
    const span = this.#find(name);
    const [dtype] = Object.entries(STORED_NAMES).find(([, stored]) => stored === span.dtype) as [string, unknown];
    const read = (rows: readonly [number, number]) =>
      this.#file.run(() => readTensor(this.#opened.start, span, this.#device, rows));
    return new SafeSlice(span.shape, dtype, read);
  }

  #find(name: string) {
    const span = this.#opened.tensors.get(name);
    if (span !== undefined) return span;
    throw invalidValue('name', `one of the tensors of ${this.#file.file.name} (see keys())`, name);
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A part of a dimension: from `start` up to but not including `end`; negative numbers count from the end. */
export type Range = readonly [start: number, end?: number];

/** A tensor in a file, from which {@link SafeSlice.slice} loads parts. */
export class SafeSlice {
  readonly #shape: Shape;
  readonly #dtype: string;
  readonly #read: (rows: readonly [number, number]) => Tensor;

  /** Not for callers: {@link SafeOpen.get_slice} returns it. */
  constructor(shape: Shape, dtype: string, read: (rows: readonly [number, number]) => Tensor) {
    if (!isFunction(read)) throw new ArgumentTypeError('SafeSlice', 'a call of get_slice', 'new SafeSlice');
    this.#shape = shape;
    this.#dtype = dtype;
    this.#read = read;
  }

  /** The sizes of the whole tensor. */
  get_shape(): number[] {
    return [...this.#shape];
  }

  /** The dtype in the format's notation: `'F32'`, `'BF16'`, `'I64'`. */
  get_dtype(): string {
    return this.#dtype;
  }

  /**
   * Loads a part: only the rows of the first range are read from the file; further ranges are taken from these.
   *
   * @param ranges - one for each dimension, as far as given; `undefined` for a whole dimension
   */
  slice(...ranges: (Range | undefined)[]): Tensor {
    if (ranges.length > this.#shape.length || this.#shape.length === 0)
      throw invalidValue('ranges', `at most ${this.#shape.length}, one for each dimension`, ranges.length);
    const [rows = [0, this.#shape[0] as number], ...rest] = ranges.map((range, dim) =>
      readRange(range, this.#shape[dim] as number, dim),
    );
    const part = this.#read(rows);
    if (rest.every(([start, end], dim) => start === 0 && end === this.#shape[dim + 1])) return part;
    let view: Tensor = part;
    for (const [dim, [start, end]] of rest.entries()) {
      const next: Tensor = new Tensor(dispatchTensor('narrow', [view, dim + 1, start, end - start]));
      view.dispose();
      view = next;
    }
    const own = view.clone();
    view.dispose();
    return own;
  }
}

function readRange(range: Range | undefined, size: number, dim: number): [number, number] {
  const [start, end = size] = range ?? [0, size];
  return [start, end].map((at, place) => {
    if (!Number.isSafeInteger(at)) throw invalidType(`ranges[${dim}][${place}]`, 'an integer', at);
    const from = at < 0 ? at + size : at;
    const least = place === 0 ? 0 : start < 0 ? start + size : start;
    if (from < least || from > size) throw invalidValue(`ranges[${dim}][${place}]`, `${least} to ${size}`, at);
    return from;
  }) as [number, number];
}

function readDevice(options: unknown): Device {
  if (typeof options === 'string') {
    checkDevice(options);
    return options;
  }
  checkOptions(options, ['device']);
  const { device = 'cpu' } = options as LoadOptions;
  checkDevice(device);
  return device;
}
