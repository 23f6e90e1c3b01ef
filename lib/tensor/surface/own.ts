/** Methods and properties of `Tensor` that are more than an operator with Python's arguments. */
import { checkBoolean } from '../../addon/arguments.js';
import { handleOf } from '../../addon/handle.js';
import { native } from '../../addon/native.js';
import { invalidValue } from '../../base/errors.js';
import type { DType, Shape } from '../../base/types.js';
import { callWith } from '../calls.js';
import { readArguments, readSignature } from '../composed/steps.js';
import { tensor } from '../creation.js';
import { BoundOperator, dispatch, prepare } from '../dispatch.js';
import { DTYPES } from '../dtypes.js';
import { getItem, type Index, itemsOfTensor, setItem, sliceOf, type Written } from '../indexing.js';
import { registerAccumulatedHook, registerHook, type RemovableHandle, type TensorHook } from '../hooks.js';
import { wrap } from '../results.js';
import { Tensor } from '../tensor.js';
import type { MemoryFormat } from './types.js';

type CastOptions = { memory_format?: MemoryFormat | undefined };

declare module '../tensor.js' {
  // biome-ignore lint/suspicious/noExplicitAny: as in the class
  interface Tensor<out S extends Shape = any, out D extends DType = any> {
    /** This tensor as float32. If it already is, a new handle of the same tensor. */
    float(options?: CastOptions): Tensor<S, 'float32'>;
    /** As float64. */
    double(options?: CastOptions): Tensor<S, 'float64'>;
    /** As float16. */
    half(options?: CastOptions): Tensor<S, 'float16'>;
    /** As bfloat16. */
    bfloat16(options?: CastOptions): Tensor<S, 'bfloat16'>;
    /** As int64. */
    long(options?: CastOptions): Tensor<S, 'int64'>;
    /** As int32. */
    int(options?: CastOptions): Tensor<S, 'int32'>;
    /** As int16. */
    short(options?: CastOptions): Tensor<S, 'int16'>;
    /** As int8. */
    char(options?: CastOptions): Tensor<S, 'int8'>;
    /** As uint8. */
    byte(options?: CastOptions): Tensor<S, 'uint8'>;
    /** As bool: whether each element is nonzero. */
    bool(options?: CastOptions): Tensor<S, 'bool'>;
    /** As complex64. */
    cfloat(options?: CastOptions): Tensor<S>;
    /** As complex128. */
    cdouble(options?: CastOptions): Tensor<S>;
    /** As another dtype. */
    type<D2 extends DType>(dtype: D2): Tensor<S, D2>;

    /** The same elements, detached from the graph, in the same memory. Writes are not recorded. */
    data: Tensor<S, D>;
    /** The number of dimensions. */
    readonly ndim: number;
    /** Bytes of one element. */
    readonly itemsize: number;
    /** Bytes of all elements. */
    readonly nbytes: number;
    /** Whether it is on a CUDA device. */
    readonly is_cuda: boolean;
    /** Whether it is in CPU memory. */
    readonly is_cpu: boolean;
    /** Whether it is sparse, of `layout` `'sparse_coo'`, as the gradients of sparse embeddings are. */
    readonly is_sparse: boolean;
    /** Always false. */
    readonly is_quantized: boolean;
    /** How the elements are stored: `'strided'`, or `'sparse_coo'` and its like. */
    readonly layout: string;

    /** {@link Tensor.ndim}. */
    ndimension(): number;
    /** {@link Tensor.numel}. */
    nelement(): number;
    /** Bytes of one element. */
    element_size(): number;
    /** Whether the elements are in C order, or in the given memory format. */
    is_contiguous(options?: { memory_format?: Exclude<MemoryFormat, 'preserve_format'> | undefined }): boolean;
    /** The offset of the first element in the storage, in elements. */
    storage_offset(): number;
    /** The number of its CUDA device, or -1. */
    get_device(): number;
    /** The distance between neighbours along each dimension, or along one, in elements. */
    stride(): number[];
    stride(dim: number | { dim: number }): number;

    /** The indices of all nonzero elements: one row each or, with `as_tuple`, one tensor per dimension. */
    nonzero(options?: { as_tuple?: false | undefined }): Tensor<readonly [number, number], 'int64'>;
    nonzero(options: { as_tuple: true }): Tensor<readonly [number], 'int64'>[];
    /** Copies the elements of another tensor, which is broadcast, into this one. */
    copy_(src: Tensor | Written, non_blocking?: boolean | { non_blocking?: boolean | undefined }): this;
    /** A new tensor with the given data, by default of this tensor's dtype and device. */
    new_tensor(data: unknown, options?: { dtype?: DType; device?: string; requires_grad?: boolean }): Tensor;

