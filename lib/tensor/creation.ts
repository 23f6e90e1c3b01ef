import { get_default_dtype } from './default_dtype.js';
import { isTensor } from '../addon/handle.js';
import { checkBoolean, checkDevice, checkOptions, readSizes } from '../addon/arguments.js';
import { dispatch, dispatchTensor, prepare } from './dispatch.js';
import { codeOfDType, DTYPES, type TypedArray } from './dtypes.js';
import {
  ARRAY_DTYPES,
  dtypeOfKinds,
  type Element,
  elementOf,
  inspectArray,
  nestedShape,
  noDType,
  regionOf,
  walk,
} from './elements.js';
import { ArgumentRangeError, invalidType } from '../base/errors.js';
import { type Handle, native } from '../addon/native.js';
import { isArray, isRevoked } from '../base/plain_object.js';
import type { ArrayDType, DTypeOf, FlatShape, Nested, ShapeOf } from './shapes.js';
import { Tensor } from './tensor.js';
import type { Device, DType, Shape } from '../base/types.js';

/** The options of every function that makes a tensor. */
export interface TensorOptions<D extends DType = DType> {
  /** The dtype of the elements. Default: float32 for numbers, int64 for bigints, bool for booleans. */
  dtype?: D | undefined;
  /** Where the elements are kept. Default `'cpu'`. */
  device?: Device | undefined;
  /** Whether gradients are computed for the tensor. Default false. */
  requires_grad?: boolean | undefined;
}

/** Nested arrays, with tensors without dimensions among the elements. */
export type NestedScalars = Nested<number | bigint | boolean | Tensor>;

/** What functions take that can also write into a tensor. */
export interface OutOptions<D extends DType = DType> extends TensorOptions<D> {
  /** A tensor to write into, which is returned; its dtype and device are used. */
  out?: Tensor | null | undefined;
}

/** A tensor of another library: a typed array and its sizes. */
export interface TensorLike<A extends TypedArray = TypedArray, S extends Shape = Shape> {
  readonly data: A;
  readonly dims?: S;
  readonly shape?: S;
  /** Used where the array does not determine it: float16 or bfloat16 for a `Uint16Array`, bool for a `Uint8Array`. */
  readonly dtype?: string;
  readonly requires_grad?: boolean;
}

/**
 * Makes a tensor with a copy of `data`.
 *
 * Numbers become float32, bigints int64 and booleans bool unless `dtype` says otherwise: JavaScript has only one kind
 * of number, so PyTorch's rule for integers cannot be followed. A typed array keeps its own dtype; `Uint16Array`
 * contains the bits of float16 or bfloat16 and needs `dtype`.
 *
 * @param data - nested arrays, whose elements may be tensors without dimensions, a typed array (with its `shape` in the options, else one dimension), one value, or any
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
export function tensor<A extends TypedArray, const S extends Shape = FlatShape<A>, D extends DType = ArrayDType<A>>(
  data: A,
  options?: TensorOptions<D> & { shape?: S },
): Tensor<NoInfer<S>, NoInfer<D>>;
export function tensor<A extends TypedArray, const S extends Shape = Shape, D extends DType = ArrayDType<A>>(
  data: TensorLike<A, S>,
  options?: TensorOptions<D>,
): Tensor<NoInfer<S>, NoInfer<D>>;
export function tensor<const T extends NestedScalars, D extends DType = DTypeOf<T>>(
  data: T,
  options?: TensorOptions<D>,
): Tensor<ShapeOf<T>, NoInfer<D>>;
export function tensor<S extends Shape, D0 extends DType, D extends DType = D0>(
  data: Tensor<S, D0>,
  options?: TensorOptions<D>,
): Tensor<S, NoInfer<D>>;
export function tensor(data: unknown, options: TensorOptions & { shape?: Shape } = {}): Tensor {
  checkOptions(options, [...OPTIONS, 'shape']);
  const { shape } = options;
  if (isTensor(data)) return copyOfTensor(data as Tensor, options);
  if (ArrayBuffer.isView(data)) return fromTypedArray(data, shape, 'shape', options);
  if (typeof data === 'object' && data !== null && !isArray(data) && !isRevoked(data)) {
    const { data: values, dims, shape: own, dtype, requires_grad } = data as Partial<TensorLike>;
    if (!ArrayBuffer.isView(values)) {
      throw invalidType('data', 'nested arrays, a typed array or { data: TypedArray, dims }', data);
    }
    const all: TensorOptions = { requires_grad: requires_grad === true, ...options };
    if (all.dtype === undefined && isHiddenDType(dtype)) all.dtype = dtype;
    if (shape !== undefined) return fromTypedArray(values, shape, 'shape', all);
    return dims === undefined ? fromTypedArray(values, own, 'shape', all) : fromTypedArray(values, dims, 'dims', all);
  }
  if (shape !== undefined) throw invalidType('shape', 'none for nested arrays, which have their own', shape);
  return fromNested(data, options);
}

function copyOfTensor(data: Tensor, options: TensorOptions & { shape?: Shape }): Tensor {
  const { shape, dtype = data.dtype as DType, device = data.device as Device, requires_grad = false } = options;
  if (shape !== undefined) throw invalidType('shape', 'none for a Tensor, which has its own', shape);
  codeOfDType(dtype);
  checkPlace(device, requires_grad);
  const source = data.detach();
  const result = source.to({ dtype, device, copy: true });
  source.dispose();
  return requires_grad ? result.requires_grad_() : result;
}

/** The names of {@link TensorOptions}. */
export const OPTIONS: readonly string[] = ['dtype', 'device', 'requires_grad'];

