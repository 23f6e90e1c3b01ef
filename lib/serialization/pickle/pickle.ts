import { types } from 'node:util';
import { handleOf, isTensor } from '../../addon/handle.js';
import { type Handle, native, type StorageLayout } from '../../addon/native.js';
import { ArgumentRangeError, ArgumentTypeError, describe } from '../../base/errors.js';
import { isArray, isPlainObject, isRevoked } from '../../base/plain_object.js';
import { regionOf } from '../../tensor/elements.js';
import { STORED_BY_CODE, type StoredEntry } from '../../tensor/stored_dtypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { markOf } from '../../base/python_marks.js';
import { isParameter } from '../parameters.js';
import { layoutOf } from '../storage.js';
import { MAX_DEPTH } from '../values.js';
import { Bytes } from './bytes.js';

/** A storage of tensors in the pickle. */
export interface SavedStorage {
  readonly key: string;
  readonly dtype: StoredEntry;
  /** A tensor in it, and its version when it was read. */
  readonly tensor: Handle;
  readonly version: number;
}

/** A pickle and the storages that it refers to, in order. */
export interface Pickled {
  readonly bytes: Buffer;
  readonly storages: readonly SavedStorage[];
}

/** The batch size of Python's pickler. */
const BATCH = 1000;

/** More would fill the memory, one object each. */
const MAX_ITEMS = 2 ** 24;

const TUPLES = [0x29, 0x85, 0x86, 0x87];

/** Writes values in a form that `weights_only=True` reads, in protocol 2, which every PyTorch supports. */
class Pickler {
  readonly #out = new Bytes();
  /** What has already been written: objects by identity, strings by value, and Python's names. */
  readonly #memo = new Map<unknown, number>();
  readonly #globals = new Map<string, object>();
  readonly #open = new Set<unknown>();
  readonly #storages = new Map<number, SavedStorage>();
  #memos = 0;

  run(value: unknown): Pickled {
    this.#out.byte(0x80);
    this.#out.byte(2);
    this.#write(value, 'object', false);
    this.#out.letter('.');
    return { bytes: this.#out.whole(), storages: [...this.#storages.values()] };
  }

  /**
   * @param path - the path of the value in JavaScript's notation
   * @param isFloat - whether a number without a fraction is a float
   */
  #write(value: unknown, path: string, isFloat: boolean): void {
    switch (typeof value) {
      case 'undefined':
        return this.#out.letter('N');
      case 'boolean':
        return this.#out.byte(value ? 0x88 : 0x89);
      case 'number':
        return Number.isSafeInteger(value) && !Object.is(value, -0) && !isFloat ? this.#int(value) : this.#float(value);
      case 'bigint':
        return this.#long(value);
      case 'string':
        return this.#string(value);
      case 'object':
        return value === null ? this.#out.letter('N') : this.#object(value, path);
      default:
        throw unfit(path, value);
    }
  }

