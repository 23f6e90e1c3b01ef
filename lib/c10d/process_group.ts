/** The process group: who is in it, and when it is there. */
import { checkString, listOf } from '../addon/arguments.js';
import { checkNoBackward, Lane, onLane } from '../addon/lane.js';
import { cudaProblem, native } from '../addon/native.js';
import { invalidType, invalidValue, TorchError } from '../base/errors.js';
import { callShape, readCall } from '../base/positional.js';
import {
  addGroup,
  currentGroup,
  type Group,
  GroupMember,
  groupOf,
  type GroupOrNone,
  groupRank,
  hasWorld,
  nextName,
  onGroup,
  type ProcessGroup,
  removeGroup,
} from './group.js';
import { refuse } from './arguments.js';
import { rendezvous } from './rendezvous.js';
import { DEFAULT_TIMEOUT, readTimeout } from './timeout.js';

/** Options of {@link init_process_group}. */
export interface InitOptions {
  /** `'gloo'`. `'nccl'` is refused where there is no GPU. Default `'gloo'`. */
  backend?: 'gloo' | 'nccl' | undefined;
  /**
   * Where the ranks meet: `'env://'` for what `torchrun` sets (`MASTER_ADDR`, `MASTER_PORT`, `RANK`, `WORLD_SIZE`),
   * `'tcp://HOST:PORT'` of rank 0, or `'file:///PATH'` of a new file that all ranks see. Default `'env://'`.
   */
  init_method?: string | undefined;
  /** How many seconds a rank waits for the others, here and in each collective. Default 60. */
  timeout?: number | undefined;
  /** The number of ranks. Default: as in the environment. */
  world_size?: number | undefined;
  /** This process's rank, from 0 on. Default: as in the environment. */
  rank?: number | undefined;
}

const INIT = callShape('init_process_group', 'backend?, init_method?, timeout?, world_size?, rank?');
const NEW_GROUP = callShape(
  'new_group',
  'ranks?, timeout?, backend?, pg_options?, use_local_synchronization?, group_desc?, device_id?',
);

let joining = false;

/**
 * Joins the processes that train together. Resolves once all of them are there. A program that `torchrun` has started needs
 * no options; the example makes a group of one process.
 *
 * The addresses and keys are Python's, so a process of the same version of PyTorch may be a rank, too.
 *
 * @throws TorchError `ERR_NO_DISTRIBUTED` where the addon or LibTorch has no Gloo, `ERR_TIMEOUT` if not all ranks come in time
 * @example
 * ```ts
 * const one = { init_method: 'tcp://127.0.0.1:0', world_size: 1, rank: 0 };
 * await torch.distributed.init_process_group('gloo', one);
 * const sum = torch.tensor([torch.distributed.get_rank() + 1]);
 * await torch.distributed.all_reduce(sum);
 * sum.tolist();   // [1]
 * await torch.distributed.destroy_process_group();
 * ```
 */
export function init_process_group(options?: InitOptions): Promise<void>;
export function init_process_group(
  backend?: 'gloo' | 'nccl',
  init_method?: string,
  timeout?: number,
  world_size?: number,
  rank?: number,
): Promise<void>;
export function init_process_group(backend: 'gloo' | 'nccl', options: InitOptions): Promise<void>;
export async function init_process_group(...args: unknown[]): Promise<void> {
  const given = readCall<Record<keyof InitOptions, unknown>>(INIT, args);
  const { backend = 'gloo', init_method = 'env://', timeout = DEFAULT_TIMEOUT, world_size = -1, rank = -1 } = given;
  checkBackend(backend);
  if (typeof init_method !== 'string') throw invalidType('init_method', 'a string', init_method);
  const milliseconds = readTimeout(timeout);
  for (const [name, value] of Object.entries({ world_size, rank }))
    if (!Number.isSafeInteger(value)) throw invalidType(name, 'an integer', value);
  if (hasWorld() || joining) {
    throw new TorchError('ERR_BUSY', 'init_process_group: this process is in a group already');
  }
  const { host, port, serves, file, prefix, ...own } = rendezvous(init_method, rank as number, world_size as number);
  const problem = native().c10d_problem();
  if (problem !== '') throw new TorchError('ERR_NO_DISTRIBUTED', `init_process_group: ${problem}`);
  joining = true;
  try {
    const ranks = Array.from({ length: own.world_size }, (_, each) => each);
    await joined({ rank: own.rank, ranks, timeout: milliseconds }, (lane, job, id) =>
      native().deferred.c10d_join(
        lane,
        job,
        id,
        host,
        port,
        serves,
        file,
        prefix,
        own.rank,
        own.world_size,
        milliseconds,
      ),
    );
  } finally {
    joining = false;
  }
}