    /**
     * A part of this tensor, by Python's rules for `x[...]`: numbers, {@link torch.slice}, `null` and `'...'` give
     * views; tensors and arrays of indices or booleans give a copy.
     *
     * @example
     * ```ts
     * const x = torch.tensor([[1, 2, 3], [4, 5, 6]]);
     * x.index([0, torch.slice(1, null)]).tolist();   // [2, 3]
     * x.index([x.gt(3)]).tolist();                   // [4, 5, 6]
     * ```
     */
    index(indices: readonly Index[] | Exclude<Index, readonly unknown[]>): Tensor<Shape, D>;
    /** Writes into a part of this tensor, by the same rules: Python's `x[...] = values`. */
    index_put_(
      indices: readonly Index[] | Exclude<Index, readonly unknown[]>,
      values: Written,
      accumulate?: boolean | { accumulate?: boolean | undefined },
    ): this;
    /**
     * The items from `start` up to but not including `end`, like an array's; along another dimension with `dim`. A
     * view.
     */
    slice(start?: number, end?: number, options?: { dim?: number; step?: number }): Tensor<Shape, D>;
    slice(start: number, options: { end?: number; dim?: number; step?: number }): Tensor<Shape, D>;
    slice(options: { start?: number; end?: number; dim?: number; step?: number }): Tensor<Shape, D>;
    /**
     * Has `hook` called with the gradient of this tensor in each synchronous backward pass on the CPU; what it returns
     * takes the gradient's place. It stays until it is removed or the graph is freed. Its errors end the pass.
     *
     * @throws RangeError for a tensor that does not require grad, and in the pass for a gradient of another shape, dtype
     *   or device; a pass on a lane throws `ERR_NOT_IMPLEMENTED` when it comes to a hook
     * @example
     * ```ts
     * const x = torch.tensor([1, 2], { requires_grad: true });
     * const hook = x.register_hook((grad) => grad.mul(10));
     * x.sum().backward();
     * x.grad.tolist();   // [10, 10]
     * hook.remove();
     * ```
     */
    register_hook(hook: TensorHook): RemovableHandle;
    /**
     * Has `hook` called with this leaf whenever a backward pass has added to its `grad`: an optimizer may step there and
     * then. As {@link register_hook} otherwise. Needs LibTorch 2.1.
     */
    register_post_accumulate_grad_hook(hook: (tensor: this) => void): RemovableHandle;
    /** A view of each item along the first dimension. */
    [Symbol.iterator](): ArrayIterator<Tensor<Shape, D>>;
  }
}

const CASTS: Readonly<Record<string, string>> = {
  float: 'float32',
  double: 'float64',
  half: 'float16',
  bfloat16: 'bfloat16',
  long: 'int64',
  int: 'int32',
  short: 'int16',
  char: 'int8',
  byte: 'uint8',
  bool: 'bool',
  cfloat: 'complex64',
  cdouble: 'complex128',
};

/** LibTorch's numbers of the memory formats. */
const CONTIGUOUS: Readonly<Record<string, number>> = { contiguous_format: 0, channels_last: 2, channels_last_3d: 3 };

/** The bytes of one element; for a complex one, of both parts. */
function bytesOf(self: Tensor): number {
  const { dtype } = self as { dtype: string };
  return dtype === 'complex64' ? 8 : dtype === 'complex128' ? 16 : DTYPES[dtype as DType].bytes;
}

function layoutOf(self: Tensor): string {
  return native().layout(handleOf(self, 'tensor'));
}

const GETTERS: Readonly<Record<string, (self: Tensor) => unknown>> = {
  ndim: (self) => self.dim(),
  itemsize: bytesOf,
  nbytes: (self) => self.numel() * bytesOf(self),
  is_cuda: (self) => self.device.startsWith('cuda'),
  is_cpu: (self) => self.device === 'cpu',
  is_sparse: (self) => layoutOf(self) === 'sparse_coo',
  is_quantized: (self) => (handleOf(self, 'tensor'), false),
  layout: layoutOf,
};

/** Each with its parameters in Python's order. */
const METHODS: Readonly<
  Record<string, readonly [signature: string, call: (self: Tensor, ...args: never[]) => unknown]>
