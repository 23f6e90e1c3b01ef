import {
  type ItemOptions,
  itemOf,
  jsonOf,
  nestedItems,
  readableAs,
  readItemOptions,
  roomFor,
  type TransferableTensor,
} from './data_out.js';
import { ASYNC_OPTIONS, type AsyncOptions, checkNoBackward, onLane, readAsyncOptions } from '../addon/lane.js';
import { checkBoolean, checkOptions } from '../addon/arguments.js';
import { type BackwardOptionsOf, runBackward, runBackwardAsync } from './backward.js';
import { dispatchTensor } from './dispatch.js';
import {
  arrayOver,
  type BigItemOf,
  codeOfAnyDType,
  codeOfDType,
  type DataOf,
  DTYPES,
  dtypeOfCode,
  isComplex,
  type ItemOf,
} from './dtypes.js';
import { ArgumentRangeError, invalidType, invalidValue, TorchError } from '../base/errors.js';
import { checkTensor, HandleOwner, handleOf, numberOf } from '../addon/handle.js';
import { type Handle, native } from '../addon/native.js';
import { leaveScopes } from '../addon/scope.js';
import { formatTensor, readEdges, shownElements } from './repr.js';
import type { NestedItems } from './shapes.js';
import { readTarget, readTargets, type ToOptions } from './targets.js';
import type { Device, DType, Shape } from '../base/types.js';

/** Options of {@link Tensor.backward}. */
export interface BackwardOptions extends BackwardOptionsOf<Tensor> {}