/** Joins a group on a lane of its own. */
async function joined(
  members: Pick<Group, 'rank' | 'ranks' | 'timeout'>,
  start: (lane: number, job: number, id: number, name: string) => void,
  on?: Group,
): Promise<GroupOrNone> {
  const name = nextName();
  const lane = new Lane({ threads: 1 });
  try {
    const id = native().c10d_reserve();
    const begin = (onto: number, job: number) => start(onto, job, id, name);
    const finish = (isMember: unknown) => isMember !== false;
    const isMember = on === undefined ? await onLane(begin, finish, { lane }) : await onGroup(on, begin, finish);
    if (isMember) return addGroup({ ...members, id, name, lane });
    lane.dispose();
    return GroupMember.NON_GROUP_MEMBER;
  } catch (error) {
    lane.dispose();
    throw error;
  }
}

/** Options of {@link new_group}. */
export interface NewGroupOptions {
  /** The ranks that are in the group. Default: all. They are sorted, as in Python. */
  ranks?: readonly number[] | null | undefined;
  /** How many seconds a rank waits for the others. Default 60. */
  timeout?: number | null | undefined;
  /** Default: that of the default group, `'gloo'`. */
  backend?: 'gloo' | 'nccl' | null | undefined;
  /** A description for people, which nothing reads. */
  group_desc?: string | null | undefined;
}

/**
 * Makes a group of some ranks, for calls that only they make. All ranks of the default group make this call, with the same
 * ranks and in the same order, also those that are not in the new group: they get `GroupMember.NON_GROUP_MEMBER`.
 *
 * Calls in different groups do not wait for each other. Ranks in arguments such as `src` are those of the default group,
 * as in Python.
 *
 * @throws TorchError `ERR_MISMATCH` if the ranks of the default group name different ranks, `ERR_NOT_IMPLEMENTED` for
 *   `pg_options`, `use_local_synchronization` and `device_id`
 * @example
 * ```ts
 * const one = { init_method: 'tcp://127.0.0.1:0', world_size: 1, rank: 0 };
 * await torch.distributed.init_process_group('gloo', one);
 * const pair = await torch.distributed.new_group([0]);
 * const sum = torch.tensor([1, 2]);
 * await torch.distributed.all_reduce(sum, { group: pair });
 * torch.distributed.get_world_size(pair);   // 1
 * await torch.distributed.destroy_process_group();
 * ```
 */
export function new_group(options?: NewGroupOptions): Promise<GroupOrNone>;
export function new_group(ranks: readonly number[] | null, options?: NewGroupOptions): Promise<GroupOrNone>;
export function new_group(
  ranks?: readonly number[] | null,
  timeout?: number | null,
  backend?: 'gloo' | 'nccl' | null,
): Promise<GroupOrNone>;
export async function new_group(...args: unknown[]): Promise<GroupOrNone> {
  const given = readCall<Record<string, unknown>>(NEW_GROUP, args);
  const { ranks, timeout, backend, group_desc } = given;
  refuse('pg_options', given.pg_options, 'Gloo has none');
  refuse('device_id', given.device_id, 'Gloo binds no device');
  refuse('use_local_synchronization', given.use_local_synchronization, 'all ranks take part in new_group');
  checkBackend(backend ?? 'gloo');
  if (group_desc != null) checkString(group_desc, 'group_desc');
  const milliseconds = readTimeout(timeout ?? DEFAULT_TIMEOUT);
  const whole = currentGroup('new_group');
  const members = ranks == null ? whole.ranks : readRanks(ranks, whole.ranks.length);
  return joined(
    { rank: members.indexOf(whole.rank), ranks: members, timeout: milliseconds },
    (lane, job, id, name) => native().deferred.c10d_join_part(lane, job, id, whole.id, name, members, milliseconds),
    whole,
  );
}

function readRanks(value: unknown, world_size: number): number[] {
  const ranks = listOf(value, 'ranks', 'an array of ranks') as number[];
  for (const rank of ranks) {
    if (!Number.isSafeInteger(rank)) throw invalidType('ranks', 'ranks', rank);
    if (rank < 0 || rank >= world_size) throw invalidValue('ranks', `ranks, 0 to ${world_size - 1}`, rank);
  }
  if (ranks.length === 0) throw invalidValue('ranks', 'at least one rank', ranks);
  if (new Set(ranks).size !== ranks.length) throw invalidValue('ranks', 'each rank once', ranks.join(', '));
  return ranks.sort((a, b) => a - b);
}

