import { dispatchTensor } from './dispatch.js';
import { codeOfDType, DTYPES, isFloat, type TypedArray } from './dtypes.js';
import { invalidType, invalidValue } from './errors.js';
import { type Handle, native, requireCuda } from './native.js';
import type { ArrayDType, DTypeOf, Nested, ShapeOf } from './shapes.js';
import { Tensor } from './tensor.js';
import type { Device, DType, Shape } from './types.js';

/** What every function that makes a tensor takes. */
export interface TensorOptions<D extends DType = DType> {
  /** The dtype of the elements. Default: float32 for numbers, int64 for bigints, bool for booleans. */
  dtype?: D | undefined;
  /** Where the elements are kept. Default `'cpu'`. */
  device?: Device | undefined;
  /** Whether gradients are computed for the tensor. Default false. */
  requires_grad?: boolean | undefined;
}

/** A tensor as another library holds it: a typed array and its sizes. */
export interface TensorLike<A extends TypedArray = TypedArray, S extends Shape = Shape> {
  readonly data: A;
  readonly dims?: S;
  readonly shape?: S;
}

/**
 * Makes a tensor with a copy of `data`.
 *
 * Numbers become float32, bigints int64 and booleans bool unless `dtype` says otherwise: JavaScript has one kind of
 * number, so that PyTorch's rule for integers cannot be kept. A typed array keeps its own dtype; `Uint16Array` holds
 * the bits of float16 or bfloat16 and needs `dtype`.
 *
 * @param data - nested arrays, a typed array (with its `shape` in the options, else one dimension), one value, or any
 *   object `{ data, dims }` or `{ data, shape }` such as other libraries' tensors
 * @throws TypeError for data of another kind, RangeError for ragged arrays, a shape that does not fit and values that
 *   the dtype cannot hold
 * @example
 * ```ts
 * torch.tensor([[1, 2, 3], [4, 5, 6]]).shape;                    // [2, 3]
 * torch.tensor([0n, 2n]).dtype;                                  // 'int64'
 * torch.tensor(new Float32Array(6), { shape: [2, 3] }).shape;    // [2, 3]
 * ```
 */
export function tensor<A extends TypedArray, const S extends Shape = readonly [number], D extends DType = ArrayDType<A>>(
  data: A,
  options?: TensorOptions<D> & { shape?: S },
): Tensor<S, D>;
export function tensor<A extends TypedArray, S extends Shape = Shape, D extends DType = ArrayDType<A>>(
  data: TensorLike<A, S>,
  options?: TensorOptions<D>,
): Tensor<S, D>;
export function tensor<const T extends Nested, D extends DType = DTypeOf<T>>(data: T, options?: TensorOptions<D>): Tensor<ShapeOf<T>, D>;
export function tensor(data: unknown, options: TensorOptions & { shape?: Shape } = {}): Tensor {
  if (ArrayBuffer.isView(data)) return fromTypedArray(data, options.shape, options);
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) {
    const { data: values, dims, shape } = data as Partial<TensorLike>;
    if (!ArrayBuffer.isView(values)) throw invalidType('data', 'nested arrays, a typed array or { data: TypedArray, dims }', data);
    return fromTypedArray(values, dims ?? shape, options);
  }
  return fromNested(data, options);
}

/** The dtype that a typed array has by itself. */
const ARRAY_DTYPES = new Map<string, DType>([
  ['Float32Array', 'float32'],
  ['Float64Array', 'float64'],
  ['Int8Array', 'int8'],
  ['Uint8Array', 'uint8'],
  ['Uint8ClampedArray', 'uint8'],
  ['Int16Array', 'int16'],
  ['Int32Array', 'int32'],
  ['BigInt64Array', 'int64'],
]);

function fromTypedArray(data: ArrayBufferView, shape: Shape | undefined, options: TensorOptions): Tensor {
  // The intrinsic tag, which no property of the caller's can fake. Node's Buffer is a Uint8Array.
  const kind = arrayKind.call(data) as string | undefined;
  const { dtype } = options;
  if (dtype !== undefined) codeOfDType(dtype);
  const raw = kind === 'Uint16Array' && (dtype === 'float16' || dtype === 'bfloat16') ? dtype : undefined;
  const own = raw ?? ARRAY_DTYPES.get(kind ?? '');
  if (own === undefined) {
    const advice = kind === 'Uint16Array' ? "dtype 'float16' or 'bfloat16' for the bits of a Uint16Array" : 'a typed array of a dtype that LibTorch has';
    throw invalidType('data', advice, data);
  }
  const { length } = data as TypedArray;
  const sizes = shape === undefined ? [length] : checkShape(shape, 'shape');
  if (product(sizes) !== length) throw invalidValue('shape', `sizes whose product is ${length}`, `[${sizes.join(', ')}]`);
  return finish(native().from_bytes(data, sizes, DTYPES[own].code, 'cpu'), own, options);
}

