/** Collectives: calls that all ranks of a group make together. Each waits on a thread, never on the event loop. */
import { checkBoolean, readSizes } from '../addon/arguments.js';
import { handleOf, isTensor } from '../addon/handle.js';
import { native } from '../addon/native.js';
import { ArgumentTypeError, invalidValue } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import { callShape, readCall } from '../base/positional.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkDType, contiguous, list, type PeerValues, readPeer, rootList } from './arguments.js';
import { type Group, groupOf, type GroupOrNone, onGroup, warnNotInGroup } from './group.js';
import { readTimeout } from './timeout.js';
import { type CollectiveOptions, type Given, launch, type Outcome } from './work.js';

/** How values of several ranks become one. Gloo has all but `AVG`. */
export const ReduceOp = Object.freeze({
  SUM: 'SUM',
  AVG: 'AVG',
  PRODUCT: 'PRODUCT',
  MIN: 'MIN',
  MAX: 'MAX',
  BAND: 'BAND',
  BOR: 'BOR',
  BXOR: 'BXOR',
} as const);
export type ReduceOp = (typeof ReduceOp)[keyof typeof ReduceOp];

const ALL_REDUCE = callShape('all_reduce', 'tensor, op?, group?, async_op?');
const BROADCAST = callShape('broadcast', 'tensor, src?, group?, async_op?, group_src?');
const REDUCE = callShape('reduce', 'tensor, dst?, op?, group?, async_op?, group_dst?');
const ALL_GATHER = callShape('all_gather', 'tensor_list, tensor, group?, async_op?');
const ALL_GATHER_INTO = callShape('all_gather_into_tensor', 'output_tensor, input_tensor, group?, async_op?');
const GATHER = callShape('gather', 'tensor, gather_list?, dst?, group?, async_op?, group_dst?');
const SCATTER = callShape('scatter', 'tensor, scatter_list?, src?, group?, async_op?, group_src?');
const REDUCE_SCATTER = callShape('reduce_scatter', 'output, input_list, op?, group?, async_op?');
const REDUCE_SCATTER_TENSOR = callShape('reduce_scatter_tensor', 'output, input, op?, group?, async_op?');
const ALL_TO_ALL_SINGLE = callShape(
  'all_to_all_single',
  'output, input, output_split_sizes?, input_split_sizes?, group?, async_op?',
);
const BARRIER = callShape('barrier', 'group?, async_op?');
const MONITORED_BARRIER = callShape('monitored_barrier', 'group?, timeout?, wait_all_ranks?');

type List = readonly Tensor[] | null;

/** Options of collectives that reduce. */
export interface ReduceOptions<A extends boolean = boolean> extends CollectiveOptions<A> {
  /** Default `ReduceOp.SUM`. */
  op?: ReduceOp | undefined;
}

/** Options of collectives in which one rank gives the values. */
export interface SourceOptions<A extends boolean = boolean> extends CollectiveOptions<A> {
  /** That rank, as a rank of the default group. */
  src?: number | null | undefined;
  /** The same as a rank of `group`, instead of `src`. */
  group_src?: number | null | undefined;
}

/** Options of collectives in which one rank gets the values. */
export interface DestinationOptions<A extends boolean = boolean> extends CollectiveOptions<A> {
  /** That rank, as a rank of the default group. */
  dst?: number | null | undefined;
  /** The same as a rank of `group`, instead of `dst`. */
  group_dst?: number | null | undefined;
}

/** Options of {@link gather}. */
export interface GatherOptions<A extends boolean = boolean> extends DestinationOptions<A> {
  /** On the rank that gets the values, a tensor for each rank; none elsewhere. */
  gather_list?: List | undefined;
}

/** Options of {@link scatter}. */
export interface ScatterOptions<A extends boolean = boolean> extends SourceOptions<A> {
  /** On the rank that gives the values, a tensor for each rank; none elsewhere. */
  scatter_list?: List | undefined;
}

/** Options of {@link all_to_all_single}. */
export interface SplitOptions<A extends boolean = boolean> extends CollectiveOptions<A> {
  /** How many rows of `output` come from each rank. Default: equally many. */
  output_split_sizes?: readonly number[] | null | undefined;
  /** How many rows of `input` go to each rank. Default: equally many. */
  input_split_sizes?: readonly number[] | null | undefined;
}

/** The last arguments of collectives: by position or by name. */
export type Tail<A extends boolean> =
  | [options?: CollectiveOptions<A>]
  | [group: GroupOrNone | null | undefined, async_op?: A];
