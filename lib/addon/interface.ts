/** The addon's functions and what crosses between JavaScript and C++. */
import type { ErrorCode } from '../base/errors.js';
import type { DeferredDistributedFunctions, DistributedFunctions } from './distributed_functions.js';
import type { GeneratorHandle, Handle, ScriptHandle } from './opaque.js';
import type { OptimizerSteps } from './optimizer_steps.js';
import type { ScriptFunctions } from './script_functions.js';

type Handles = readonly Handle[];

/**
 * The arguments of a loss besides its tensors: options in the operator's order, tensors as handles, absent ones
 * `undefined`.
 */
export type Primitive = Handle | number | boolean | undefined;

/** The result of a loss: a tensor, or the number itself for one float32 on the CPU without a graph. */
export type LossResult = Handle | number;

/** A loss of the addon: tensors and options in its operator's order. */
export type NativeLoss = (...values: Primitive[]) => LossResult;

/** What an operator takes: plain values, handles, and arrays of them. */
export type OperatorValue =
  | Handle
  | GeneratorHandle
  | Float64Array
  | number
  | bigint
  | boolean
  | string
  | null
  | undefined
  | readonly OperatorValue[];

/**
 * An operator of the addon. It takes the names of the last values, joined by commas, then all values. An array of
 * several named results ends with their names, joined likewise. A result that is one of the values comes as its
 * position.
 */
export type NativeOperator = (names: string | undefined, ...values: OperatorValue[]) => OperatorValue;

/** A method bound for one form of call; a method that writes into its tensor returns nothing. */
export type DirectFunction = (tensor: Handle, ...values: OperatorValue[]) => Handle;

/** The same on a lane. */
export type DeferredOperator = (
  lane: number,
  job: number,
  names: string | undefined,
  ...values: OperatorValue[]
) => void;

/** One index of a tensor; a slice is its start, its end and its step. */
export type NativeIndex = OperatorValue;

/** Makes the JavaScript error for one in C++. */
export type ErrorFactory = (
  kind: 'TypeError' | 'RangeError' | 'TorchError',
  code: ErrorCode,
  message: string,
  parameter?: string,
  expected?: string,
  got?: string,
) => Error;

/** Called when there are more tensors or bytes than expected. */
export type GrowthListener = (tensors: number) => void;

/** Gets gradients, some of which may be absent; gives what takes their place, or nothing to leave them. */
export type GradientHook = (gradients: (Handle | null)[]) => readonly (Handle | null)[] | undefined;

/** The addon's functions, one for one with the tables in `binding/`. */
export interface Addon extends OptimizerSteps, ScriptFunctions, DistributedFunctions {
  /** The numbers that both the addon and lib write down, as tables of names and numbers. */
  readonly constants: Readonly<
    Record<
      'dtypes' | 'reductions' | 'layouts' | 'weighings' | 'scores' | 'sketch' | 'changes',
      Readonly<Record<string, number>>
    >
  >;

  set_error_factory(factory: ErrorFactory): void;
  on_warning(listener: (message: string) => void): void;

  from_bytes(data: ArrayBufferView, shape: readonly number[], dtype: number): Handle;
  read_into(tensor: Handle, dtype: number, data: ArrayBufferView): void;
  from_number(number: number): Handle;
  shape(tensor: Handle): number[];
  strides(tensor: Handle): number[];
  layout(tensor: Handle): string;
  default_dtype(): number;
  set_default_dtype(dtype: number): void;
  deterministic_mode(): number;
  set_deterministic_mode(mode: number): void;
  matmul_precision(): string;
  set_matmul_precision(precision: string): void;
  interop_threads(): number;
  set_interop_threads(threads: number): void;
  /** `memory_format`: 0 is C order, 2 channels last, 3 channels last for volumes. */
  is_contiguous(tensor: Handle, memory_format: number): boolean;
  shares_memory(first: Handle, second: Handle): boolean;
  /** Whether JavaScript can write to the tensor's memory. */
  is_shared(tensor: Handle): boolean;
  variable_data(tensor: Handle): Handle;
  set_data(tensor: Handle, data: Handle): void;
  dim(tensor: Handle): number;
  dtype(tensor: Handle): number;
  device(tensor: Handle): string;
  numel(tensor: Handle): number;
  item(tensor: Handle): number | bigint | boolean | number[];
  dispose(tensor: Handle): void;
  live_tensors(): number;
  live_bytes(): Record<string, number>;
  watch_growth(listener: GrowthListener, tensors: number, bytes: number): void;
  copy_out(tensor: Handle, dtype: number): Handle;
  array_buffer(tensor: Handle): ArrayBuffer;
  from_buffer(data: ArrayBufferView, shape: readonly number[], dtype: number): Handle;
  to(tensor: Handle, device: string, dtype: number, non_blocking: boolean): Handle;

