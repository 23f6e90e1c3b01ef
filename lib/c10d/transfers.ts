/** Transfers: tensors that one rank sends to another. */
import { itemsOf } from '../addon/arguments.js';
import { handleOf } from '../addon/handle.js';
import { native } from '../addon/native.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isArray, isInstance } from '../base/plain_object.js';
import { callShape, type CallShape, readCall } from '../base/positional.js';
import type { Tensor } from '../tensor/tensor.js';
import { contiguous, type PeerValues, readPeer } from './arguments.js';
import { groupOf, type GroupOrNone, onTransfer, warnNotInGroup } from './group.js';
import { Work } from './work.js';

const [SEND, ISEND] = ['send', 'isend'].map((name) => callShape(name, 'tensor, dst?, group?, tag?, group_dst?')) as [
  CallShape,
  CallShape,
];
const [RECV, IRECV] = ['recv', 'irecv'].map((name) => callShape(name, 'tensor, src?, group?, tag?, group_src?')) as [
  CallShape,
  CallShape,
];

/** Options of transfers. */
export interface TransferOptions {
  /** The group in which both ranks are. Default: the default group. */
  group?: GroupOrNone | null | undefined;
  /** Transfers with different tags do not wait for each other. Default 0. */
  tag?: number | undefined;
}

/** Options of {@link send} and {@link isend}. */
export interface SendOptions extends TransferOptions {
  /** The rank that receives, as a rank of the default group. */
  dst?: number | null | undefined;
  /** The same as a rank of `group`, instead of `dst`. */
  group_dst?: number | null | undefined;
}

/** Options of {@link recv} and {@link irecv}. */
export interface ReceiveOptions extends TransferOptions {
  /** The rank that sends, as a rank of the default group. Default: any. */
  src?: number | null | undefined;
  /** The same as a rank of `group`, instead of `src`. */
  group_src?: number | null | undefined;
}

type Peer = number | null | undefined;
type Sending =
  | [options: SendOptions]
  | [dst: Peer, options?: SendOptions]
  | [dst: Peer, group: GroupOrNone | null | undefined, options?: SendOptions]
  | [dst: Peer, group: GroupOrNone | null | undefined, tag?: number, group_dst?: number];
type Receiving =
  | [options?: ReceiveOptions]
  | [src: Peer, options?: ReceiveOptions]
  | [src: Peer, group: GroupOrNone | null | undefined, options?: ReceiveOptions]
  | [src: Peer, group: GroupOrNone | null | undefined, tag?: number, group_src?: number];

/**
 * Sends the tensor to rank `dst`, which calls {@link recv}. Resolves once that rank has received it.
 *
 * Transfers between the same two ranks with the same tag keep their order. Others do not wait for each other, nor for
 * collectives.
 *
 * @throws TorchError `ERR_MISMATCH` if the other rank expects another size or dtype, `ERR_CONNECTION` if it has ended,
 *   `ERR_TIMEOUT` if it does not receive in time
 */
export function send(tensor: Tensor, ...rest: Sending): Promise<void>;
export async function send(...args: unknown[]): Promise<void> {
  await transfer(SEND, args);
}

/**
 * Receives into the tensor what rank `src` sends, or any rank if there is no `src`. Resolves with the rank that sent it; with
 * -1 in a process that is not in the group.
 */
export function recv(tensor: Tensor, ...rest: Receiving): Promise<number>;
export async function recv(...args: unknown[]): Promise<number> {
  return (await transfer(RECV, args)) ?? -1;
}

/** Like {@link send}; gives a {@link Work}, or `null` in a process that is not in the group. */
export function isend(tensor: Tensor, ...rest: Sending): Work | null;
export function isend(...args: unknown[]): Work | null {
  return workOf(transfer(ISEND, args));
}

/** Like {@link recv}; gives a {@link Work}, or `null` in a process that is not in the group. */
export function irecv(tensor: Tensor, ...rest: Receiving): Work | null;
export function irecv(...args: unknown[]): Work | null {
  return workOf(transfer(IRECV, args));
}

function workOf(done: Promise<number> | null): Work | null {
  return done && new Work(done);
}

/** Starts a transfer, which gives the other rank. */
function transfer(shape: CallShape, args: readonly unknown[]): Promise<number> | null {
  const given = readCall<PeerValues & Record<'tensor' | 'group' | 'tag', unknown>>(shape, args);
  const group = groupOf(given.group, shape.name);
  if (group === null) {
    warnNotInGroup(shape.name);
    return null;
  }
  const tensor = contiguous(given.tensor, 'tensor');
  const { tag = 0 } = given;
  if (!Number.isSafeInteger(tag)) throw invalidType('tag', 'an integer', tag);
  if ((tag as number) < 0 || (tag as number) >= 2 ** 30) throw invalidValue('tag', `0 to ${2 ** 30 - 1}`, tag);
  const sends = shape === SEND || shape === ISEND;
  const name = sends ? 'dst' : 'src';
  const isAny = !sends && given.src == null && given.group_src == null;
  const peer = isAny ? -1 : readPeer(group, name, given);
  if (peer === group.rank) throw invalidValue(name, 'another rank', given[name] ?? given[`group_${name}`]);
  const handle = handleOf(tensor, 'tensor');
  return onTransfer(
    group,
    `${name} ${peer} ${tag as number}`,
    (lane, job) => native().deferred.c10d_transfer(lane, job, group.id, sends, peer, tag as number, handle),
    (other: number) => group.ranks[other] as number,
  );
}

/** A transfer for {@link batch_isend_irecv}. */
export class P2POp {
  readonly op: typeof isend | typeof irecv;
  readonly tensor: Tensor;
  readonly peer: Peer;
  readonly group: GroupOrNone | null | undefined;
  readonly tag: number;
  readonly group_peer: Peer;

  /**
   * @param op - {@link isend} or {@link irecv}
   * @param peer - the other rank, as a rank of the default group
   * @param group_peer - the same as a rank of `group`, instead of `peer`
   */
  constructor(
    op: typeof isend | typeof irecv,
    tensor: Tensor,
    peer?: Peer,
    group?: GroupOrNone | null,
    tag = 0,
    group_peer?: Peer,
  ) {
    if (op !== isend && op !== irecv) throw invalidType('op', 'isend or irecv', op);
    this.op = op;
    this.tensor = tensor;
    this.peer = peer;
    this.group = group;
    this.tag = tag;
    this.group_peer = group_peer;
  }
}

/** Starts several transfers; gives a {@link Work} for each that is in a group of this process. */
export function batch_isend_irecv(p2p_op_list: readonly P2POp[]): Work[] {
  const list = isArray(p2p_op_list) ? (itemsOf(p2p_op_list, 'p2p_op_list') as P2POp[]) : [];
  if (list.length === 0 || !list.every((each) => isInstance(each, P2POp)))
    throw invalidType('p2p_op_list', 'an array of P2POps', p2p_op_list);
  return list
    .map(({ op, tensor, peer, group, tag, group_peer }) =>
      op === isend
        ? isend(tensor, { dst: peer, group, tag, group_dst: group_peer })
        : irecv(tensor, { src: peer, group, tag, group_src: group_peer }),
    )
    .filter((work) => work !== null);
}
