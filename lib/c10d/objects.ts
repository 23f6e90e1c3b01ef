/** Collectives of JavaScript values: what structured clones can hold. */
import { deserialize, serialize } from 'node:v8';
import { itemsOf } from '../addon/arguments.js';
import { handleOf } from '../addon/handle.js';
import { native } from '../addon/native.js';
import type { Handle } from '../addon/opaque.js';
import { ArgumentTypeError, invalidType, invalidValue, TorchError } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import { callShape, type CallShape, readCall } from '../base/positional.js';
import { tensor } from '../tensor/creation.js';
import { wrap } from '../tensor/results.js';
import type { Tensor } from '../tensor/tensor.js';
import { readPeer } from './arguments.js';
import { type Group, groupOf, type GroupOrNone, onGroup, warnNotInGroup } from './group.js';

const ALL_GATHER_OBJECT = callShape('all_gather_object', 'object_list, obj, group?');
const GATHER_OBJECT = callShape('gather_object', 'obj, object_gather_list?, dst?, group?, group_dst?');
const BROADCAST_OBJECT_LIST = callShape('broadcast_object_list', 'object_list, src?, group?, device?, group_src?');
const SCATTER_OBJECT_LIST = callShape(
  'scatter_object_list',
  'scatter_object_output_list, scatter_object_input_list?, src?, group?, group_src?',
);

type Values = Readonly<Record<string, unknown>>;
type Peer = number | null | undefined;
type MaybeGroup = GroupOrNone | null | undefined;

/** Options of {@link all_gather_object}. */
export interface ObjectOptions {
  /** The group whose ranks make the call. Default: the default group. */
  group?: MaybeGroup;
}

/** Options of {@link broadcast_object_list} and {@link scatter_object_list}. */
export interface ObjectSourceOptions extends ObjectOptions {
  /** The rank that gives the values, as a rank of the default group. */
  src?: Peer;
  /** The same as a rank of `group`, instead of `src`. */
  group_src?: Peer;
}

/** Options of {@link gather_object}. */
export interface GatherObjectOptions extends ObjectOptions {
  /** On rank `dst` the array that gets the values; `null` elsewhere. */
  object_gather_list?: unknown[] | null | undefined;
  /** The rank that gets the values, as a rank of the default group. Default 0. */
  dst?: Peer;
  /** The same as a rank of `group`, instead of `dst`. */
  group_dst?: Peer;
}

/**
 * Writes the values of all ranks into `object_list`, in the order of the ranks.
 *
 * Values are copied as `structuredClone` copies them: plain objects, arrays, Maps, Sets, dates, typed arrays, bigints. Tensors
 * and modules are refused: use the collectives of tensors, or `state_dict`. All ranks have to be torchloss: Python's ranks
 * send pickles, which are programs, and torchloss does not run them. Values come from processes that are trusted as much as
 * this one.
 *
 * @throws TorchError `ERR_MISMATCH` if a rank is Python's or makes another call, TypeError for values that cannot be copied
 * @example
 * ```ts
 * const one = { init_method: 'tcp://127.0.0.1:0', world_size: 1, rank: 0 };
 * await torch.distributed.init_process_group('gloo', one);
 * const all: unknown[] = [];
 * await torch.distributed.all_gather_object(all, { rank: torch.distributed.get_rank() });
 * console.log(all);   // [ { rank: 0 } ]
 * await torch.distributed.destroy_process_group();
 * ```
 */
export function all_gather_object(object_list: unknown[], obj: unknown, group?: MaybeGroup): Promise<void>;
export function all_gather_object(object_list: unknown[], obj: unknown, options: ObjectOptions): Promise<void>;
export async function all_gather_object(...args: unknown[]): Promise<void> {
  await objects(ALL_GATHER_OBJECT, withOptions(args, 2), (group, { object_list, obj }) => {
    const places = readPlaces(object_list, 'object_list');
    return { given: [obj], parameter: 'obj', places };
  });
}

/**
 * Like {@link all_gather_object}, for rank `dst` alone.
 *
 * @throws as {@link all_gather_object}
 */
export function gather_object(
  obj: unknown,
  object_gather_list?: unknown[] | null,
  dst?: Peer,
  group?: MaybeGroup,
  group_dst?: Peer,
): Promise<void>;
export function gather_object(obj: unknown, options: GatherObjectOptions): Promise<void>;
export function gather_object(
  obj: unknown,
  object_gather_list: unknown[] | null,
  options: GatherObjectOptions,
): Promise<void>;
export async function gather_object(...args: unknown[]): Promise<void> {
  await objects(GATHER_OBJECT, withOptions(args, 1), (group, given) => {
    const root = readPeer(group, 'dst', given, 0);
    const list = given.object_gather_list;
    if (group.rank !== root && list != null)
      throw new ArgumentTypeError('object_gather_list', 'none on a rank that is not dst', 'some');
    const places = group.rank === root ? readPlaces(list, 'object_gather_list') : [];
    return { root, given: [given.obj], parameter: 'obj', places };
  });
}