  storage_layout(tensor: Handle): StorageLayout;
  storage_bytes(tensor: Handle): Handle;
  over_storage(
    bytes: Handle,
    dtype: number,
    sizes: readonly number[],
    strides: readonly number[],
    offset: number,
    conj: boolean,
    neg: boolean,
  ): Handle;

  on_settled(settle: (id: number, warnings: readonly string[], error: unknown, value?: unknown) => void): void;
  open_lane(threads: number): number;
  close_lane(lane: number): void;
  cancel_job(lane: number, job: number): boolean;
  get_num_threads(): number;
  set_num_threads(threads: number): void;
  /** Like `set_num_threads`, unless a thread of this process has already set the number. */
  settle_num_threads(threads: number): void;
  /**
   * The functions of the same names, called on a lane: with the lane and the job's number before their own arguments.
   */
  readonly deferred: Readonly<Record<string, DeferredFunction>> &
    DeferredDistributedFunctions & {
      readonly get_item: (lane: number, job: number, tensor: Handle, indices: readonly NativeIndex[]) => void;
      readonly set_item: (
        lane: number,
        job: number,
        tensor: Handle,
        indices: readonly NativeIndex[],
        value: Handle,
      ) => void;
      readonly set_number: (
        lane: number,
        job: number,
        tensor: Handle,
        indices: readonly NativeIndex[],
        value: OperatorValue,
      ) => void;
      readonly item: (lane: number, job: number, tensor: Handle) => void;
      readonly load_script: (lane: number, job: number, bytes: Handle, device: string, optimized: boolean) => void;
      readonly save_script: (lane: number, job: number, script: ScriptHandle) => void;
      readonly to: (
        lane: number,
        job: number,
        tensor: Handle,
        device: string,
        dtype: number,
        non_blocking: boolean,
      ) => void;
      readonly copy_out: (lane: number, job: number, tensor: Handle, dtype: number) => void;
      readonly backward: (
        lane: number,
        job: number,
        tensor: Handle,
        gradient: Handle | undefined,
        retain_graph: boolean,
        create_graph: boolean,
      ) => void;
    };

  /** Methods by `NAME/KIND`: see `binding/tensor/direct.cpp`. */
  readonly direct: Readonly<Record<string, DirectFunction>>;

  /** Losses of large batches in parts: the lane, the job's number, the settings, then the loss's own arguments. */
  readonly evaluate: Readonly<Record<string, PartsFunction>>;
  readonly differentiate: Readonly<Record<string, PartsFunction>>;

  /** Mixed precision in this thread: gives what it was before, for `leave_autocast`. */
  enter_autocast(device: 'cpu' | 'cuda', enabled: boolean, dtype: number, caches: boolean): number[];
  leave_autocast(before: readonly number[]): void;
  autocast_enabled(device: 'cpu' | 'cuda'): boolean;