function checkBackend(backend: unknown): void {
  if (backend === 'gloo') return;
  if (backend !== 'nccl') throw invalidValue('backend', "'gloo' or 'nccl'", backend);
  const problem = cudaProblem();
  if (problem !== undefined) {
    throw new TorchError('ERR_NO_CUDA', `backend: 'nccl' needs a CUDA device: ${problem}. On the CPU use 'gloo'`, {
      parameter: 'backend',
    });
  }
  throw new TorchError(
    'ERR_NOT_IMPLEMENTED',
    "backend: 'nccl' is not built into the addon; 'gloo' takes CUDA tensors as well, by way of host memory",
    { parameter: 'backend' },
  );
}

/** Whether {@link init_process_group} can work here: whether the addon and LibTorch have been built with Gloo. */
export function is_available(): boolean {
  return native().c10d_problem() === '';
}

/** Whether there is Gloo; the same as {@link is_available}. */
export function is_gloo_available(): boolean {
  return is_available();
}

/** Whether there is NCCL: never, so far. */
export function is_nccl_available(): boolean {
  return false;
}

/** Whether this process is in a group. */
export function is_initialized(): boolean {
  return hasWorld();
}

/** Whether `torchrun` has started this process. */
export function is_torchelastic_launched(): boolean {
  return process.env.TORCHELASTIC_RUN_ID !== undefined;
}

/** This process's rank, from 0 on: in the default group, or in another one; -1 if it is not in that one. */
export function get_rank(group?: GroupOrNone | null): number {
  return groupOf(group, 'get_rank')?.rank ?? -1;
}

/** The number of ranks of the default group, or of another one; -1 if this process is not in that one. */
export function get_world_size(group?: GroupOrNone | null): number {
  return groupOf(group, 'get_world_size')?.ranks.length ?? -1;
}

/** `'gloo'`. */
export function get_backend(group?: ProcessGroup | null): 'gloo' {
  return ownGroup(group, 'get_backend').backend;
}

/** The ranks of the default group that are in a group, by their ranks there. */
export function get_process_group_ranks(group?: ProcessGroup | null): number[] {
  return [...ownGroup(group, 'get_process_group_ranks').ranks];
}

/**
 * The rank in a group of a rank of the default group.
 *
 * @throws RangeError if that rank is not in the group
 */
export function get_group_rank(group: ProcessGroup, global_rank: number): number {
  return groupRank(ownGroup(group, 'get_group_rank'), global_rank, 'global_rank');
}

/**
 * The rank in the default group of a rank of a group.
 *
 * @throws RangeError if the group has no such rank
 */
export function get_global_rank(group: ProcessGroup, group_rank: number): number {
  const { ranks } = ownGroup(group, 'get_global_rank');
  if (!Number.isSafeInteger(group_rank)) throw invalidType('group_rank', 'a rank', group_rank);
  const found = ranks[group_rank];
  if (found === undefined)
    throw invalidValue('group_rank', `a rank of the group, 0 to ${ranks.length - 1}`, group_rank);
  return found;
}

/** A group in which this process is. */
function ownGroup(value: unknown, what: string): Group {
  const found = groupOf(value, what);
  if (found !== null) return found;
  throw invalidValue('group', 'a group in which this process is', value);
}

/**
 * Leaves a group, after the calls made so far; leaving the default group leaves all. What other ranks still expect of this
 * one then fails there. `DistributedDataParallel` modules of the group end with it.
 *
 * @param group - default: the default group
 */
export async function destroy_process_group(group?: GroupOrNone | null): Promise<void> {
  const found = groupOf(group, 'destroy_process_group');
  if (found === null) return;
  checkNoBackward('destroy_process_group');
  await Promise.all(removeGroup(found).map(leave));
}

async function leave(left: Group): Promise<void> {
  for (const reducer of left.reducers) native().ddp_close(reducer);
  left.reducers.clear();
  await Promise.allSettled(left.open);
  await onGroup(
    left,
    (lane, job) => native().deferred.c10d_leave(lane, job, left.id),
    () => undefined,
  );
  for (const lane of [left.lane, ...left.idle]) lane.dispose();
}