  #int(value: number): void {
    if (value >= 0 && value < 2 ** 8) {
      this.#out.letter('K');
      this.#out.byte(value);
    } else if (value >= 0 && value < 2 ** 16) {
      this.#out.letter('M');
      this.#out.uint16(value);
    } else if (value === (value | 0)) {
      this.#out.letter('J');
      this.#out.int32(value);
    } else this.#long(BigInt(value));
  }

  #long(value: bigint): void {
    let length = 1;
    while (BigInt.asIntN(8 * length, value) !== value) length++;
    if (length > 255) throw new ArgumentRangeError('object', 'integers of at most 255 bytes', `${length} bytes`);
    const hex = BigInt.asUintN(8 * length, value)
      .toString(16)
      .padStart(2 * length, '0');
    this.#out.byte(0x8a);
    this.#out.byte(length);
    this.#out.raw(Buffer.from(hex, 'hex').toReversed());
  }

  #float(value: number): void {
    this.#out.letter('G');
    this.#out.double(value);
  }

  #string(value: string): void {
    if (this.#recall(value)) return;
    if (/\p{Surrogate}/u.test(value))
      throw new ArgumentRangeError('object', 'strings of Unicode', `${describe(value)}, with an unpaired surrogate`);
    const bytes = Buffer.from(value);
    this.#out.letter('X');
    this.#out.uint32(bytes.length);
    this.#out.raw(bytes);
    this.#memorise(value);
  }

  #global(module: string, name: string): void {
    const lines = `${module}\n${name}\n`;
    const known = this.#globals.get(lines) ?? {};
    if (this.#recall(known)) return;
    this.#globals.set(lines, known);
    this.#out.letter('c');
    this.#out.raw(Buffer.from(lines));
    this.#memorise(known);
  }

  #recall(value: unknown): boolean {
    const index = this.#memo.get(value);
    if (index === undefined) return false;
    if (index < 256) {
      this.#out.letter('h');
      this.#out.byte(index);
    } else {
      this.#out.letter('j');
      this.#out.uint32(index);
    }
    return true;
  }

  #memorise(value: unknown): void {
    const index = this.#memos++;
    this.#memo.set(value, index);
    if (index < 256) {
      this.#out.letter('q');
      this.#out.byte(index);
    } else {
      this.#out.letter('r');
      this.#out.uint32(index);
    }
  }

  #object(value: object, path: string): void {
    if (isRevoked(value)) throw unfit(path, value);
    // A list or dict is memoized before its contents, which must not refer to it.
    if (this.#open.has(value))
      throw new ArgumentRangeError(path, 'a value that does not contain itself', describe(value));
    if (this.#recall(value)) return;
    if (this.#open.size === MAX_DEPTH)
      throw new ArgumentRangeError('object', `at most ${MAX_DEPTH} levels`, 'more of them');
    this.#open.add(value);
    if (isTensor(value)) this.#tensor(value as Tensor, path);
    else if (isArray(value)) this.#array(value, path);
    else if (types.isMap(value)) this.#dict(value, [...value], path);
    else if (types.isSet(value)) this.#set(value, path);
    else if (types.isUint8Array(value)) this.#bytes(value);
    else if (isPlainObject(value)) this.#dict(value, Object.entries(value), path);
    else throw unfit(path, value);
    this.#open.delete(value);
    if (!this.#memo.has(value)) this.#memorise(value);
  }

  #array(value: readonly unknown[], path: string): void {
    const { kind, floats } = markOf(value);
    if (value.length > MAX_ITEMS)
      throw new ArgumentRangeError(path, `at most ${MAX_ITEMS} items; a tensor may have more`, `${value.length}`);
    const items = Array.from(value);
    const item = (index: number) => this.#write(items[index], `${path}[${index}]`, floats?.has(index) === true);
    if (!Object.isFrozen(value)) {
      this.#out.letter(']');
      this.#memorise(value);
      this.#batches(items.length, 'a', 'e', item);
      return;
    }
    if (kind === 'size') this.#global('torch', 'Size');
    if (items.length > 3) this.#out.letter('(');
    for (const index of items.keys()) item(index);
    this.#out.byte(TUPLES[items.length] ?? 't'.charCodeAt(0));
    if (kind === 'size') this.#call(1);
  }

  /** Calls the function below so many values on the stack. */
  #call(count: 0 | 1 | 2 | 3): void {
    this.#out.byte(TUPLES[count] as number);
    this.#out.letter('R');
  }

  #batches(count: number, one: string, many: string, write: (index: number) => void): void {
    for (let start = 0; start < count; start += BATCH) {
      const end = Math.min(count, start + BATCH);
      if (end - start > 1) this.#out.letter('(');
      for (let index = start; index < end; index++) write(index);
      this.#out.letter(end - start > 1 ? many : one);
    }
  }

  #dict(value: object, entries: readonly (readonly [unknown, unknown])[], path: string): void {
    const { kind, attributes, floats } = markOf(value);
    const items = () =>
      this.#batches(entries.length, 's', 'u', (index) => {
        const [key, item] = entries[index] as readonly [unknown, unknown];
        const where = typeof key === 'string' ? `${path}.${key}` : `${path}.get(${describe(key)})`;
        checkKey(key, path);
        this.#write(key, where, false);
        this.#write(item, where, floats?.has(key) === true);
      });
    if (kind === 'counter') {
      this.#global('collections', 'Counter');
      this.#out.letter('}');
      items();
      this.#call(1);
      return;
    }
    if (kind === 'ordered_dict') {
      this.#global('collections', 'OrderedDict');
      this.#call(0);
    } else this.#out.letter('}');
    this.#memorise(value);
    items();
    if (attributes !== undefined) {
      this.#write(attributes, path, false);
      this.#out.letter('b');
    }
  }

  #set(value: ReadonlySet<unknown>, path: string): void {
    const items = [...value];
    this.#global('__builtin__', 'set');
    this.#out.letter(']');
    this.#batches(items.length, 'a', 'e', (index) => {
      checkKey(items[index], path);
      this.#write(items[index], path, false);
    });
    this.#call(1);
  }

  /** Written as Python writes bytes in protocol 2, which has no operation for them. */
  #bytes(value: Uint8Array): void {
    const { memory, start, length } = regionOf(value);
    this.#global('_codecs', 'encode');
    const bytes = Buffer.from(Buffer.from(memory, start, length).toString('latin1'));
    this.#out.letter('X');
    this.#out.uint32(bytes.length);
    this.#out.raw(bytes);
    this.#string('latin1');
    this.#call(2);
  }

  #tensor(tensor: Tensor, path: string): void {
    const handle = handleOf(tensor, path);
    const layout = layoutOf(handle);
    const dtype = STORED_BY_CODE.get(native().dtype(handle));
    if (layout === undefined || dtype === undefined)
      throw new ArgumentTypeError(path, 'a dense tensor', 'a sparse or quantized one');
    const { offset, strides, conj, neg } = layout;
    const parameter = isParameter(tensor);
    const requires_grad = native().requires_grad(handle);
    if (parameter) {
      this.#global('torch._utils', '_rebuild_parameter');
    }
    this.#global('torch._utils', dtype.storage === undefined ? '_rebuild_tensor_v3' : '_rebuild_tensor_v2');
    this.#out.letter('(');
    this.#storage(handle, layout, dtype, path);
    this.#int(offset);
    this.#sizes(native().shape(handle));
    this.#sizes(strides);
    this.#out.byte(requires_grad && !parameter ? 0x88 : 0x89);
    this.#hooks();
    if (dtype.storage === undefined) this.#global('torch', dtype.name);
    if (conj || neg) {
      this.#out.letter('}');
      for (const [name, flag] of Object.entries({ conj, neg })) {
        if (!flag) continue;
        this.#string(name);
        this.#out.byte(0x88);
        this.#out.letter('s');
      }
    }
    this.#out.letter('t');
    this.#out.letter('R');
    if (!parameter) return;
    this.#out.byte(requires_grad ? 0x88 : 0x89);
    this.#hooks();
    this.#call(3);
  }

  /** The backward hooks, which are never saved. */
  #hooks(): void {
    this.#global('collections', 'OrderedDict');
    this.#call(0);
  }

  #sizes(sizes: readonly number[]): void {
    if (sizes.length > 3) this.#out.letter('(');
    for (const size of sizes) this.#int(size);
    this.#out.byte(TUPLES[sizes.length] ?? 't'.charCodeAt(0));
  }

  #storage(tensor: Handle, layout: Required<StorageLayout>, dtype: StoredEntry, path: string): void {
    let saved = this.#storages.get(layout.storage);
    if (saved === undefined) {
      saved = { key: String(this.#storages.size), dtype, tensor: native().detach(tensor), version: layout.version };
      this.#storages.set(layout.storage, saved);
    } else if (saved.dtype !== dtype) {
      const got = `${dtype.name} over the storage of another tensor of ${saved.dtype.name}`;
      throw new ArgumentRangeError(path, 'one dtype for each storage, as Python reads it', got);
    }
    const device = native().device(tensor);
    this.#out.letter('(');
    this.#string('storage');
    if (dtype.storage === undefined) this.#global('torch.storage', 'UntypedStorage');
    else this.#global('torch', dtype.storage);
    this.#string(saved.key);
    this.#string(device);
    this.#int(dtype.storage === undefined ? layout.bytes : Math.floor(layout.bytes / dtype.bytes));
    this.#out.letter('t');
    this.#out.letter('Q');
  }
}

/** Python's keys must be immutable. */
function checkKey(key: unknown, path: string): void {
  if (key === null || typeof key !== 'object' || isTensor(key) || (isArray(key) && Object.isFrozen(key))) return;
  throw new ArgumentTypeError(path, 'keys that are strings, numbers, booleans or frozen arrays', describe(key));
}

function unfit(path: string, value: unknown): ArgumentTypeError {
  const isModule = (typeof value === 'object' || typeof value === 'function') && value !== null && !isRevoked(value);
  const advice = isModule && 'state_dict' in value ? 'its state_dict(), since ' : '';
  const data = 'tensors, plain values, arrays, plain objects, Maps, Sets and Uint8Arrays can be saved';
  return new ArgumentTypeError(path, advice + data, describe(value));
}

/**
 * Writes a value as a pickle.
 *
 * @throws TypeError for values that are not data and RangeError for values that contain themselves, with their path
 */
export function pickle(value: unknown): Pickled {
  return new Pickler().run(value);
}