  set_grad_enabled(enabled: boolean): boolean;
  is_grad_enabled(): boolean;
  requires_grad(tensor: Handle): boolean;
  set_requires_grad(tensor: Handle, wanted: boolean): void;
  is_leaf(tensor: Handle): boolean;
  grad(tensor: Handle): Handle | null;
  has_grad(tensor: Handle, grad: Handle): boolean;
  set_grad(tensor: Handle, value: Handle | undefined): void;
  grad_fn(tensor: Handle): string;
  detach(tensor: Handle): Handle;
  backward(tensor: Handle, gradient: Handle | undefined, retain_graph: boolean, create_graph: boolean): void;
  backward_all(
    tensors: readonly Handle[],
    seeds: readonly (Handle | undefined)[],
    retain_graph: boolean,
    create_graph: boolean,
    inputs: readonly Handle[],
  ): void;
  add_hook(tensor: Handle, hook: GradientHook): number;
  remove_hook(tensor: Handle, hook: number): void;
  set_accumulated_hook(tensor: Handle, hook: GradientHook): void;
  /** The outputs, as made of the inputs by a node whose backward pass is `backward`. */
  custom_node(name: string, inputs: readonly Handle[], outputs: readonly Handle[], backward: GradientHook): Handle[];
  gradients(
    outputs: readonly Handle[],
    inputs: readonly Handle[],
    grad_outputs: readonly (Handle | undefined)[],
    retain_graph: boolean,
    create_graph: boolean,
    allow_unused: boolean,
  ): (Handle | null)[];

  set_data(tensor: Handle, data: Handle): void;
  zero_grads(tensors: readonly Handle[], set_to_none: boolean): void;
  /** 0 for a parameter without a gradient, 1 for a dense gradient, 2 for a sparse one. */
  gradient_kinds(p: Handles): number[];
  total_norm(tensors: Handles, order: number): Handle;
  total_grad_norm(p: Handles, order: number): Handle;
  scale_grads(p: Handles, most: number, norm: Handle): void;
  clamp_grads(p: Handles, most: number): void;
  scalar_math(name: 'pow' | 'cos' | 'erf', a: number, b: number): number;

  info(): NativeInfo;
  cuda_device_count(): number;
  /** Why no device can be used; empty if one can. */
  cuda_problem(): string;
  cuda_current_device(): number;
  cuda_synchronize(device: number): void;
  cuda_device_name(device: number): string;
  cuda_memory(device: number): [allocated: number, most_allocated: number, reserved: number, most_reserved: number];
  cuda_reset_peak_memory(device: number): void;

  default_generator(device: string): GeneratorHandle;
  make_generator(device: string): GeneratorHandle;
  clone_generator(generator: GeneratorHandle): GeneratorHandle;
  generator_device(generator: GeneratorHandle): string;
  seed_generator(generator: GeneratorHandle, seed: bigint): void;
  random_seed(generator: GeneratorHandle): bigint;
  initial_seed(generator: GeneratorHandle): bigint;
  generator_state(generator: GeneratorHandle): Handle;
  set_generator_state(generator: GeneratorHandle, state: Handle): void;
  manual_seed(seed: bigint): void;

  set_validation(enabled: boolean): boolean;

  use_cache(cap: number): void;
  empty_cache(): void;
  allocator_stats(): AllocatorStats;

  /** `style`: the rules for the arguments; `binding/tensor/signature.h` numbers them. */
  bind_operator(
    name: string,
    overloads: readonly string[],
    style: number,
  ): [call: NativeOperator, defer: DeferredOperator];
  operator_schemas(name: string): string[];

  get_item(tensor: Handle, indices: readonly NativeIndex[]): Handle;
  set_item(tensor: Handle, indices: readonly NativeIndex[], value: Handle): void;
  set_number(tensor: Handle, indices: readonly NativeIndex[], value: OperatorValue): void;

  readonly losses: Readonly<Record<string, NativeLoss>> & {
    readonly ctc_loss_with_alpha: (...values: Primitive[]) => [Handle, Handle];
  };
}