> = {
  ndimension: ['', (self) => self.dim()],
  nelement: ['', (self) => self.numel()],
  element_size: ['', bytesOf],
  is_contiguous: [
    '*, memory_format="contiguous_format"',
    (self, memory_format: string) => {
      const code = CONTIGUOUS[memory_format];
      if (code === undefined) throw invalidValue('memory_format', Object.keys(CONTIGUOUS).join(', '), memory_format);
      return native().is_contiguous(handleOf(self, 'tensor'), code);
    },
  ],
  storage_offset: ['', (self) => native().storage_layout(handleOf(self, 'tensor')).offset],
  get_device: ['', (self) => Number(/^cuda:(\d+)$/.exec(self.device)?.[1] ?? -1)],
  type: ['dtype', (self, dtype: DType) => wrap(dispatch('aten::to.dtype', prepare([self, dtype], undefined)))],
  stride: [
    'dim=None',
    (self, dim: number | null) => {
      const strides = native().strides(handleOf(self, 'tensor'));
      return dim === null ? strides : Number(dispatch('aten::stride.int', prepare([self, dim], undefined)));
    },
  ],
  nonzero: [
    '*, as_tuple=False',
    (self, as_tuple: boolean) => wrap(dispatch(`aten::nonzero${as_tuple ? '_numpy' : ''}`, prepare([self], undefined))),
  ],
  copy_: [
    'src, non_blocking=False',
    (self, src: unknown, non_blocking: boolean) => {
      callWith(COPY, [self, src, non_blocking]);
      return self;
    },
  ],
  new_tensor: [
    'data, *, dtype=None, device=None, requires_grad=False',
    (self, data: never, dtype: DType | null, device: never, requires_grad: boolean) =>
      tensor(data, { dtype: dtype ?? self.dtype, device: device ?? self.device, requires_grad }),
  ],
  index: ['indices', getItem],
  index_put_: [
    'indices, values, accumulate=False',
    (self, indices: unknown, values: unknown, accumulate: boolean) => {
      checkBoolean(accumulate, 'accumulate');
      setItem(self, indices, values, accumulate);
      return self;
    },
  ],
};
const COPY = new BoundOperator('Tensor.copy_', ['aten::copy_'], 'method');

for (const [name, dtype] of Object.entries(CASTS)) {
  define(name, function (this: Tensor, ...args: unknown[]) {
    handleOf(this, 'tensor');
    const [memory_format] = readArguments(name, readSignature('*, memory_format="preserve_format"'), args);
    return wrap(dispatch('aten::to.dtype', prepare([this, dtype], { memory_format })));
  });
}
for (const [name, [signature, call]] of Object.entries(METHODS)) {
  define(name, function (this: Tensor, ...args: unknown[]) {
    handleOf(this, 'tensor');
    return call(this, ...(readArguments(name, readSignature(signature), args) as never[]));
  });
}
define('register_hook', function (this: Tensor, hook: unknown) {
  handleOf(this, 'tensor');
  return registerHook(this, hook);
});
define('register_post_accumulate_grad_hook', function (this: Tensor, hook: unknown) {
  handleOf(this, 'tensor');
  return registerAccumulatedHook(this, hook);
});
define('slice', function (this: Tensor, ...args: unknown[]) {
  handleOf(this, 'tensor');
  return sliceOf(this, args);
});
Object.defineProperty(Tensor.prototype, Symbol.iterator, {
  configurable: true,
  writable: true,
  value(this: Tensor) {
    handleOf(this, 'tensor');
    return itemsOfTensor(this)[Symbol.iterator]();
  },
});
for (const [name, get] of Object.entries(GETTERS)) {
  Object.defineProperty(Tensor.prototype, name, {
    configurable: true,
    get(this: Tensor) {
      handleOf(this, 'tensor');
      return get(this);
    },
  });
}
Object.defineProperty(Tensor.prototype, 'data', {
  configurable: true,
  get(this: Tensor) {
    return new Tensor(native().variable_data(handleOf(this, 'tensor')));
  },
  set(this: Tensor, value: Tensor) {
    native().set_data(handleOf(this, 'tensor'), handleOf(value, 'data'));
  },
});

function define(name: string, value: (this: Tensor, ...args: unknown[]) => unknown): void {
  Object.defineProperty(value, 'name', { value: name });
  Object.defineProperty(Tensor.prototype, name, { configurable: true, writable: true, value });
}