const OUT_OPTIONS: readonly string[] = [...OPTIONS, 'out'];

/** Whether a dtype is not determined by its typed array. */
export function isHiddenDType(dtype: unknown): dtype is DType {
  return dtype === 'float16' || dtype === 'bfloat16' || dtype === 'bool';
}

function fromTypedArray(
  data: ArrayBufferView,
  shape: Shape | undefined,
  parameter: string,
  options: TensorOptions,
): Tensor {
  const { kind, length } = inspectArray(data);
  const { dtype } = options;
  if (dtype !== undefined) codeOfDType(dtype);
  const raw = kind === 'Uint16Array' && (dtype === 'float16' || dtype === 'bfloat16') ? dtype : undefined;
  const own = raw ?? ARRAY_DTYPES.get(kind);
  if (own === undefined) throw noDType('data', kind, data);
  const sizes = shape === undefined ? [length] : readSizes(shape, parameter);
  if (product(sizes) !== length) {
    throw new ArgumentRangeError(parameter, `sizes whose product is ${length}`, `[${sizes.join(', ')}]`);
  }
  return finish(native().from_bytes(bytesOf(data, kind), sizes, DTYPES[own].code), own, options);
}

/** The bytes of an array of a kind newer than the Node-API for which the addon is built. */
function bytesOf(data: ArrayBufferView, kind: string): ArrayBufferView {
  if (kind !== 'Float16Array') return data;
  const { memory, start, length } = regionOf(data);
  return new Uint8Array(memory, start, length);
}

function fromNested(data: unknown, options: TensorOptions): Tensor {
  const shape = nestedShape(data);
  const kinds = new Set<string>();
  const tensors: Tensor[] = [];
  walk(data, shape, [], (value) => {
    kinds.add(typeof value);
    if (isTensor(value)) tensors.push(value as Tensor);
  });
  const dtype = options.dtype ?? (tensors.length > 0 ? dtypeOfTensors(tensors, kinds.size > 1) : dtypeOfKinds(kinds));
  codeOfDType(dtype);
  // LibTorch rounds float16 and bfloat16 from float32.
  const held: DType = dtype === 'float16' || dtype === 'bfloat16' ? 'float32' : dtype;
  const values = new DTYPES[held].array(product(shape));
  let next = 0;
  walk(data, shape, [], (value, at) => {
    const plain = isTensor(value) ? itemFor(value as Tensor, held) : (value as Element);
    values[next++] = elementOf(plain, held, at) as never;
  });
  return finish(native().from_bytes(values, shape, DTYPES[held].code), held, { ...options, dtype });
}

