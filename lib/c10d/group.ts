/** Process groups: who is in them, and where their calls wait. */
import { Lane, onLane } from '../addon/lane.js';
import { invalidType, invalidValue, TorchError } from '../base/errors.js';
import { isInstance } from '../base/plain_object.js';
import { warnOnce } from '../base/warnings.js';

/** What belongs to a group in which this process is. */
export interface Group {
  readonly id: number;
  readonly backend: 'gloo';
  /** As in Python: the default group is `'0'`, and the groups made later are counted from there. */
  readonly name: string;
  /** This process's rank in the group. */
  readonly rank: number;
  /** The ranks of the default group that are in this one, by their ranks here. */
  readonly ranks: readonly number[];
  /** How many milliseconds a rank waits for the others. */
  readonly timeout: number;
  /** Where collectives wait for the other ranks, one after the other. */
  readonly lane: Lane;
  /** Collectives that are not done. */
  pending: number;
  /** Where transfers wait for the other rank: those that have to keep their order share a lane. */
  readonly transfers: Map<string, { readonly lane: Lane; pending: number }>;
  /** Lanes of transfers that are done, to be used again. */
  readonly idle: Lane[];
  /** Transfers that are not done. */
  readonly open: Set<Promise<unknown>>;
  /** Reducers of this group, which end with it. */
  readonly reducers: Set<number>;
  readonly handle: ProcessGroup;
}

let groupOfHandle: (handle: ProcessGroup) => Group | undefined;
let setGroup: (handle: ProcessGroup, group: Group | undefined) => void;

/** A group of processes, made by `init_process_group` or `new_group`. */
export class ProcessGroup {
  static {
    groupOfHandle = (handle) => (#group in handle ? handle.#group : undefined);
    setGroup = (handle, group) => {
      handle.#group = group;
    };
  }

  #group: Group | undefined;

  /** This process's rank in the group. */
  rank(): number {
    return liveGroup(this, 'rank').rank;
  }

  /** The number of ranks. */
  size(): number {
    return liveGroup(this, 'size').ranks.length;
  }

  /** The backend: `'gloo'`. */
  name(): 'gloo' {
    return liveGroup(this, 'name').backend;
  }

  /** `'0'` for the default group; the groups made by `new_group` are counted from there. */
  get group_name(): string {
    return liveGroup(this, 'group_name').name;
  }
}

/** The default group, and what stands for a group in which this process is not. */
export const GroupMember = Object.freeze({
  /** The default group; `null` before `init_process_group`. */
  get WORLD(): ProcessGroup | null {
    return world?.handle ?? null;
  },
  /** What `new_group` gives a process that is not in the new group. */
  NON_GROUP_MEMBER: -100,
} as const);

/** The default group. */
export const group = Object.freeze({
  /** The default group; `null` before `init_process_group`. */
  get WORLD(): ProcessGroup | null {
    return GroupMember.WORLD;
  },
});

/** A group, or the mark of a process that is not in it. */
export type GroupOrNone = ProcessGroup | typeof GroupMember.NON_GROUP_MEMBER;

let world: Group | undefined;
let count = 0;

/** The groups in which this process is, by their names. */
const groups = new Map<string, Group>();

/** The name of the next group. */
export function nextName(): string {
  return String(count++);
}

/** Adds a group that has been joined; the first one is the default group. */
export function addGroup(members: Pick<Group, 'id' | 'name' | 'rank' | 'ranks' | 'timeout' | 'lane'>): ProcessGroup {
  const handle = new ProcessGroup();
  const added: Group = {
    ...members,
    backend: 'gloo',
    pending: 0,
    transfers: new Map(),
    idle: [],
    open: new Set(),
    reducers: new Set(),
    handle,
  };
  setGroup(handle, added);
  groups.set(added.name, added);
  world ??= added;
  return handle;
}

/** Takes away a group, and all others with the default group. Gives what was taken away, the newest group first. */
export function removeGroup(removed: Group): Group[] {
  const found = removed === world ? [...groups.values()].toReversed() : [removed];
  for (const each of found) {
    setGroup(each.handle, undefined);
    groups.delete(each.name);
  }
  if (removed === world) {
    world = undefined;
    count = 0;
  }
  return found;
}

/** Whether there is a default group. */
export function hasWorld(): boolean {
  return world !== undefined;
}

/** The default group. */
export function currentGroup(what: string): Group {
  if (world !== undefined) return world;
  throw new TorchError(
    'ERR_NOT_INITIALIZED',
    `${what}: there is no process group; await torch.distributed.init_process_group() first`,
  );
}

/** The group that an argument names: by default the whole, and `null` for one in which this process is not. */
export function groupOf(value: unknown, what: string): Group | null {
  const whole = currentGroup(what);
  if (value == null) return whole;
  if (value === GroupMember.NON_GROUP_MEMBER) return null;
  if (isInstance(value, ProcessGroup)) return liveGroup(value, what);
  throw invalidType('group', 'a ProcessGroup', value);
}

function liveGroup(handle: ProcessGroup, what: string): Group {
  const found = groupOfHandle(handle);
  if (found !== undefined) return found;
  throw new TorchError('ERR_NOT_INITIALIZED', `${what}: the process group has been destroyed`);
}

/** The rank in a group of a rank of the default group that an argument names. */
export function groupRank({ ranks }: Group, global_rank: unknown, parameter: string): number {
  if (!Number.isSafeInteger(global_rank)) throw invalidType(parameter, 'a rank', global_rank);
  const rank = ranks.indexOf(global_rank as number);
  if (rank >= 0) return rank;
  const isWhole = ranks.length === (ranks.at(-1) as number) + 1;
  const expected = isWhole ? `a rank, 0 to ${ranks.length - 1}` : `a rank of the group, one of ${ranks.join(', ')}`;
  throw invalidValue(parameter, expected, global_rank);
}

/** Warns, as Python does, of a call in a group in which this process is not. */
export function warnNotInGroup(what: string): void {
  const rank = world?.rank ?? -1;
  warnOnce(`Running ${what} on global rank ${rank} which does not belong to the given group.`);
}

/**
 * Checks that a call may wait for the other ranks in this thread.
 *
 * @throws TorchError `ERR_BUSY` if collectives are not done: the ranks could make their calls in different orders
 */
export function checkIdle({ pending }: Group, what: string): void {
  if (pending > 0) throw new TorchError('ERR_BUSY', `${what}: a collective is not done; await it first`);
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

/**
 * Makes a transfer of a group. Transfers of one kind, such as those to one rank with one tag, keep their order; others do
 * not wait for each other.
 */
export async function onTransfer<V, T>(
  found: Group,
  kind: string,
  start: (lane: number, job: number) => void,
  finish: (value: V) => T,
): Promise<T> {
  let used = found.transfers.get(kind);
  if (used === undefined) {
    used = { lane: found.idle.pop() ?? new Lane({ threads: 1 }), pending: 0 };
    found.transfers.set(kind, used);
  }
  used.pending++;
  const done = onLane(start, finish, { lane: used.lane });
  found.open.add(done);
  try {
    return await done;
  } finally {
    found.open.delete(done);
    used.pending--;
    if (used.pending === 0) {
      found.transfers.delete(kind);
      found.idle.push(used.lane);
    }
  }
}
