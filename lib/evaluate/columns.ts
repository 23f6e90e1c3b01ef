/** The data of a batch, by field, as tensors of ranges of samples. */
import '../tensor/surface/install.js';
import { frombuffer } from '../tensor/buffer.js';
import { tensor } from '../tensor/creation.js';
import { dispatchTensor } from '../tensor/dispatch.js';
import { codeOfDType, DTYPES, type TypedArray } from '../tensor/dtypes.js';
import { ARRAY_DTYPES, inspectArray, noDType } from '../tensor/elements.js';
import { readSizes } from '../addon/arguments.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isArray, isRevoked } from '../base/plain_object.js';
import { handleOf, isTensor } from '../addon/handle.js';
import { native } from '../addon/native.js';
import { Tensor } from '../tensor/tensor.js';
import type { DType, Shape } from '../base/types.js';
import type { ColumnSource } from './interface.js';

/** One field of a batch. */
export interface OpenColumn {
  readonly shape: Shape;
  readonly dtype: DType;
  /**
   * The samples from `start` up to but not including `end`.
   *
   * @param into - memory that may be used; it is in use as long as the tensor is
   */
  read(start: number, end: number, into: Uint8Array | undefined): Tensor | Promise<Tensor>;
  /** Whether reading takes no memory. */
  readonly isInMemory: boolean;
  /** The number of bytes of `into` for the samples; 0 if it is not used. */
  bytesInto(samples: number): number;
}

/** Whether a value is the data of one field rather than a batch of fields. */
export function isColumn(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || isRevoked(value)) return false;
  return isTensor(value) || ArrayBuffer.isView(value) || isSource(value) || isTensorLike(value);
}

/** Opens a field. */
export function openColumn(value: unknown, parameter: string, isInteger = false): OpenColumn {
  if (isRevoked(value)) throw invalidType(parameter, 'a tensor, a typed array, nested arrays or a source', value);
  if (isTensor(value)) return ofTensor(value as Tensor);
  if (isSource(value)) return ofSource(value as ColumnSource, parameter);
  if (ArrayBuffer.isView(value)) return ofArray(value, undefined, undefined, parameter);
  if (isTensorLike(value)) {
    const {
      data,
      dims,
      shape = dims,
      dtype,
    } = value as { data: ArrayBufferView; dims?: Shape; shape?: Shape; dtype?: DType };
    return ofArray(data, shape, dtype, parameter);
  }
  if (isArray(value)) return ofTensor(tensor(value as number[], isInteger ? { dtype: 'int64' } : {}));
  throw invalidType(parameter, 'a tensor, a typed array, nested arrays or a source', value);
}

/** Whether a value is read by ranges. */
export function isSource(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return 'rows' in value && typeof value.rows === 'function' && 'shape' in value && 'dtype' in value;
}

function isTensorLike(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'data' in value && ArrayBuffer.isView(value.data);
}

/** The same samples of a tensor, as a view; copied if the caller has their memory too and may reuse it. */
function ofTensor(whole: Tensor): OpenColumn {
  const { shape, dtype } = whole;
  return {
    shape,
    dtype,
    isInMemory: true,
    read(start, end) {
      const isWhole = start === 0 && end === (shape[0] ?? 1);
      const part = isWhole ? whole.detach() : new Tensor(dispatchTensor('narrow', [whole, 0, start, end - start]));
      if (!native().is_shared(handleOf(whole, 'tensor'))) return part;
      const copy = part.clone();
      part.dispose();
      return copy;
    },
    bytesInto: () => 0,
  };
}

/** The caller's memory is copied: it may be overwritten before it is used. */
function ofArray(
  data: ArrayBufferView,
  shape: Shape | undefined,
  dtype: DType | undefined,
  parameter: string,
): OpenColumn {
  const { kind, length } = inspectArray(data);
  if (dtype !== undefined) codeOfDType(dtype, `${parameter}.dtype`);
  const own = dtype ?? ARRAY_DTYPES.get(kind);
  if (own === undefined) throw noDType(parameter, kind, data);
  const sizes = shape === undefined ? [length] : readSizes(shape, `${parameter}.shape`);
  const width = sizes.slice(1).reduce((total, size) => total * size, 1);
  if (sizes.length > 0 && (sizes[0] as number) * width !== length)
    throw invalidValue(parameter, `${(sizes[0] as number) * width} elements for [${sizes.join(', ')}]`, length);
  if (sizes.length === 0) return ofTensor(tensor(data as TypedArray, { shape: [], dtype: own }));
  return {
    shape: sizes,
    dtype: own,
    isInMemory: false,
    read: (start, end) =>
      tensor((data as TypedArray).subarray(start * width, end * width), {
        shape: [end - start, ...sizes.slice(1)],
        dtype: own,
      }),
    bytesInto: () => 0,
  };
}

/**
 * Data written to the given memory is used in place. A source's own array is copied: the source may reuse it while
 * earlier rows are still waiting.
 */
function ofSource(source: ColumnSource, parameter: string): OpenColumn {
  const { dtype } = source;
  codeOfDType(dtype, `${parameter}.dtype`);
  const shape = readSizes(source.shape, `${parameter}.shape`);
  const rowBytes = shape.slice(1).reduce((total, size) => total * size, DTYPES[dtype].bytes);
  return {
    shape,
    dtype,
    isInMemory: false,
    async read(start, end, into) {
      const rows = await source.rows(start, end, into);
      const sizes = shape.length === 0 ? [] : [end - start, ...shape.slice(1)];
      checkRows(rows, sizes, dtype, `${parameter}.rows`);
      if (into === undefined || rows.buffer !== into.buffer) return tensor(rows, { shape: sizes, dtype });
      const flat = frombuffer(rows, { dtype });
      try {
        return flat.reshape(sizes);
      } finally {
        flat.dispose();
      }
    },
    bytesInto: (samples) => samples * rowBytes,
  };
}

function checkRows(rows: unknown, sizes: Shape, dtype: DType, parameter: string): void {
  const { name } = DTYPES[dtype].array;
  const { kind, length } = ArrayBuffer.isView(rows) ? inspectArray(rows) : { kind: '', length: 0 };
  if (kind !== name) throw invalidType(parameter, `a function that gives a ${name} for ${dtype}`, rows);
  const count = sizes.reduce((product, size) => product * size, 1);
  if (length !== count) throw invalidValue(parameter, `${count} elements for [${sizes.join(', ')}]`, length);
}
