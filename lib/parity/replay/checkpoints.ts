/** Replays recorded files: `files.json` of a folder, checkpoints written by Python's `torch.save`. */
import { string } from '../../base/schema.js';
import { existsSync } from 'node:fs';
import { handleOf } from '../../addon/handle.js';
import { native } from '../../addon/native.js';
import { TorchError } from '../../base/errors.js';
import { isPlainObject } from '../../base/plain_object.js';
import { layoutOf, storageBytes } from '../../serialization/storage.js';
import { STORED_BY_CODE } from '../../tensor/stored_dtypes.js';
import { dispatchTensor } from '../../tensor/dispatch.js';
import * as torch from '../../torch/index.js';
import { type CaseResult, describeThrown, isTensor } from '../sides/calls.js';
import { readRecorded, readRecordedCases, recordedPath } from './files.js';
import { openRecordedBytes } from './recorded_tensors.js';

interface FileCase {
  readonly id: string;
  readonly file: string;
  readonly expect: {
    readonly content?: unknown;
    readonly weights_only_error?: unknown;
    /** Why it must be refused. */
    readonly refused?: string;
  };
}

interface RecordedTensor {
  readonly tensor: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  readonly storage: number;
  readonly requires_grad?: boolean;
}

/**
 * Loads the recorded files of a folder and compares every value, including strides and shared storages, and whether
 * invalid files are refused.
 *
 * @param folder - with `files.json`, the files (compressed or plain) and `tensors.safetensors`
 * @returns one result per case, in the order of the file
 * @throws TorchError with code `ERR_FILE_FORMAT` if the folder cannot be read
 */
export function replayFiles(folder: string): CaseResult[] {
  const bytesOf = openRecordedBytes(folder);
  return readRecordedCases<FileCase>(folder, 'files.json', { file: string }).map(({ id, file, expect }) => {
    const error = replayFile(folder, file, expect, bytesOf);
    return { id, loss: 'torch.load', passed: error === null, ...(error === null ? {} : { error }) };
  });
}

function replayFile(
  folder: string,
  file: string,
  { content, weights_only_error, refused }: FileCase['expect'],
  bytesOf: (key: string) => Uint8Array,
): string | null {
  const path = recordedPath(folder, file);
  let value: unknown;
  try {
    value = torch.load(existsSync(path) ? path : readRecorded(folder, file));
  } catch (error) {
    if (refused === undefined && weights_only_error === undefined) return describeThrown(error);
    const isNamed = error instanceof TorchError && error.code === 'ERR_FILE_FORMAT';
    return isNamed ? null : `expected ERR_FILE_FORMAT (${refused ?? 'refused'}), got ${describeThrown(error)}`;
  }
  if (refused !== undefined) return `expected it to be refused (${refused}), got a value`;
  try {
    return new Comparer(bytesOf).compare(value, content, 'content');
  } catch (error) {
    return describeThrown(error);
  }
}

/** Compares values with the recorded ones; returns the first difference. */
class Comparer {
  readonly #bytesOf: (key: string) => Uint8Array;
  /** The storages found so far, by their recorded numbers. */
  readonly #storages = new Map<number, number>();

  constructor(bytesOf: (key: string) => Uint8Array) {
    this.#bytesOf = bytesOf;
  }

  compare(value: unknown, wanted: unknown, path: string): string | null {
    if (Array.isArray(wanted)) return this.#list(value, wanted, path, false);
    if (!isPlainObject(wanted)) return Object.is(value, wanted) ? null : differs(path, wanted, value);
    if ('tensor' in wanted) return this.#tensor(value, wanted as unknown as RecordedTensor, path);
    if ('tuple' in wanted) return this.#list(value, wanted.tuple as unknown[], path, true);
    if ('size' in wanted) return this.#list(value, wanted.size as unknown[], path, true);
    if ('dict' in wanted) return this.#dict(value, wanted.dict as [unknown, unknown][], path);
    if ('ordered_dict' in wanted) return this.#dict(value, wanted.ordered_dict as [unknown, unknown][], path);
    const plain =
      'float' in wanted
        ? Number(String(wanted.float).replace('inf', 'Infinity'))
        : 'int' in wanted
          ? BigInt(wanted.int as string)
          : (wanted.dtype ?? wanted.device);
    return Object.is(value, plain) ? null : differs(path, plain, value);
  }

  #list(value: unknown, wanted: readonly unknown[], path: string, isTuple: boolean): string | null {
    if (!Array.isArray(value) || value.length !== wanted.length || Object.isFrozen(value) !== isTuple)
      return differs(path, `${isTuple ? 'a tuple' : 'a list'} of ${wanted.length}`, value);
    for (const [index, item] of wanted.entries()) {
      const wrong = this.compare(value[index], item, `${path}[${index}]`);
      if (wrong !== null) return wrong;
    }
    return null;
  }

  #dict(value: unknown, wanted: readonly [unknown, unknown][], path: string): string | null {
    const isObject = wanted.every(([key]) => typeof key === 'string');
    if (isObject ? !isPlainObject(value) : !(value instanceof Map))
      return differs(path, isObject ? 'an object' : 'a Map', value);
    const entries = value instanceof Map ? [...value] : Object.entries(value as object);
    if (entries.length !== wanted.length) return differs(path, `${wanted.length} entries`, entries.length);
    for (const [index, [key, item]] of wanted.entries()) {
      const [ownKey, own] = entries[index] as [unknown, unknown];
      const where = `${path}.${String(key)}`;
      const wrong = this.compare(ownKey, key, `${where} (the key)`) ?? this.compare(own, item, where);
      if (wrong !== null) return wrong;
    }
    return null;
  }

  #tensor(value: unknown, wanted: RecordedTensor, path: string): string | null {
    if (!isTensor(value)) return differs(path, 'a tensor', value);
    const handle = handleOf(value, path);
    const layout = layoutOf(handle);
    if (layout === undefined) return differs(path, 'a dense tensor', 'another');
    const dtype = STORED_BY_CODE.get(native().dtype(handle))?.name;
    const { strides, offset } = layout;
    const got = { dtype, shape: value.shape, strides, offset, requires_grad: value.requires_grad };
    const { requires_grad = false } = wanted;
    const expected = { dtype: wanted.dtype, shape: wanted.shape, strides: wanted.strides, offset: wanted.offset };
    const [own, other] = [JSON.stringify(got), JSON.stringify({ ...expected, requires_grad })];
    if (own !== other) return differs(path, other, own);
    const known = this.#storages.get(wanted.storage);
    this.#storages.set(wanted.storage, layout.storage);
    if (known !== undefined && known !== layout.storage) return differs(path, 'a shared storage', 'one of its own');
    if (known === undefined && [...this.#storages.values()].filter((one) => one === layout.storage).length > 1)
      return differs(path, 'a storage of its own', 'a shared one');
    const copy = dispatchTensor('clone', [new torch.Tensor(dispatchTensor('reshape', [value.detach(), [-1]]))]);
    const same = Buffer.from(storageBytes(copy)).equals(this.#bytesOf(wanted.tensor));
    return same ? null : differs(path, `the bytes of ${wanted.tensor}`, 'others');
  }
}

function differs(path: string, wanted: unknown, got: unknown): string {
  const shown = (value: unknown) => (typeof value === 'bigint' ? `${value}n` : String(value));
  return `${path}: expected ${shown(wanted)}, got ${shown(got)}`;
}