type Reducing<A extends boolean> = [options?: ReduceOptions<A>] | [op: ReduceOp | undefined, ...rest: Tail<A>];
type Source = number | null | undefined;
type From<A extends boolean> =
  | [options?: SourceOptions<A>]
  | [src: Source, options?: SourceOptions<A>]
  | [src: Source, group: GroupOrNone | null | undefined, async_op?: A, group_src?: number];
type To<A extends boolean> =
  | [options?: DestinationOptions<A>]
  | [dst: Source, options?: DestinationOptions<A>]
  | [dst: Source, group: GroupOrNone | null | undefined, async_op?: A, group_dst?: number];
type ReducingTo<A extends boolean> =
  | [options: DestinationOptions<A> & ReduceOptions<A>]
  | [dst: Source, options?: DestinationOptions<A> & ReduceOptions<A>]
  | [dst: Source, op: ReduceOp | undefined, options?: DestinationOptions<A>]
  | [dst: Source, op: ReduceOp | undefined, group: GroupOrNone | null | undefined, async_op?: A, group_dst?: number];

/**
 * Replaces the tensor on every rank by the sum over all ranks, or what `op` says. All ranks get the same bits.
 *
 * All collectives give a promise, or with `async_op: true` a {@link Work}, and run in the order in which they are called.
 *
 * @throws TorchError `ERR_MISMATCH` if the ranks make different calls or give tensors of different sizes or dtypes,
 *   `ERR_CONNECTION` if a rank has ended, `ERR_TIMEOUT` if one does not come in time
 */
export function all_reduce<A extends boolean = false>(tensor: Tensor, ...rest: Reducing<A>): Outcome<A>;
export function all_reduce(...args: unknown[]): unknown {
  return launch<Given & { tensor: unknown; op?: unknown }>(ALL_REDUCE, args, (group, { tensor, op }) =>
    collective(group, 'all_reduce', { op: readOp(op, tensor), outputs: [contiguous(tensor, 'tensor')] }),
  );
}

/** Replaces the tensor on every rank by that of rank `src`. */
export function broadcast<A extends boolean = false>(tensor: Tensor, ...rest: From<A>): Outcome<A>;
export function broadcast(...args: unknown[]): unknown {
  return launch<Given & PeerValues & { tensor: unknown }>(BROADCAST, args, (group, given) =>
    collective(group, 'broadcast', {
      root: readPeer(group, 'src', given),
      outputs: [contiguous(given.tensor, 'tensor')],
    }),
  );
}

/** Like {@link all_reduce}, for rank `dst` alone; what the others' tensors then hold is not defined. */
export function reduce<A extends boolean = false>(tensor: Tensor, ...rest: ReducingTo<A>): Outcome<A>;
export function reduce(...args: unknown[]): unknown {
  return launch<Given & PeerValues & { tensor: unknown; op?: unknown }>(REDUCE, args, (group, given) =>
    collective(group, 'reduce', {
      op: readOp(given.op, given.tensor),
      root: readPeer(group, 'dst', given),
      outputs: [contiguous(given.tensor, 'tensor')],
    }),
  );
}

/** Writes the tensors of all ranks into `tensor_list`, one for each rank, on every rank. */
export function all_gather<A extends boolean = false>(
  tensor_list: readonly Tensor[],
  tensor: Tensor,
  ...rest: Tail<A>
): Outcome<A>;
export function all_gather(...args: unknown[]): unknown {
  return launch<Given & { tensor_list: unknown; tensor: unknown }>(ALL_GATHER, args, (group, given) => {
    const input = contiguous(given.tensor, 'tensor');
    const outputs = list(group, given.tensor_list, 'tensor_list', input);
    return collective(group, 'all_gather', { outputs, inputs: [input] });
  });
}

/** Writes the tensors of all ranks into one tensor, one after the other along its first dimension. */
export function all_gather_into_tensor<A extends boolean = false>(
  output_tensor: Tensor,
  input_tensor: Tensor,
  ...rest: Tail<A>
): Outcome<A>;
export function all_gather_into_tensor(...args: unknown[]): unknown {
  return launch<Given & { output_tensor: unknown; input_tensor: unknown }>(ALL_GATHER_INTO, args, (group, given) => {
    const input = contiguous(given.input_tensor, 'input_tensor');
    const output = contiguous(given.output_tensor, 'output_tensor');
    checkWhole(group, output, 'output_tensor', input);
    return collective(group, 'all_gather_into_tensor', { outputs: [output], inputs: [input] });
  });
}