/** Where a tensor's elements lie; empty for a tensor without its own storage, such as a sparse one. */
export interface StorageLayout {
  /** Identifies the storage as long as it lives. */
  readonly storage?: number;
  /** The size of the storage. */
  readonly bytes: number;
  /** In elements, as the strides are. */
  readonly offset: number;
  readonly strides: readonly number[];
  /** Grows with every in-place operation. */
  readonly version: number;
  /** Whether the elements are conjugated, or negated, when they are read. */
  readonly conj: boolean;
  readonly neg: boolean;
}

/** A function of the addon, on a lane. */
export type DeferredFunction = (lane: number, job: number, ...values: Primitive[]) => void;

/** A loss in parts, on a lane. */
export type PartsFunction = (lane: number, job: number, settings: PartsSettings, ...values: Primitive[]) => void;

/** How a loss is computed in parts; `binding/parts/settings.h` documents the fields. */
export interface PartsSettings {
  readonly layout: number;
  readonly weighing: number;
  readonly inputs: number;
  readonly ignore_index: number;
  readonly part: number;
  readonly worst: number;
  readonly first: number;
  readonly means: boolean;
  readonly wants_samples: boolean;
  readonly wants_right: boolean;
  readonly scores: number;
  readonly on_cpu: boolean;
  readonly wanted: number;
  readonly count: number;
  readonly divides: boolean;
}

/** The statistics of the losses of some samples. */
export interface PartsResult {
  /** Samples, unreduced losses, targets whose class has the largest score, and targets that could have it. */
  readonly counts: Float64Array;
  /** Numbers whose exact sum is the sum of the finite losses. */
  readonly sum: Float64Array;
  /** The same for the weights; empty where all samples count alike. */
  readonly weight: Float64Array;
  /** The numbers of NaN, infinite and negatively infinite losses, then the smallest and the largest finite loss. */
  readonly special_counts: Float64Array;
  /** Losses and sample indices in turn, the worst first. */
  readonly worst: Float64Array;
  /** The same for the first losses that are not finite. */
  readonly special: Float64Array;
  /** Buckets and their counts in turn; see lib/evaluate/sketch.ts. */
  readonly sketch: Float64Array;
  /**
   * For each sample, where asked for: the sum of its losses, its weight, its correct targets and its counted targets.
   */
  readonly losses?: Float64Array;
  readonly weights?: Float64Array;
  readonly right?: Float64Array;
  readonly counted?: Float64Array;
  /** For each target, where asked for: its class, the predicted class, and a probability, if there is one. */
  readonly targets?: Float64Array;
  readonly predicted?: Float64Array;
  readonly confidences?: Float64Array;
}

/** The result of {@link Addon.differentiate}. */
export interface GradientsResult {
  /** Numbers whose exact sum is the sum of the finite losses. */
  readonly sum: readonly number[];
  /** The sum of the non-finite losses, or 0. */
  readonly special: number;
  /** The divisor of the mean. */
  readonly weight: number;
  readonly gradients: readonly Handle[];
}

/** Properties of the LibTorch in use. */
export interface NativeInfo {
  readonly version: string;
  readonly cxx11_abi: boolean;
  readonly cpu_capability: string;
  readonly num_threads: number;
  readonly num_interop_threads: number;
  readonly cuda_built: boolean;
}

/** The state of the CPU memory cache, for all threads of this process. Only blocks of 64 KiB and more are cached. */
export interface AllocatorStats {
  /**
   * Whether there is a cache. With `TORCHLOSS_ALLOCATOR=system` memory is left to LibTorch, and all other fields are 0.
   */
  readonly enabled: boolean;
  /** The most bytes that are kept. */
  readonly cap: number;
  /** Bytes kept for the next tensor. */
  readonly cached_bytes: number;
  /** The number of these blocks. */
  readonly cached_blocks: number;
  /** Bytes that live tensors have asked for. */
  readonly in_use_bytes: number;
  /** The number of these blocks. */
  readonly in_use_blocks: number;
  /** How often a kept block could be reused, since the process started. */
  readonly hits: number;
  /** How often the system had to be asked for a block. */
  readonly misses: number;
}