const arrayKind = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get as () => unknown;

function fromNested(data: unknown, options: TensorOptions): Tensor {
  const shape: number[] = [];
  for (let level = data; Array.isArray(level); level = level[0]) shape.push(level.length);
  const count = product(shape);
  const flat: unknown[] = [];
  flatten(data, shape, 0, 'data', flat);
  const own = dtypeOfValues(flat);
  const dtype = options.dtype ?? own;
  codeOfDType(dtype);
  // float16 and bfloat16 are rounded from float32 by LibTorch.
  const held: DType = dtype === 'float16' || dtype === 'bfloat16' ? 'float32' : dtype;
  const values = new DTYPES[held].array(count);
  const place = (index: number) => `data${indices(index, shape)}`;
  for (let i = 0; i < count; i++) values[i] = elementOf(flat[i], held, () => place(i));
  return finish(native().from_bytes(values, shape, DTYPES[held].code, 'cpu'), held, { ...options, dtype });
}

/** Copies the elements in C order, and refuses what is not as nested as the first of each level. */
function flatten(value: unknown, shape: Shape, dim: number, path: string, out: unknown[]): void {
  if (dim === shape.length) {
    if (Array.isArray(value)) throw invalidValue(path, `${shape.length} levels of arrays everywhere`, value);
    out.push(value);
    return;
  }
  if (!Array.isArray(value)) throw invalidType(path, `an array of length ${shape[dim]}`, value);
  if (value.length !== shape[dim]) throw invalidValue(path, `length ${shape[dim]}, as its neighbours have`, value);
  for (let i = 0; i < value.length; i++) flatten(value[i], shape, dim + 1, `${path}[${i}]`, out);
}

function dtypeOfValues(values: readonly unknown[]): DType {
  if (values.length === 0) return 'float32';
  if (values.every((value) => typeof value === 'boolean')) return 'bool';
  return values.every((value) => typeof value === 'bigint') ? 'int64' : 'float32';
}

function elementOf(value: unknown, dtype: DType, path: () => string): never {
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') {
    throw invalidType(path(), 'a number, a bigint or a boolean', value);
  }
  if (isFloat(dtype)) {
    if (typeof value === 'bigint') throw invalidType(path(), `a number for dtype ${dtype}`, value);
    return Number(value) as never;
  }
  if (dtype === 'bool') return (value ? 1 : 0) as never;
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw invalidValue(path(), `an integer for dtype ${dtype}`, value);
  const integer = BigInt(value);
  const { bytes } = DTYPES[dtype];
  const fits = dtype === 'uint8' ? BigInt.asUintN(8, integer) === integer : BigInt.asIntN(bytes * 8, integer) === integer;
  if (!fits) throw invalidValue(path(), `a value that ${dtype} holds`, value);
  return (dtype === 'int64' ? integer : Number(integer)) as never;
}

/** The indices of the `index`th element in C order, as in `[1][2]`. */
function indices(index: number, shape: Shape): string {
  let rest = index;
  const parts: string[] = [];
  for (let dim = shape.length - 1; dim >= 0; dim--) {
    const size = shape[dim] as number;
    parts.unshift(`[${rest % size}]`);
    rest = Math.floor(rest / size);
  }
  return parts.join('');
}

function finish(handle: Handle, own: DType, { dtype = own, device = 'cpu', requires_grad = false }: TensorOptions): Tensor {
  let result: Tensor = new Tensor(handle);
  if (dtype !== own || device !== 'cpu') {
    const made = result;
    result = made.to({ dtype, device });
    made.dispose();
  }
  return requires_grad ? result.requires_grad_() : result;
}

function product(sizes: Shape): number {
  return sizes.reduce((total, size) => total * size, 1);
}

/** Checks sizes given by the caller and copies them, so that later changes of theirs do not matter. */
function checkShape(shape: unknown, parameter: string): number[] {
  if (!Array.isArray(shape)) throw invalidType(parameter, 'an array of sizes', shape);
  return shape.map((size, dim) => {
    if (!Number.isSafeInteger(size) || size < 0) throw invalidValue(`${parameter}[${dim}]`, 'an integer of at least 0', size);
    return size as number;
  });
}