/**
 * Replaces the values in `object_list` on every rank by those of rank `src`. All ranks give arrays of the same length. Values
 * are copied as {@link all_gather_object} copies them.
 *
 * @throws as {@link all_gather_object}
 */
export function broadcast_object_list(object_list: unknown[], src: number, group?: MaybeGroup): Promise<void>;
export function broadcast_object_list(object_list: unknown[], options: ObjectSourceOptions): Promise<void>;
export function broadcast_object_list(object_list: unknown[], src: number, options: ObjectSourceOptions): Promise<void>;
export async function broadcast_object_list(...args: unknown[]): Promise<void> {
  await objects(BROADCAST_OBJECT_LIST, args, (group, given) => {
    const { device } = given;
    if (device != null) throw invalidValue('device', 'none: values travel through host memory', device);
    const root = readPeer(group, 'src', given);
    const places = readPlaces(given.object_list, 'object_list');
    if (places.length === 0) throw invalidValue('object_list', 'at least one value', 0);
    const isRoot = group.rank === root;
    return {
      root,
      given: isRoot ? itemsOf(places, 'object_list') : [],
      count: places.length,
      parameter: 'object_list',
      places: isRoot ? [] : places,
    };
  });
}

/**
 * Writes into the first place of `scatter_object_output_list` this rank's part of `scatter_object_input_list` of rank `src`,
 * by default 0; the other ranks give none. Values are copied as {@link all_gather_object} copies them.
 *
 * @throws as {@link all_gather_object}
 */
export function scatter_object_list(
  scatter_object_output_list: unknown[],
  scatter_object_input_list?: readonly unknown[] | null,
  src?: Peer,
  group?: MaybeGroup,
  group_src?: Peer,
): Promise<void>;
export function scatter_object_list(
  scatter_object_output_list: unknown[],
  scatter_object_input_list: readonly unknown[] | null,
  options: ObjectSourceOptions,
): Promise<void>;
export async function scatter_object_list(...args: unknown[]): Promise<void> {
  await objects(SCATTER_OBJECT_LIST, args, (group, values) => {
    const root = readPeer(group, 'src', values, 0);
    const places = readPlaces(values.scatter_object_output_list, 'scatter_object_output_list');
    const parameter = 'scatter_object_input_list';
    const given = group.rank === root ? readForAll(values[parameter], parameter, group) : [];
    return { root, given, parameter, places };
  });
}

/** An array with a value for each rank. */
function readForAll(value: unknown, parameter: string, group: Group): unknown[] {
  const places = readPlaces(value, parameter);
  if (places.length === group.ranks.length) return places;
  throw invalidValue(parameter, `${group.ranks.length} values, one for each rank`, places.length);
}

/** Keeps a plain object that is itself a value, the last of so many, from being read as options. */
function withOptions(args: readonly unknown[], values: number): readonly unknown[] {
  return args.length > values ? args : [...args, {}];
}

interface Exchange {
  /** A rank of the group. */
  readonly root?: number;
  /** The values that this rank sends. */
  readonly given: readonly unknown[];
  readonly parameter: string;
  /** How many values all ranks have to name. */
  readonly count?: number;
  /** The array that gets the values. */
  readonly places: unknown[];
}

async function objects(
  shape: CallShape,
  args: readonly unknown[],
  read: (group: Group, given: Values) => Exchange,
): Promise<void> {
  const values = readCall<Values>(shape, args);
  const group = groupOf(values.group, shape.name);
  if (group === null) {
    warnNotInGroup(shape.name);
    return;
  }
  const { root = -1, given, parameter, count = 1, places } = read(group, values);
  const sent = given.map((each) => tensor(serialized(each, parameter)));
  const done = onGroup(
    group,
    (lane, job) => {
      const handles = sent.map((bytes) => handleOf(bytes, parameter));
      native().deferred.c10d_exchange(lane, job, group.id, shape.name, root, count, handles);
    },
    (handles: Handle[]) => (wrap(handles) as Tensor[]).map(valueOf),
  );
  for (const bytes of sent) bytes.dispose();
  const received = await done;
  for (const [at, each] of received.entries()) places[at] = each;
}

function readPlaces(value: unknown, parameter: string): unknown[] {
  if (!isArray(value)) throw invalidType(parameter, 'an array', value);
  return value as unknown[];
}

function serialized(value: unknown, parameter: string): Uint8Array {
  try {
    return new Uint8Array(serialize(value));
  } catch (cause) {
    const got = (cause as Error).message;
    throw new ArgumentTypeError(parameter, 'what structuredClone can copy', got);
  }
}

function valueOf(bytes: Tensor): unknown {
  const data = bytes.toTypedArray() as Uint8Array;
  bytes.dispose();
  try {
    return deserialize(data);
  } catch (cause) {
    throw new TorchError('ERR_MISMATCH', "another rank's value cannot be read: it may run a newer version of Node", {
      cause,
    });
  }
}