/** The dtype of tensors as elements, which promote each other; numbers among them count as the default dtype. */
function dtypeOfTensors(tensors: readonly Tensor[], mixed: boolean): DType {
  const dtypes = new Set([...tensors.map(({ dtype }) => dtype as DType), ...(mixed ? [get_default_dtype()] : [])]);
  return [...dtypes].reduce((one, other) => dispatch('aten::promote_types', prepare([one, other], undefined)) as never);
}

function itemFor(value: Tensor, dtype: DType): Element {
  return dtype === 'int64' && value.dtype === 'int64' ? value.item({ bigint: true }) : value.item();
}

function finish(
  handle: Handle,
  own: DType,
  { dtype = own, device = 'cpu', requires_grad = false }: TensorOptions,
): Tensor {
  checkPlace(device, requires_grad);
  let result: Tensor = new Tensor(handle);
  if (dtype !== own || device !== 'cpu') {
    const made = result;
    result = made.to({ dtype, device });
    made.dispose();
  }
  return requires_grad ? result.requires_grad_() : result;
}

function checkPlace(device: unknown, requires_grad: unknown): void {
  checkDevice(device);
  checkBoolean(requires_grad, 'requires_grad');
}

function product(sizes: Shape): number {
  return sizes.reduce((total, size) => total * size, 1);
}

/** Makes a tensor with an operator that takes options; `more` are further named arguments. */
export function make(
  name: string,
  positional: readonly unknown[],
  options: OutOptions = {},
  more: object = {},
): Tensor {
  checkOptions(options, OUT_OPTIONS);
  const { dtype = get_default_dtype(), device = 'cpu', requires_grad = false, out } = options;
  codeOfDType(dtype);
  checkPlace(device, requires_grad);
  if (out != null) {
    dispatch(`aten::${name}`, prepare(positional, { ...more, out }));
    return out;
  }
  const result: Tensor = new Tensor(dispatchTensor(name, positional, { ...more, dtype, device }));
  return requires_grad ? result.requires_grad_() : result;
}

/** Sizes in one array, or one by one as in Python, and the options after them. */
export function readSizeArguments<O>(args: readonly unknown[]): [size: number[], options: O | undefined] {
  const count = args.findIndex((value) => typeof value !== 'number');
  if (count === 0) return [readSizes(args[0], 'size'), args[1] as O | undefined];
  const sizes = count < 0 ? args : args.slice(0, count);
  return [readSizes(sizes, 'size'), count < 0 ? undefined : (args[count] as O | undefined)];
}

/** Zeros of the given size. */
export function zeros<const S extends Shape, D extends DType = 'float32'>(
  size: S,
  options?: OutOptions<D>,
): Tensor<S, NoInfer<D>>;
export function zeros<const S extends Shape>(...size: S): Tensor<S, 'float32'>;
export function zeros<const S extends Shape, D extends DType = 'float32'>(
  ...sizes: readonly [...size: S, options: OutOptions<D>]
): Tensor<S, NoInfer<D>>;
export function zeros(...args: unknown[]): Tensor {
  const [size, options] = readSizeArguments<OutOptions>(args);
  return make('zeros', [size], options);
}

/** Ones of the given size. */
export function ones<const S extends Shape, D extends DType = 'float32'>(
  size: S,
  options?: OutOptions<D>,
): Tensor<S, NoInfer<D>>;
export function ones<const S extends Shape>(...size: S): Tensor<S, 'float32'>;
export function ones<const S extends Shape, D extends DType = 'float32'>(
  ...sizes: readonly [...size: S, options: OutOptions<D>]
): Tensor<S, NoInfer<D>>;
export function ones(...args: unknown[]): Tensor {
  const [size, options] = readSizeArguments<OutOptions>(args);
  return make('ones', [size], options);
}

