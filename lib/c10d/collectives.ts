/** Collectives: calls that all ranks make together. Each waits on a thread of its own, never on the event loop. */
import { handleOf, isTensor } from '../addon/handle.js';
import { itemsOf } from '../addon/arguments.js';
import { native } from '../addon/native.js';
import { ArgumentTypeError, invalidType, invalidValue } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import { callShape, readCall } from '../base/positional.js';
import type { Tensor } from '../tensor/tensor.js';
import { currentGroup, type Group, onGroup } from './process_group.js';

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

const ALL_REDUCE = callShape('all_reduce', 'tensor, op?');
const BROADCAST = callShape('broadcast', 'tensor, src');
const REDUCE = callShape('reduce', 'tensor, dst, op?');
const ALL_GATHER = callShape('all_gather', 'tensor_list, tensor');
const ALL_GATHER_INTO = callShape('all_gather_into_tensor', 'output_tensor, input_tensor');
const GATHER = callShape('gather', 'tensor, gather_list?, dst?');
const SCATTER = callShape('scatter', 'tensor, scatter_list?, src?');
const REDUCE_SCATTER = callShape('reduce_scatter', 'output, input_list, op?');
const SEND = callShape('send', 'tensor, dst, tag?');
const RECV = callShape('recv', 'tensor, src, tag?');

/** Options of collectives that reduce. */
export interface ReduceOptions {
  /** Default `ReduceOp.SUM`. */
  op?: ReduceOp | undefined;
}

/**
 * Replaces the tensor on every rank by the sum over all ranks, or what `op` says. All ranks get the same bits.
 *
 * @throws TorchError `ERR_MISMATCH` if the ranks make different calls or give tensors of different sizes or dtypes,
 *   `ERR_CONNECTION` if a rank has ended, `ERR_TIMEOUT` if one does not come in time
 */
export function all_reduce(tensor: Tensor, op?: ReduceOp | ReduceOptions): Promise<void>;
export async function all_reduce(...args: unknown[]): Promise<void> {
  const { tensor, op } = readCall<{ tensor: unknown; op?: unknown }>(ALL_REDUCE, args);
  await collective('all_reduce', { op: readOp(op, tensor), outputs: [contiguous(tensor, 'tensor')] });
}

/** Replaces the tensor on every rank by that of rank `src`. */
export function broadcast(tensor: Tensor, src: number | { src: number }): Promise<void>;
export async function broadcast(...args: unknown[]): Promise<void> {
  const { tensor, src } = readCall<{ tensor: unknown; src: unknown }>(BROADCAST, args);
  await collective('broadcast', { peer: [src, 'src'], outputs: [contiguous(tensor, 'tensor')] });
}

/** Like {@link all_reduce}, for rank `dst` alone; what the others' tensors then hold is not defined. */
export function reduce(tensor: Tensor, dst: number, op?: ReduceOp | ReduceOptions): Promise<void>;
export async function reduce(...args: unknown[]): Promise<void> {
  const { tensor, dst, op } = readCall<{ tensor: unknown; dst: unknown; op?: unknown }>(REDUCE, args);
  await collective('reduce', { op: readOp(op, tensor), peer: [dst, 'dst'], outputs: [contiguous(tensor, 'tensor')] });
}

/** Writes the tensors of all ranks into `tensor_list`, one for each rank, on every rank. */
export function all_gather(tensor_list: readonly Tensor[], tensor: Tensor): Promise<void>;
export async function all_gather(...args: unknown[]): Promise<void> {
  const given = readCall<{ tensor_list: unknown; tensor: unknown }>(ALL_GATHER, args);
  const input = contiguous(given.tensor, 'tensor');
  const outputs = list(given.tensor_list, 'tensor_list', input);
  await collective('all_gather', { outputs, inputs: [input] });
}