/**
 * A LibTorch tensor: elements of one dtype in a shape, on a device, with autograd.
 *
 * `S` is the shape and `D` the dtype, as far as the compiler knows them; a plain `Tensor` fits everywhere. Tensors are
 * made by `torch.tensor` and similar functions, never with `new`.
 *
 * @example
 * ```ts
 * const x = torch.tensor([[1, 2, 3], [4, 5, 6]], { requires_grad: true });
 * x.mul(x).sum().backward();
 * console.log(x.grad);
 * // tensor([[ 2.,  4.,  6.],
 * //         [ 8., 10., 12.]])
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: an unknown shape or dtype must fit everywhere, as in Array<any>
export class Tensor<out S extends Shape = any, out D extends DType = any> extends HandleOwner {
  // It has neither a constructor nor private methods: both would cost every new tensor time.

  /** The sizes, outermost first. */
  get shape(): S {
    return native().shape(handleOf(this, 'tensor')) as readonly number[] as S;
  }

  get dtype(): D {
    const code = native().dtype(handleOf(this, 'tensor'));
    const dtype = dtypeOfCode(code);
    if (dtype === undefined) {
      throw new TorchError('ERR_NOT_IMPLEMENTED', `torchloss does not support LibTorch's dtype number ${code}`);
    }
    return dtype as D;
  }

  /** Where the elements are: `'cpu'`, `'cuda:0'`. */
  get device(): string {
    return native().device(handleOf(this, 'tensor'));
  }

  /** Whether gradients are computed for this tensor. */
  get requires_grad(): boolean {
    return native().requires_grad(handleOf(this, 'tensor'));
  }

  set requires_grad(wanted: boolean) {
    checkTensor(this);
    this.requires_grad_(wanted);
  }

  /** Whether this tensor was made by the caller rather than computed from others with gradients. */
  get is_leaf(): boolean {
    return native().is_leaf(handleOf(this, 'tensor'));
  }

  /**
   * The gradient that backward passes have added up here. Before the first one and once it is cleared it is `null`, which
   * its type leaves out: programs read it after a backward pass. Set it to `null` to clear it.
   */
  get grad(): Tensor<S, D> {
    checkNoBackward('grad');
    const handle = handleOf(this, 'tensor');
    const known = grads.get(this);
    if (known !== undefined && !known.disposed && native().has_grad(handle, handleOf(known, 'grad'))) return known;
    const grad = native().grad(handle);
    if (grad === null) return null as never;
    const result = new Tensor<S, D>(grad);
    grads.set(this, result);
    return result;
  }

  set grad(value: Tensor<S, D> | null) {
    checkNoBackward('grad');
    native().set_grad(handleOf(this, 'tensor'), value === null ? undefined : handleOf(value, 'grad'));
    if (value === null) grads.delete(this);
    else grads.set(this, value);
  }

  /** The name of the function that computed this tensor, such as `MulBackward0`, or `null`. */
  get grad_fn(): string | null {
    return native().grad_fn(handleOf(this, 'tensor')) || null;
  }

  /** The number of dimensions. */
  dim(): number {
    return native().dim(handleOf(this, 'tensor'));
  }

  /** The shape, or the size of one dimension; negative ones count from the last. */
  size(): S;
  size(dim: number): number;
  size(dim?: number): S | number {
    checkTensor(this);
    const { shape } = this;
    if (dim === undefined) return shape;
    if (!Number.isInteger(dim)) throw invalidType('dim', 'an integer', dim);
    const size = shape.at(dim);
    if (size === undefined) throw invalidValue('dim', `${-shape.length} to ${shape.length - 1}`, dim);
    return size;
  }

  /** The number of elements. */
  numel(): number {
    return native().numel(handleOf(this, 'tensor'));
  }

  /**
   * The one element as a JavaScript value: a boolean for bool, `{ re, im }` for a complex number, else a number.
   *
   * @param options - `bigint: true` returns an integer as a bigint
   * @throws TorchError if there is not exactly one element, RangeError for an int64 beyond 2^53 without `bigint`
   */
  item<T extends Tensor>(this: T): ItemOf<T['dtype']>;
  item<T extends Tensor>(this: T, options: { bigint: true }): BigItemOf<T['dtype']>;
  item<T extends Tensor>(this: T, options: ItemOptions): ItemOf<T['dtype']> | BigItemOf<T['dtype']>;
  item(options?: ItemOptions): unknown {
    checkTensor(this);
    const bigint = options !== undefined && readItemOptions(options);
    const value = numberOf(this) ?? native().item(handleOf(this, 'tensor'));
    // A value that is not a bigint needs no conversion, unless one is wanted.
    return bigint || typeof value === 'bigint' || typeof value === 'object' ? itemOf(value, this.dtype, bigint) : value;
  }

  /** {@link item} on a lane, which waits for pending work there, also on a CUDA device. */
  itemAsync<T extends Tensor>(
    this: T,
    options?: AsyncOptions & { bigint?: false | undefined },
  ): Promise<ItemOf<T['dtype']>>;
  itemAsync<T extends Tensor>(this: T, options: AsyncOptions & { bigint: true }): Promise<BigItemOf<T['dtype']>>;
  async itemAsync(options: AsyncOptions & ItemOptions = {}): Promise<unknown> {
    const bigint = readItemOptions(options, ASYNC_OPTIONS);
    const { signal, lane } = options;
    const handle = handleOf(this, 'tensor');
    const { dtype } = this;
    return onLane(
      (id, job) => native().deferred.item(id, job, handle),
      (item: number | bigint | boolean | number[]) => itemOf(item, dtype, bigint),
      { signal, lane },
    );
  }

  /**
   * The elements as nested arrays, or the element itself for a tensor without dimensions; each as {@link item} gives it.
   *
   * @param options - `bigint: true` returns integers as bigints
   * @throws RangeError for an int64 beyond 2^53 without `bigint`
   */
  tolist<T extends Tensor>(this: T): NestedItems<T['shape'], ItemOf<T['dtype']>>;
  tolist<T extends Tensor>(this: T, options: { bigint: true }): NestedItems<T['shape'], BigItemOf<T['dtype']>>;
  tolist<T extends Tensor>(
    this: T,
    options: ItemOptions,
  ): NestedItems<T['shape'], ItemOf<T['dtype']> | BigItemOf<T['dtype']>>;
  tolist(options: ItemOptions = {}): unknown {
    checkTensor(this);
    const bigint = readItemOptions(options);
    const { shape, dtype } = this;
    return nestedItems(this.toTypedArray(), shape, { dtype, bigint });
  }

  /**
   * The value for `JSON.stringify`: {@link tolist}, with int64 as numbers where they are exact and otherwise as
   * strings. JSON has no NaN and no infinities: they become `null`.
   */
  toJSON(): unknown {
    checkTensor(this);
    return jsonOf(this.tolist({ bigint: true }));
  }

  /** {@link tolist} with the elements copied on a lane, also from a CUDA device. */
  tolistAsync<T extends Tensor>(
    this: T,
    options?: AsyncOptions & { bigint?: false | undefined },
  ): Promise<NestedItems<T['shape'], ItemOf<T['dtype']>>>;
  tolistAsync<T extends Tensor>(
    this: T,
    options: AsyncOptions & { bigint: true },
  ): Promise<NestedItems<T['shape'], BigItemOf<T['dtype']>>>;
  async tolistAsync(options: AsyncOptions & ItemOptions = {}): Promise<unknown> {
    checkTensor(this);
    const bigint = readItemOptions(options, ASYNC_OPTIONS);
    const { signal, lane } = options;
    const { shape, dtype } = this;
    return nestedItems(await this.toTypedArrayAsync({ signal, lane }), shape, { dtype, bigint });
  }

  /**
   * A copy of the elements in C order: `BigInt64Array` for int64, `Uint8Array` of 0 and 1 for bool, `Float32Array` for
   * float16 and bfloat16, both parts of each element one after the other for complex numbers, else the typed array of the
   * dtype.
   *
   * @param options - `copy: false` returns the tensor's own memory instead. Both sides then see the same memory, which
   *   lives as long as either and can no longer be resized. The elements must be in C order on the CPU. bfloat16 is
   *   returned as its bits in a `Uint16Array`; so is float16, unless the engine has a `Float16Array`. Runtimes that
   *   keep all buffers in their own memory, such as Electron, return a copy
   * @throws RangeError if `copy` is false and the elements are not in C order on the CPU, or the tensor requires grad
   */
  toTypedArray(): DataOf<D>;
  toTypedArray(options: { copy?: boolean }): DataOf<D> | Uint16Array;
  toTypedArray(options: { copy?: boolean } = {}): DataOf<D> | Uint16Array {
    checkTensor(this);
    checkOptions(options, ['copy']);
    const { copy = true } = options;
    checkBoolean(copy, 'copy');
    const { dtype } = this;
    if (isComplex(dtype)) return withParts(this, (parts) => parts.toTypedArray(options)) as never;
    const handle = handleOf(this, 'tensor');
    if (!copy) {
      // Like numpy(): a backward pass could not know of writes to the memory.
      if (this.requires_grad) {
        throw new ArgumentRangeError(
          'tensor',
          'one detached from the graph, such as tensor.detach()',
          'one that requires grad',
        );
      }
      return arrayOver(dtype, native().array_buffer(handle)) as DataOf<D>;
    }
    const readable = readableAs(dtype);
    const data = roomFor(readable, this.numel());
    native().read_into(handle, codeOfDType(readable), data);
    return data as DataOf<D>;
  }

  /** A copy as of {@link toTypedArray}, made on a lane, also from a CUDA device. */
  async toTypedArrayAsync(options: AsyncOptions = {}): Promise<DataOf<D>> {
    checkTensor(this);
    const own = readAsyncOptions(options);
    if (isComplex(this.dtype)) return withParts(this, (parts) => parts.toTypedArrayAsync(options)) as never;
    const handle = handleOf(this, 'tensor');
    const { code, array } = DTYPES[readableAs(this.dtype)];
    return onLane(
      (lane, job) => native().deferred.copy_out(lane, job, handle, code),
      (copy: Handle) => {
        const data = new array(native().array_buffer(copy));
        native().dispose(copy);
        return data as DataOf<D>;
      },
      own,
    );
  }

  /**
   * The tensor in a form for another thread: a message whose data can be transferred, and the list that transfers it.
   * There `torch.tensor(message)` makes a tensor of it. The graph stays behind.
   *
   * @example
   * ```ts
   * const { message, transferList } = torch.tensor([[1, 2], [3, 4]]).toTransferable();
   * const received = structuredClone(message, { transfer: transferList });   // as worker.postMessage does
   * torch.tensor(received).tolist();   // [[1, 2], [3, 4]]
   * ```
   */
  toTransferable(): TransferableTensor<S, D> {
    checkTensor(this);
    const { shape, dtype, requires_grad } = this;
    if (isComplex(dtype))
      throw new ArgumentRangeError('tensor', 'torch.view_as_real(tensor) in its place', `one of ${dtype}`);
    const copy = roomFor(dtype, this.numel());
    native().read_into(handleOf(this, 'tensor'), codeOfDType(dtype), copy);
    return { message: { data: copy, shape, dtype, requires_grad }, transferList: [copy.buffer as ArrayBuffer] };
  }

  /**
   * This tensor in another dtype, on another device, or both. If nothing changes, a new handle of the same tensor.
   *
   * `non_blocking` lets a copy from pinned memory to a CUDA device run while other code runs. Default false.
   */
  to<D2 extends DType>(dtype: D2, non_blocking?: boolean, copy?: boolean): Tensor<S, D2>;
  to(dtype: 'complex64' | 'complex128', non_blocking?: boolean, copy?: boolean): Tensor<S>;
  to(device: Device, options?: ToOptions<D>): Tensor<S, D>;
  to<D2 extends DType>(device: Device, dtype: D2, non_blocking?: boolean, copy?: boolean): Tensor<S, D2>;
  to<D2 extends DType>(other: Tensor<Shape, D2>, non_blocking?: boolean, copy?: boolean): Tensor<S, D2>;
  to<D2 extends DType = D>(options: ToOptions<D2>): Tensor<S, NoInfer<D2>>;
  to(...targets: unknown[]): Tensor<S> {
    checkTensor(this);
    const { copy = false, memory_format, ...target } = readTargets(targets);
    const { device, dtype, non_blocking } = readTarget(this, target, ['dtype', 'device', 'non_blocking']);
    const handle = handleOf(this, 'tensor');
    if (!copy && memory_format === undefined) {
      return new Tensor(native().to(handle, device, codeOfAnyDType(dtype), non_blocking));
    }
    checkBoolean(copy, 'copy');
    return new Tensor(dispatchTensor('to.dtype_layout', [this], { dtype, device, non_blocking, copy, memory_format }));
  }

  /** {@link to} on a lane. Copies to a CUDA device go through pinned memory. */
  async toAsync<D2 extends DType = D>(
    options: { dtype?: D2; device?: Device } & AsyncOptions,
  ): Promise<Tensor<S, NoInfer<D2>>> {
    checkTensor(this);
    checkOptions(options, ['dtype', 'device', ...ASYNC_OPTIONS]);
    const { signal, lane, ...target } = options;
    const { device, dtype } = readTarget(this, target, ['dtype', 'device']);
    const handle = handleOf(this, 'tensor');
    return onLane(
      (id, job) => native().deferred.to(id, job, handle, device, codeOfAnyDType(dtype), true),
      (result: Handle) => new Tensor<S, NoInfer<D2>>(result),
      { signal, lane },
    );
  }

  /** This tensor in CPU memory. */
  cpu(): Tensor<S, D> {
    checkTensor(this);
    return this.to('cpu');
  }

  /** This tensor on a CUDA device; the current one unless an index is given. */
  cuda(index?: number): Tensor<S, D> {
    checkTensor(this);
    if (index !== undefined && !Number.isInteger(index)) throw invalidType('index', 'an integer', index);
    return this.to(index === undefined ? 'cuda' : `cuda:${index}`);
  }

  /** The same elements, detached from the graph: no gradient flows through the result. */
  detach(): Tensor<S, D> {
    return new Tensor(native().detach(handleOf(this, 'tensor')));
  }

  /**
   * Takes the tensor out of every `torch.scope` it belongs to, so that it lives until it is disposed of or collected.
   *
   * @returns the tensor itself
   * @example
   * ```ts
   * let best: torch.Tensor | undefined;
   * torch.scope(() => {
   *   best = torch.tensor([1, 2]).mul(2).keep();
   * });
   * best?.tolist();   // [2, 4]
   * ```
   */
  keep(): this {
    handleOf(this, 'tensor');
    leaveScopes(this);
    return this;
  }

  /** Sets whether gradients are computed for this tensor, which must be a leaf. Returns the tensor itself. */
  requires_grad_(wanted = true): this {
    checkBoolean(wanted, 'requires_grad');
    native().set_requires_grad(handleOf(this, 'tensor'), wanted);
    return this;
  }

  /**
   * Adds the gradients of this tensor with respect to the leaves of its graph to their `grad`.
   *
   * @throws TorchError if it needs a `gradient` and has none, or an earlier pass freed its graph
   */
  backward(options?: BackwardOptions): void;
  backward(
    gradient: Tensor | null | undefined,
    retain_graph?: boolean | null | BackwardOptions,
    create_graph?: boolean | BackwardOptions,
    inputs?: readonly Tensor[] | null,
  ): void;
  backward(first?: unknown, ...rest: unknown[]): void {
    checkTensor(this);
    checkNoBackward('backward');
    // Nearly all calls have no options to read.
    if (first === undefined && rest.length === 0) {
      native().backward(handleOf(this, 'tensor'), undefined, false, false);
      return;
    }
    runBackward(this, [first, ...rest]);
  }

  /**
   * {@link backward} on a lane. Reading or setting a `grad` before it is done is a TorchError `ERR_BUSY`.
   */
  async backwardAsync(options: BackwardOptions & AsyncOptions = {}): Promise<void> {
    checkTensor(this);
    return runBackwardAsync(this, options);
  }

  /** Clears `grad`: it becomes `null`, as PyTorch's optimizers do by default. */
  zero_grad(): void {
    checkNoBackward('zero_grad');
    native().set_grad(handleOf(this, 'tensor'), undefined);
  }

  /** Python's `repr`. */
  override toString(): string {
    checkTensor(this);
    if (this.disposed) return 'tensor(<disposed>)';
    const { shape, dtype, device, requires_grad, grad_fn } = this;
    return formatTensor({ shape, dtype, device, requires_grad, grad_fn, data: shownOf(this, shape) });
  }

  /** The output of `console.log`: {@link toString}, or the reason if the tensor cannot be read. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    try {
      return this.toString();
    } catch (error) {
      return `tensor(<${(error as Error).message}>)`;
    }
  }
}

/** Gives `use` the parts of complex elements as pairs of numbers, in a last dimension. */
function withParts<T>(tensor: Tensor, use: (parts: Tensor) => T): T {
  const plain: Tensor = new Tensor(dispatchTensor('resolve_conj', [tensor]));
  const parts: Tensor = new Tensor(dispatchTensor('view_as_real', [plain]));
  try {
    return use(parts);
  } finally {
    parts.dispose();
    plain.dispose();
  }
}

/** The elements that the text of a tensor shows. */
function shownOf(tensor: Tensor, shape: Shape): ArrayLike<number | bigint> {
  const shown = shownElements(shape);
  if (shown === undefined) return tensor.toTypedArray();
  return readEdges(tensor, shape, shown, (handle) => new Tensor(handle));
}

/** The objects last returned by `grad`, to be returned again. Not a field, which would cost every tensor time. */
const grads = new WeakMap<Tensor, Tensor>();