/** A tensor full of `fill_value`. The default dtype is float32 for a number, int64 for a bigint, bool for a boolean. */
export function full<const S extends Shape, V extends number | bigint | boolean, D extends DType = DTypeOf<V>>(
  size: S,
  fill_value: V,
  options: OutOptions<D> = {},
): Tensor<S, NoInfer<D>> {
  checkOptions(options, OUT_OPTIONS);
  const { dtype = dtypeOfKinds(new Set([typeof fill_value])) } = options;
  return make('full', [readSizes(size, 'size'), fill_value], { ...options, dtype });
}

/** A tensor with uninitialized elements. */
export function empty<const S extends Shape, D extends DType = 'float32'>(
  size: S,
  options?: OutOptions<D>,
): Tensor<S, NoInfer<D>>;
export function empty<const S extends Shape>(...size: S): Tensor<S, 'float32'>;
export function empty<const S extends Shape, D extends DType = 'float32'>(
  ...sizes: readonly [...size: S, options: OutOptions<D>]
): Tensor<S, NoInfer<D>>;
export function empty(...args: unknown[]): Tensor {
  const [size, options] = readSizeArguments<OutOptions>(args);
  return make('empty', [size], options);
}

/**
 * The values from `start` up to but not including `end`, in steps of `step`. float32 unless `dtype` is given; bigints
 * give int64.
 */
export function arange<D extends DType = 'int64'>(
  end: bigint,
  options?: OutOptions<D>,
): Tensor<readonly [number], NoInfer<D>>;
export function arange<D extends DType = 'float32'>(
  end: number,
  options?: OutOptions<D>,
): Tensor<readonly [number], NoInfer<D>>;
export function arange<D extends DType = 'int64'>(
  start: bigint,
  end: bigint,
  options?: OutOptions<D>,
): Tensor<readonly [number], NoInfer<D>>;
export function arange<D extends DType = 'float32'>(
  start: number,
  end: number,
  options?: OutOptions<D>,
): Tensor<readonly [number], NoInfer<D>>;
export function arange<D extends DType = 'float32'>(
  start: number,
  end: number,
  step?: number,
  options?: OutOptions<D>,
): Tensor<readonly [number], NoInfer<D>>;
export function arange(...values: unknown[]): Tensor {
  const options = (typeof values.at(-1) === 'object' ? values.pop() : {}) as OutOptions;
  while (values.length > 0 && values.at(-1) === undefined) values.pop();
  checkOptions(options, OUT_OPTIONS);
  const { dtype = typeof values[0] === 'bigint' ? 'int64' : get_default_dtype() } = options;
  return make('arange', values, { ...options, dtype });
}

/** `steps` values from `start` to `end`, both included. */
export function linspace<const N extends number, D extends DType = 'float32'>(
  start: number,
  end: number,
  steps: N,
  options?: OutOptions<D>,
): Tensor<readonly [N], NoInfer<D>> {
  return make('linspace', [start, end, steps], options);
}

/** Ones on the diagonal of an `n` by `m` matrix of zeros; `m` defaults to `n`. */
export function eye<const N extends number, const M extends number = N, D extends DType = 'float32'>(
  n: N,
  options?: OutOptions<D> & { m?: M },
): Tensor<readonly [N, M], NoInfer<D>>;
export function eye<const N extends number, const M extends number, D extends DType = 'float32'>(
  n: N,
  m: M,
  options?: OutOptions<D>,
): Tensor<readonly [N, M], NoInfer<D>>;
export function eye(n: number, ...rest: unknown[]): Tensor {
  const [first = {}, second = {}] = rest;
  const options = (typeof first === 'number' ? { ...(second as object), m: first } : first) as OutOptions & {
    m?: number;
  };
  checkOptions(options, [...OPTIONS, 'out', 'm']);
  const { m = n, ...others } = options;
  return make('eye', [n, m], others);
}
