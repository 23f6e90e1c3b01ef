/** The process group: who is in it, and when it is there. */
import { checkNoBackward, Lane, onLane } from '../addon/lane.js';
import { cudaProblem, native } from '../addon/native.js';
import { invalidType, invalidValue, TorchError } from '../base/errors.js';
import { callShape, readCall } from '../base/positional.js';
import { rendezvous } from './rendezvous.js';

/** The group of this process. */
export interface Group {
  readonly id: number;
  readonly backend: 'gloo';
  readonly rank: number;
  readonly world_size: number;
  /** Where collectives wait for the other ranks, one after the other. */
  readonly lane: Lane;
  /** Collectives that are not done. */
  pending: number;
  /** Reducers of this group, which end with it. */
  readonly reducers: Set<number>;
}

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
const DEFAULT_TIMEOUT = 60;

let group: Group | undefined;
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
  if (typeof timeout !== 'number') throw invalidType('timeout', 'a number of seconds', timeout);
  if (!(timeout > 0 && timeout <= 2 ** 31 / 1000)) throw invalidValue('timeout', 'seconds above 0', timeout);
  for (const [name, value] of Object.entries({ world_size, rank }))
    if (!Number.isSafeInteger(value)) throw invalidType(name, 'an integer', value);
  if (group !== undefined || joining) {
    throw new TorchError('ERR_BUSY', 'init_process_group: this process is in a group already');
  }
  const { host, port, serves, file, prefix, ...own } = rendezvous(init_method, rank as number, world_size as number);
  const problem = native().c10d_problem();
  if (problem !== '') throw new TorchError('ERR_NO_DISTRIBUTED', `init_process_group: ${problem}`);
  joining = true;
  // The lane comes first, so that it ends after what its calls wait for.
  const lane = new Lane({ threads: 1 });
  try {
    const id = native().c10d_reserve();
    await onLane(
      (on, job) =>
        native().deferred.c10d_join(
          on,
          job,
          id,
          host,
          port,
          serves,
          file,
          prefix,
          own.rank,
          own.world_size,
          Math.ceil(timeout * 1000),
        ),
      () => undefined,
      { lane },
    );
    group = { id, backend: 'gloo', ...own, lane, pending: 0, reducers: new Set() };
  } catch (error) {
    lane.dispose();
    throw error;
  } finally {
    joining = false;
  }
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

/** The group of this process. */
export function currentGroup(what: string): Group {
  if (group !== undefined) return group;
  throw new TorchError(
    'ERR_NOT_INITIALIZED',
    `${what}: there is no process group; await torch.distributed.init_process_group() first`,
  );
}

/**
 * The group, for a call that waits for the other ranks in this thread.
 *
 * @throws TorchError `ERR_BUSY` if collectives are not done: the ranks could make their calls in different orders
 */
export function idleGroup(what: string): Group {
  const found = currentGroup(what);
  if (found.pending === 0) return found;
  throw new TorchError('ERR_BUSY', `${what}: a collective is not done; await it first`);
}

/** Makes a call on the group's lane, after the calls before it. */
export async function onGroup<V, T>(
  found: Group,
  start: (lane: number, job: number) => void,
  finish: (value: V) => T,
): Promise<T> {
  found.pending++;
  try {
    return await onLane(start, finish, { lane: found.lane });
  } finally {
    found.pending--;
  }
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
  return group !== undefined;
}

/** Whether `torchrun` has started this process. */
export function is_torchelastic_launched(): boolean {
  return process.env.TORCHELASTIC_RUN_ID !== undefined;
}

/** This process's rank, from 0 on. */
export function get_rank(): number {
  return currentGroup('get_rank').rank;
}

/** The number of ranks. */
export function get_world_size(): number {
  return currentGroup('get_world_size').world_size;
}

/** `'gloo'`. */
export function get_backend(): 'gloo' {
  return currentGroup('get_backend').backend;
}

/**
 * Leaves the group, after the collectives made so far. What other ranks still expect of this one then fails there.
 * `DistributedDataParallel` modules of this process end with it.
 */
export async function destroy_process_group(): Promise<void> {
  const found = currentGroup('destroy_process_group');
  checkNoBackward('destroy_process_group');
  group = undefined;
  for (const reducer of found.reducers) native().ddp_close(reducer);
  found.reducers.clear();
  await onGroup(
    found,
    (lane, job) => native().deferred.c10d_leave(lane, job, found.id),
    () => undefined,
  );
  found.lane.dispose();
}