/** Writes the tensors of all ranks into one tensor, one after the other along its first dimension. */
export function all_gather_into_tensor(output_tensor: Tensor, input_tensor: Tensor): Promise<void>;
export async function all_gather_into_tensor(...args: unknown[]): Promise<void> {
  const given = readCall<{ output_tensor: unknown; input_tensor: unknown }>(ALL_GATHER_INTO, args);
  const input = contiguous(given.input_tensor, 'input_tensor');
  const output = contiguous(given.output_tensor, 'output_tensor');
  const wanted = input.numel() * currentGroup('all_gather_into_tensor').world_size;
  if (output.numel() !== wanted)
    throw invalidValue('output_tensor', `${wanted} elements, the input's of all ranks`, output.numel());
  checkDType(output, 'output_tensor', input);
  await collective('all_gather_into_tensor', { outputs: [output], inputs: [input] });
}

/** Writes the tensors of all ranks into `gather_list` of rank `dst`; the other ranks give none. */
export function gather(tensor: Tensor, gather_list?: readonly Tensor[] | null, dst?: number): Promise<void>;
export function gather(
  tensor: Tensor,
  options?: { gather_list?: readonly Tensor[] | null | undefined; dst?: number | undefined },
): Promise<void>;
export async function gather(...args: unknown[]): Promise<void> {
  const {
    tensor,
    gather_list,
    dst = 0,
  } = readCall<{ tensor: unknown; gather_list?: unknown; dst?: unknown }>(GATHER, args);
  const input = contiguous(tensor, 'tensor');
  const isRoot = dst === currentGroup('gather').rank;
  const outputs = rootList(gather_list, 'gather_list', input, isRoot);
  await collective('gather', { peer: [dst, 'dst'], outputs, inputs: [input] });
}

/** Writes into the tensor of each rank its part of `scatter_list` of rank `src`; the other ranks give none. */
export function scatter(tensor: Tensor, scatter_list?: readonly Tensor[] | null, src?: number): Promise<void>;
export function scatter(
  tensor: Tensor,
  options?: { scatter_list?: readonly Tensor[] | null | undefined; src?: number | undefined },
): Promise<void>;
export async function scatter(...args: unknown[]): Promise<void> {
  const {
    tensor,
    scatter_list,
    src = 0,
  } = readCall<{ tensor: unknown; scatter_list?: unknown; src?: unknown }>(SCATTER, args);
  const output = contiguous(tensor, 'tensor');
  const isRoot = src === currentGroup('scatter').rank;
  const inputs = rootList(scatter_list, 'scatter_list', output, isRoot);
  await collective('scatter', { peer: [src, 'src'], outputs: [output], inputs });
}

/** Reduces the lists of all ranks, tensor by tensor; each rank gets that of its own place. */
export function reduce_scatter(
  output: Tensor,
  input_list: readonly Tensor[],
  op?: ReduceOp | ReduceOptions,
): Promise<void>;
export async function reduce_scatter(...args: unknown[]): Promise<void> {
  const given = readCall<{ output: unknown; input_list: unknown; op?: unknown }>(REDUCE_SCATTER, args);
  const output = contiguous(given.output, 'output');
  const inputs = list(given.input_list, 'input_list', output);
  await collective('reduce_scatter', { op: readOp(given.op, output), outputs: [output], inputs });
}

/** Resolves once all ranks have called it. */
export async function barrier(): Promise<void> {
  await collective('barrier', {});
}

/** Sends the tensor to rank `dst`, which calls {@link recv}. */
export function send(tensor: Tensor, dst: number, tag?: number | { tag?: number | undefined }): Promise<void>;
export async function send(...args: unknown[]): Promise<void> {
  const { tensor, dst, tag = 0 } = readCall<{ tensor: unknown; dst: unknown; tag?: unknown }>(SEND, args);
  await transfer('send', contiguous(tensor, 'tensor'), [dst, 'dst'], tag);
}

/** Receives into the tensor what rank `src` sends. */
export function recv(tensor: Tensor, src: number, tag?: number | { tag?: number | undefined }): Promise<void>;
export async function recv(...args: unknown[]): Promise<void> {
  const { tensor, src, tag = 0 } = readCall<{ tensor: unknown; src: unknown; tag?: unknown }>(RECV, args);
  await transfer('recv', contiguous(tensor, 'tensor'), [src, 'src'], tag);
}