/** Writes the tensors of all ranks into `gather_list` of rank `dst`, by default 0; the other ranks give none. */
export function gather<A extends boolean = false>(
  tensor: Tensor,
  ...rest: [options?: GatherOptions<A>] | [gather_list: List | undefined, ...rest: To<A>]
): Outcome<A>;
export function gather(...args: unknown[]): unknown {
  return launch<Given & PeerValues & { tensor: unknown; gather_list?: unknown }>(GATHER, args, (group, given) => {
    const input = contiguous(given.tensor, 'tensor');
    const root = readPeer(group, 'dst', given, 0);
    const outputs = rootList(group, given.gather_list, 'gather_list', input, root);
    return collective(group, 'gather', { root, outputs, inputs: [input] });
  });
}

/** Writes into the tensor of each rank its part of `scatter_list` of rank `src`, by default 0; the others give none. */
export function scatter<A extends boolean = false>(
  tensor: Tensor,
  ...rest: [options?: ScatterOptions<A>] | [scatter_list: List | undefined, ...rest: From<A>]
): Outcome<A>;
export function scatter(...args: unknown[]): unknown {
  return launch<Given & PeerValues & { tensor: unknown; scatter_list?: unknown }>(SCATTER, args, (group, given) => {
    const output = contiguous(given.tensor, 'tensor');
    const root = readPeer(group, 'src', given, 0);
    const inputs = rootList(group, given.scatter_list, 'scatter_list', output, root);
    return collective(group, 'scatter', { root, outputs: [output], inputs });
  });
}

/** Reduces the lists of all ranks, tensor by tensor; each rank gets that of its own place. */
export function reduce_scatter<A extends boolean = false>(
  output: Tensor,
  input_list: readonly Tensor[],
  ...rest: Reducing<A>
): Outcome<A>;
export function reduce_scatter(...args: unknown[]): unknown {
  type Values = Given & { output: unknown; input_list: unknown; op?: unknown };
  return launch<Values>(REDUCE_SCATTER, args, (group, given) => {
    const output = contiguous(given.output, 'output');
    const inputs = list(group, given.input_list, 'input_list', output);
    return collective(group, 'reduce_scatter', { op: readOp(given.op, output), outputs: [output], inputs });
  });
}

/** Like {@link reduce_scatter}, with the tensors of each list in one, one after the other along its first dimension. */
export function reduce_scatter_tensor<A extends boolean = false>(
  output: Tensor,
  input: Tensor,
  ...rest: Reducing<A>
): Outcome<A>;
export function reduce_scatter_tensor(...args: unknown[]): unknown {
  type Values = Given & { output: unknown; input: unknown; op?: unknown };
  return launch<Values>(REDUCE_SCATTER_TENSOR, args, (group, given) => {
    const output = contiguous(given.output, 'output');
    const input = contiguous(given.input, 'input');
    checkWhole(group, input, 'input', output);
    const op = readOp(given.op, output);
    return collective(group, 'reduce_scatter_tensor', { op, outputs: [output], inputs: [input] });
  });
}

/**
 * Sends rows of `input` to each rank, and writes what each rank sends into `output`, in the order of the ranks.
 *
 * @throws TorchError `ERR_MISMATCH` if a rank does not expect as many elements as another one sends it
 */
export function all_to_all_single<A extends boolean = false>(
  output: Tensor,
  input: Tensor,
  ...rest:
    | [options?: SplitOptions<A>]
    | [output_split_sizes: SplitSizes, options?: SplitOptions<A>]
    | [output_split_sizes: SplitSizes, input_split_sizes: SplitSizes, ...rest: Tail<A>]
): Outcome<A>;
export function all_to_all_single(...args: unknown[]): unknown {
  type Values = Given & { output: unknown; input: unknown } & Record<`${'output' | 'input'}_split_sizes`, unknown>;
  return launch<Values>(ALL_TO_ALL_SINGLE, args, (group, given) => {
    const output = contiguous(given.output, 'output');
    const input = contiguous(given.input, 'input');
    checkDType(output, 'output', input);
    const output_splits = readSplits(group, given.output_split_sizes, 'output', output);
    const input_splits = readSplits(group, given.input_split_sizes, 'input', input);
    return collective(group, 'all_to_all_single', { outputs: [output], inputs: [input], output_splits, input_splits });
  });
}

type SplitSizes = readonly number[] | null | undefined;