function make(name: string, positional: readonly unknown[], { dtype = 'float32', device = 'cpu', requires_grad = false }: TensorOptions = {}): Tensor {
  codeOfDType(dtype);
  if (device.startsWith('cuda')) requireCuda('device');
  const result: Tensor = new Tensor(dispatchTensor(name, positional, { dtype, device }));
  return requires_grad ? result.requires_grad_() : result;
}

/** Zeros of the given size. */
export function zeros<const S extends Shape, D extends DType = 'float32'>(size: S, options?: TensorOptions<D>): Tensor<S, D> {
  return make('zeros', [checkShape(size, 'size')], options);
}

/** Ones of the given size. */
export function ones<const S extends Shape, D extends DType = 'float32'>(size: S, options?: TensorOptions<D>): Tensor<S, D> {
  return make('ones', [checkShape(size, 'size')], options);
}

/** `fill_value` everywhere. The dtype is float32 unless given, for integers too. */
export function full<const S extends Shape, D extends DType = 'float32'>(
  size: S,
  fill_value: number | bigint | boolean,
  options?: TensorOptions<D>,
): Tensor<S, D> {
  return make('full', [checkShape(size, 'size'), fill_value], options);
}

/** A tensor whose elements may be anything until they are written. */
export function empty<const S extends Shape, D extends DType = 'float32'>(size: S, options?: TensorOptions<D>): Tensor<S, D> {
  return make('empty', [checkShape(size, 'size')], options);
}

/**
 * The values from `start` up to, and without, `end` in steps of `step`. float32 unless `dtype` is given; bigints give
 * int64.
 */
export function arange<D extends DType = 'int64'>(end: bigint, options?: TensorOptions<D>): Tensor<readonly [number], D>;
export function arange<D extends DType = 'float32'>(end: number, options?: TensorOptions<D>): Tensor<readonly [number], D>;
export function arange<D extends DType = 'float32'>(
  start: number,
  end: number,
  step?: number,
  options?: TensorOptions<D>,
): Tensor<readonly [number], D>;
export function arange(...values: unknown[]): Tensor {
  const options = (typeof values.at(-1) === 'object' ? values.pop() : {}) as TensorOptions;
  const numbers = values.filter((value) => value !== undefined);
  const dtype = typeof numbers[0] === 'bigint' ? 'int64' : 'float32';
  return make('arange', numbers, { dtype, ...options });
}

/** `steps` values from `start` to `end`, both included. */
export function linspace<const N extends number, D extends DType = 'float32'>(
  start: number,
  end: number,
  steps: N,
  options?: TensorOptions<D>,
): Tensor<readonly [N], D> {
  return make('linspace', [start, end, steps], options);
}

/** Ones on the diagonal of an `n` by `m` matrix of zeros; `m` is `n` unless given. */
export function eye<const N extends number, const M extends number = N, D extends DType = 'float32'>(
  n: N,
  options: TensorOptions<D> & { m?: M } = {},
): Tensor<readonly [N, M], D> {
  const { m = n, ...rest } = options;
  return make('eye', [n, m], rest);
}

/** Uniform random numbers from 0 up to, and without, 1. */
export function rand<const S extends Shape, D extends DType = 'float32'>(size: S, options?: TensorOptions<D>): Tensor<S, D> {
  return make('rand', [checkShape(size, 'size')], options);
}

/** Random numbers of the standard normal distribution. */
export function randn<const S extends Shape, D extends DType = 'float32'>(size: S, options?: TensorOptions<D>): Tensor<S, D> {
  return make('randn', [checkShape(size, 'size')], options);
}

/** Random integers from `low` up to, and without, `high`; int64 unless `dtype` is given. */
export function randint<const S extends Shape, D extends DType = 'int64'>(
  low: number,
  high: number,
  size: S,
  options: TensorOptions<D> = {},
): Tensor<S, D> {
  return make('randint', [low, high, checkShape(size, 'size')], { ...options, dtype: options.dtype ?? 'int64' });
}

/** Seeds the random numbers of every device. The same seed gives PyTorch's numbers of that seed. */
export function manual_seed(seed: number): void {
  if (!Number.isSafeInteger(seed)) throw invalidType('seed', 'an integer', seed);
  native().manual_seed(seed);
}