async function transfer(
  name: 'send' | 'recv',
  tensor: Tensor,
  peer: readonly [value: unknown, parameter: string],
  tag: unknown,
): Promise<void> {
  if (!Number.isSafeInteger(tag)) throw invalidType('tag', 'an integer', tag);
  if ((tag as number) < 0 || (tag as number) >= 2 ** 30) throw invalidValue('tag', `0 to ${2 ** 30 - 1}`, tag);
  const { rank } = currentGroup(name);
  if (peer[0] === rank) throw invalidValue(peer[1], 'another rank', rank);
  await collective(name, { peer, tag: tag as number, outputs: [tensor] });
}

interface Call {
  readonly op?: ReduceOp;
  readonly peer?: readonly [value: unknown, parameter: string];
  readonly tag?: number;
  readonly outputs?: readonly Tensor[];
  readonly inputs?: readonly Tensor[];
}

/** Makes a call on the group's lane: the ranks' calls are matched in the order in which they are made. */
function collective(name: string, { op, peer, tag = 0, outputs = [], inputs = [] }: Call): Promise<void> {
  const group = currentGroup(name);
  const root = peer === undefined ? -1 : readRank(group, peer[0], peer[1]);
  const handles = (tensors: readonly Tensor[]) => tensors.map((tensor) => handleOf(tensor, 'tensor'));
  const call = [name, op ?? '', root, tag, handles(outputs), handles(inputs)] as const;
  return onGroup(
    group,
    (lane, job) => native().deferred.c10d_collective(lane, job, group.id, ...call),
    () => undefined,
  );
}

function readRank({ world_size }: Group, value: unknown, parameter: string): number {
  if (!Number.isSafeInteger(value)) throw invalidType(parameter, 'a rank', value);
  if ((value as number) < 0 || (value as number) >= world_size)
    throw invalidValue(parameter, `a rank, 0 to ${world_size - 1}`, value);
  return value as number;
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

/** A tensor whose elements lie one after the other, as collectives read and write them. */
function contiguous(value: unknown, parameter: string): Tensor {
  handleOf(value, parameter);
  const tensor = value as Tensor;
  if (tensor.is_contiguous()) return tensor;
  throw new ArgumentTypeError(parameter, 'a contiguous Tensor', 'another', undefined, 'call contiguous()');
}

function checkDType(tensor: Tensor, parameter: string, like: Tensor): void {
  if (tensor.dtype !== like.dtype)
    throw new ArgumentTypeError(parameter, `dtype ${like.dtype}, as the other tensor`, tensor.dtype);
}

/** One tensor for each rank, all like another one. */
function list(value: unknown, parameter: string, like: Tensor): Tensor[] {
  if (!isArray(value)) throw invalidType(parameter, 'an array of Tensors', value);
  const { world_size } = currentGroup(parameter);
  const tensors = itemsOf(value, parameter).map((tensor, index) => contiguous(tensor, `${parameter}[${index}]`));
  if (tensors.length !== world_size)
    throw invalidValue(parameter, `${world_size} Tensors, one for each rank`, tensors.length);
  for (const [index, tensor] of tensors.entries()) {
    checkDType(tensor, `${parameter}[${index}]`, like);
    if (tensor.numel() !== like.numel())
      throw invalidValue(`${parameter}[${index}]`, `${like.numel()} elements, as the other tensor`, tensor.numel());
  }
  return tensors;
}

/** The same on the root; other ranks give none. */
function rootList(value: unknown, parameter: string, like: Tensor, isRoot: boolean): Tensor[] {
  if (isRoot) return list(value, parameter, like);
  if (value == null || (isArray(value) && value.length === 0)) return [];
  throw new ArgumentTypeError(parameter, 'none on a rank that is not the root', 'some');
}