function readSplits(group: Group, value: unknown, parameter: 'output' | 'input', tensor: Tensor): number[] {
  const rows = tensor.shape[0];
  if (rows === undefined) throw new ArgumentTypeError(parameter, 'a Tensor with rows', 'one without dimensions');
  const { length } = group.ranks;
  if (value == null || (isArray(value) && value.length === 0)) {
    if (rows % length === 0) return [];
    throw invalidValue(`${parameter}.shape[0]`, `a multiple of ${length}, or ${parameter}_split_sizes`, rows);
  }
  const sizes = readSizes(value, `${parameter}_split_sizes`);
  if (sizes.length !== length)
    throw invalidValue(`${parameter}_split_sizes`, `${length} sizes, one for each rank`, sizes.length);
  const sum = sizes.reduce((total, size) => total + size, 0);
  if (sum !== rows) throw invalidValue(`${parameter}_split_sizes`, `sizes with the sum ${rows}, the rows`, sum);
  return sizes;
}

/** Resolves once all ranks have called it. */
export function barrier<A extends boolean = false>(...rest: Tail<A>): Outcome<A>;
export function barrier(...args: unknown[]): unknown {
  return launch(BARRIER, args, (group) => collective(group, 'barrier', {}));
}

/** Options of {@link monitored_barrier}. */
export interface MonitoredBarrierOptions {
  /** The group whose ranks make the call. Default: the default group. */
  group?: GroupOrNone | null | undefined;
  /** How many seconds rank 0 waits for the others. Default: as long as other calls of the group. */
  timeout?: number | null | undefined;
  /** Name all ranks that do not come, not only the first one. Default false. */
  wait_all_ranks?: boolean | undefined;
}

/**
 * Like {@link barrier}, and rejects on rank 0 of the group with the ranks that do not come in time. It is not checked
 * against the other ranks' calls, and after an error the group cannot be used.
 *
 * @throws TorchError `ERR_TIMEOUT` that names a rank that does not come in time, `ERR_CONNECTION` if one has ended
 */
export function monitored_barrier(
  ...args:
    | [options?: MonitoredBarrierOptions]
    | [group: GroupOrNone | null | undefined, options?: MonitoredBarrierOptions]
    | [group: GroupOrNone | null | undefined, timeout?: number | null, wait_all_ranks?: boolean]
): Promise<void>;
export async function monitored_barrier(...args: unknown[]): Promise<void> {
  const given = readCall<Record<string, unknown>>(MONITORED_BARRIER, args);
  const { timeout, wait_all_ranks = false } = given;
  checkBoolean(wait_all_ranks, 'wait_all_ranks');
  const group = groupOf(given.group, 'monitored_barrier');
  if (group === null) {
    warnNotInGroup('monitored_barrier');
    return;
  }
  const most = timeout == null ? group.timeout : readTimeout(timeout);
  await onGroup(
    group,
    (lane, job) => native().deferred.c10d_monitored_barrier(lane, job, group.id, most, wait_all_ranks),
    () => undefined,
  );
}

interface Call {
  readonly op?: ReduceOp;
  /** A rank of the group. */
  readonly root?: number;
  readonly outputs?: readonly Tensor[];
  readonly inputs?: readonly Tensor[];
  readonly output_splits?: readonly number[];
  readonly input_splits?: readonly number[];
}

/** Makes a call on the group's lane: the ranks' calls are matched in the order in which they are made. */
function collective(group: Group, name: string, call: Call): Promise<void> {
  const { op = '', root = -1, outputs = [], inputs = [], output_splits = [], input_splits = [] } = call;
  const handles = (tensors: readonly Tensor[]) => tensors.map((tensor) => handleOf(tensor, 'tensor'));
  const values = [name, op, root, handles(outputs), handles(inputs), output_splits, input_splits] as const;
  return onGroup(
    group,
    (lane, job) => native().deferred.c10d_collective(lane, job, group.id, ...values),
    () => undefined,
  );
}

function readOp(op: unknown, tensor: unknown): ReduceOp {
  if (op === undefined) return ReduceOp.SUM;
  if (typeof op !== 'string' || !Object.hasOwn(ReduceOp, op)) {
    throw invalidValue('op', 'one of torch.distributed.ReduceOp', op);
  }
  if (op === 'AVG') throw invalidValue('op', 'one that Gloo has: SUM, then divide', op);
  if (isTensor(tensor) && (tensor as Tensor).dtype.startsWith('complex') && op !== 'SUM')
    throw invalidValue('op', 'SUM for complex numbers', op);
  return op as ReduceOp;
}

/** Checks that a tensor has room for a part of each rank. */
function checkWhole(group: Group, whole: Tensor, parameter: string, part: Tensor): void {
  checkDType(whole, parameter, part);
  const wanted = part.numel() * group.ranks.length;
  if (whole.numel() !== wanted)
    throw invalidValue(parameter, `${wanted} elements, the other tensor's for each rank`, whole.numel());
}
