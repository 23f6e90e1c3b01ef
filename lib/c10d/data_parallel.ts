/** DistributedDataParallel: each rank trains on its own samples, and all apply the mean of their gradients. */
import { types } from 'node:util';
import { checkBoolean, checkOptions } from '../addon/arguments.js';
import { handleOf, isTensor } from '../addon/handle.js';
import { checkNoBackward, whenNoBackward } from '../addon/lane.js';
import { type Handle, native } from '../addon/native.js';
import { behaviour } from '../addon/versions.js';
import { warnOnce } from '../base/warnings.js';
import { refuse } from './arguments.js';
import { ArgumentRangeError, invalidType, invalidValue, TorchError } from '../base/errors.js';
import { isArray, isPlainObject } from '../base/plain_object.js';
import { callShape, readCall } from '../base/positional.js';
import { Embedding, EmbeddingBag } from '../nn/index.js';
import { isModule, Module } from '../nn/module.js';
import { awaitsShape } from '../nn/uninitialized.js';
import type { Parameter } from '../nn/parameter.js';
import { is_grad_enabled } from '../tensor/autograd.js';
import type { ReducerValues } from '../addon/distributed_functions.js';
import { checkIdle, type Group, groupOf, onGroup, type ProcessGroup } from './group.js';

/** Options of {@link DistributedDataParallel}. */
export interface DistributedDataParallelOptions {
  /** Send rank 0's buffers to all ranks before each forward pass in training. Default true. */
  broadcast_buffers?: boolean | undefined;
  /** Check at the beginning that all ranks have the same module, and send rank 0's values. Default true. */
  init_sync?: boolean | undefined;
  /** The processes that train the module. Default: the default group. */
  process_group?: ProcessGroup | null | undefined;
  /** How many MiB of gradients travel together. Default 25, and 1 for those that are ready first. */
  bucket_cap_mb?: number | null | undefined;
  /** Look in each forward pass for parameters that its outputs do not depend on. Default false. */
  find_unused_parameters?: boolean | undefined;
  /** Let gradients lie where they travel, which saves their memory once. Default false. */
  gradient_as_bucket_view?: boolean | undefined;
  /**
   * Promise that each pass uses the same parameters, the same number of times: those that are not used are found once, and
   * `checkpoint` may compute parts twice. Default false.
   */
  static_graph?: boolean | undefined;
  /** PyTorch 2.13's name for `broadcast_buffers`; buffers are then sent at the beginning in any case. */
  forward_sync_buffers?: boolean | null | undefined;
}

/** Options of Python's DistributedDataParallel that are refused, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  device_ids: "move the inputs to the module's device instead",
  output_device: 'outputs stay on the device of the module',
  dim: 'inputs are not split: each process has its own',
  delay_all_reduce_named_params: 'all gradients are reduced during the backward pass',
  param_to_hook_all_reduce: 'all gradients are reduced during the backward pass',
  mixed_precision: 'use torch.autocast instead',
  device_mesh: 'there are no meshes: use process_group',
  skip_all_reduce_unused_params: 'use find_unused_parameters instead',
  bucket_cap_mb_list: 'buckets have one size: use bucket_cap_mb',
  batched_grad_copy: 'gradients are copied one by one',
};

const OPTIONS = callShape(
  'DistributedDataParallel',
  'module, device_ids?, output_device?, dim?, broadcast_buffers?, init_sync?, process_group?, bucket_cap_mb?, ' +
    'find_unused_parameters?, check_reduction?, gradient_as_bucket_view?, static_graph?, ' +
    'delay_all_reduce_named_params?, param_to_hook_all_reduce?, mixed_precision?, device_mesh?, ' +
    'skip_all_reduce_unused_params?, bucket_cap_mb_list?, batched_grad_copy?, forward_sync_buffers?',
);

/** Options of {@link DistributedDataParallel.join}. */
export interface JoinOptions {
  /**
   * Divide gradients by the number of all ranks, as if those that are done had gradients of zero, and not by the number of
   * those that still have inputs. Default true.
   */
  divide_by_initial_world_size?: boolean | undefined;
  /** Default true. Without it, `fn` just runs. */
  enable?: boolean | undefined;
  /** Reject on all ranks once one is done before the others. Default false. */
  throw_on_early_termination?: boolean | undefined;
}

/** What `binding/c10d/reducer.h` says of `shadow`. */
const ALL_JOINED = 0;
const GRADIENTS = 2;

const FLAGS = [
  'broadcast_buffers',
  'check_reduction',
  'find_unused_parameters',
  'forward_sync_buffers',
  'gradient_as_bucket_view',
  'init_sync',
  'static_graph',
] as const;

/** What belongs to a module, beside its fields. */
interface Replica {
  readonly id: number;
  readonly group: Group;
  readonly sends: boolean;
  readonly finds: boolean;
  readonly isStatic: boolean;
  /** Whether the next backward pass reduces; see `no_sync`. */
  reduces: boolean;
  /** Whether the next forward pass sends the buffers: not after one whose gradients were not reduced. */
  sendsNext: boolean;
  /** Whether ranks may make different numbers of passes; see `join`. */
  joins: boolean;
  /** Whether `synchronize` has done what comes before the next forward pass. */
  synchronized: boolean;
}

const replicas = new WeakMap<object, Replica>();
const forgotten = new FinalizationRegistry<Replica>(({ id, group }) => close(id, group));

/** Open reducers that `create` has waited for, by the options with which their modules are made. */
const opened = new WeakMap<object, Replica>();

/**
 * A module that is trained by several processes: each has a copy of it and gets its own samples, and the backward pass
 * replaces the gradients by their mean over all ranks while it still runs. LibTorch's own reducer does this, so the bits
 * are those of Python's DistributedDataParallel on as many ranks.
 *
 * The constructor, `forward` of a module with buffers, and `backward` wait for the other ranks, as in Python. `create`,
 * `synchronize` and `backwardAsync` do the same without stopping the event loop.
 *
 * The names in its `state_dict` begin with `module.`, as in Python; save `ddp.module.state_dict()` for names without.
 *
 * @example
 * ```ts
 * const one = { init_method: 'tcp://127.0.0.1:0', world_size: 1, rank: 0 };
 * await torch.distributed.init_process_group('gloo', one);
 * const model = new torch.nn.Linear(3, 3);
 * const ddp = new torch.nn.parallel.DistributedDataParallel(model);
 * const optimizer = new torch.optim.SGD(ddp.parameters(), { lr: 0.1 });
 * const loss = torch.nn.functional.cross_entropy(ddp(input), target);
 * await loss.backwardAsync();
 * optimizer.step();
 * Object.keys(ddp.state_dict());   // ['module.weight', 'module.bias']
 * await torch.distributed.destroy_process_group();
 * ```
 */
export class DistributedDataParallel<M extends Module = Module> extends Module {
  declare module: M;

  /** @throws TorchError `ERR_NOT_INITIALIZED` without a process group, `ERR_MISMATCH` if the ranks' modules differ */
  constructor(module: M, options?: DistributedDataParallelOptions);
  constructor(...args: unknown[]) {
    super();
    const module = args[0] as M;
    let replica = opened.get(args[1] as object);
    if (replica === undefined) {
      checkNoBackward('DistributedDataParallel');
      const plan = planOf(args);
      checkIdle(plan.group, 'DistributedDataParallel');
      replica = plan.replica(native().ddp_open(...plan.values));
    }
    this.module = module;
    replicas.set(this, replica);
    forgotten.register(this, replica, replica);
  }

  /** Like the constructor, without stopping the event loop while it waits for the other ranks. */
  static async create<M extends Module>(
    module: M,
    options?: DistributedDataParallelOptions,
  ): Promise<DistributedDataParallel<M>> {
    checkNoBackward('DistributedDataParallel');
    const plan = planOf(options === undefined ? [module] : [module, options]);
    const id = await onGroup(
      plan.group,
      (lane, job) => native().deferred.ddp_open(lane, job, ...plan.values),
      (value: number) => value,
    );
    const made: DistributedDataParallelOptions = {};
    opened.set(made, plan.replica(id));
    return new DistributedDataParallel(module, made);
  }

  override forward(...args: Parameters<M['forward']>): ReturnType<M['forward']> {
    const replica = replicaOf(this);
    const records = is_grad_enabled();
    if (!replica.synchronized) {
      const buffers = buffersOf(this.module, replica);
      const waits = buffers.length > 0 || replica.joins;
      if (waits) checkIdle(replica.group, 'forward');
      if (waits || records) {
        native().ddp_before_forward(replica.id, records, replica.reduces, buffers);
      }
    }
    replica.synchronized = false;
    const output = (this.module as (...inputs: unknown[]) => ReturnType<M['forward']>)(...args);
    replica.sendsNext = records && replica.reduces;
    if (replica.sendsNext)
      native().ddp_after_forward(replica.id, replica.finds || replica.isStatic ? tensorsIn(output) : []);
    return output;
  }

  /**
   * Waits for the other ranks where the next forward pass would: it sends rank 0's buffers. Call it just before
   * `forward` to keep the event loop free.
   */
  async synchronize(): Promise<void> {
    const replica = replicaOf(this);
    const buffers = buffersOf(this.module, replica);
    const records = is_grad_enabled();
    await onGroup(
      replica.group,
      (lane, job) => native().deferred.ddp_before_forward(lane, job, replica.id, records, replica.reduces, buffers),
      () => undefined,
    );
    replica.synchronized = true;
  }

  /**
   * Runs `fn` without reducing: gradients add up on each rank, and the first forward and backward pass after it reduce
   * their sum. Forward passes have to be in `fn`, too. `fn` may be asynchronous.
   */
  no_sync<T>(fn: () => T): T {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    const replica = replicaOf(this);
    const before = replica.reduces;
    const restore = () => {
      replica.reduces = before;
    };
    replica.reduces = false;
    let result: T;
    try {
      result = fn();
    } catch (error) {
      restore();
      throw error;
    }
    if (types.isPromise(result)) return result.finally(restore) as T;
    restore();
    return result;
  }

  /**
   * Runs `fn`, in which the ranks may make different numbers of passes: a rank whose `fn` is done takes part in the passes of
   * the others, with gradients of zero, until theirs are done as well. All ranks then get the parameters of one that was done
   * last. As in Python, `fn` may make no other collectives, and the ranks make the same calls of `no_sync`.
   *
   * @returns what `fn` gives, once all ranks are done
   * @throws TorchError `ERR_MISMATCH` with `throw_on_early_termination`, on all ranks
   * @example
   * ```ts
   * const one = { init_method: 'tcp://127.0.0.1:0', world_size: 1, rank: 0 };
   * await torch.distributed.init_process_group('gloo', one);
   * const ddp = new torch.nn.parallel.DistributedDataParallel(new torch.nn.Linear(3, 3));
   * const batches = [torch.randn([4, 3]), torch.randn([2, 3])];   // as many as this rank has
   * await ddp.join(async () => {
   *   for (const batch of batches) await ddp(batch).sum().backwardAsync();
   * });
   * await torch.distributed.destroy_process_group();
   * ```
   */
  async join<T>(fn: () => T | Promise<T>, options: JoinOptions = {}): Promise<T> {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    checkOptions(options, ['divide_by_initial_world_size', 'enable', 'throw_on_early_termination']);
    const { divide_by_initial_world_size = true, enable = true, throw_on_early_termination = false } = options;
    for (const [name, value] of Object.entries({ divide_by_initial_world_size, enable, throw_on_early_termination }))
      checkBoolean(value, name);
    const replica = replicaOf(this);
    if (!enable) return fn();
    if (replica.joins) throw new TorchError('ERR_BUSY', 'join: another call of it is not done');
    const { id, group } = replica;
    await onGroup(
      group,
      (lane, job) =>
        native().deferred.ddp_begin_join(lane, job, id, divide_by_initial_world_size, throw_on_early_termination),
      () => undefined,
    );
    replica.joins = true;
    try {
      const result = await fn();
      const isLast = await this.#followOthers(replica);
      const states = [...this.module.parameters(), ...(replica.sends ? this.module.buffers() : [])];
      const handles = states.map((state) => handleOf(state, 'module'));
      await onGroup(
        group,
        (lane, job) => native().deferred.ddp_end_join(lane, job, id, true, isLast, handles),
        () => undefined,
      );
      return result;
    } catch (error) {
      if (group.reducers.has(id)) native().ddp_end_join(id, false, false, []);
      throw error;
    } finally {
      replica.joins = false;
    }
  }

  /** Takes part in the passes of other ranks until all are done. Gives whether this rank was the last. */
  async #followOthers(replica: Replica): Promise<boolean> {
    const { id, group } = replica;
    for (let isLast = true; ; isLast = false) {
      const buffers = buffersOf(this.module, replica);
      const followed = await onGroup(
        group,
        (lane, job) => native().deferred.ddp_shadow(lane, job, id, buffers),
        (value: number) => value,
      );
      if (followed === ALL_JOINED) return isLast;
      replica.sendsNext = followed === GRADIENTS;
    }
  }

  /** Ends the reductions; the module stays. The process group ends them, too. */
  dispose(): void {
    const replica = replicas.get(this);
    if (replica === undefined) return;
    checkNoBackward('dispose');
    replicas.delete(this);
    forgotten.unregister(replica);
    close(replica.id, replica.group);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function replicaOf(module: object): Replica {
  const replica = replicas.get(module);
  if (replica !== undefined && replica.group.reducers.has(replica.id)) return replica;
  throw new TorchError('ERR_DISPOSED', 'DistributedDataParallel: it has been disposed, or its process group destroyed');
}

/** Unhooks the parameters, once no backward pass may call the hooks. */
function close(id: number, { reducers }: Group): void {
  whenNoBackward(() => {
    if (reducers.delete(id)) native().ddp_close(id);
  });
}

function planOf(args: readonly unknown[]) {
  type Given = DistributedDataParallelOptions & { module: unknown; check_reduction?: unknown };
  const given = readCall<Given>(OPTIONS, args);
  for (const [name, reason] of Object.entries(REFUSED)) refuse(name, given[name as keyof Given], reason);
  const group = groupOf(given.process_group, 'DistributedDataParallel');
  if (group === null) throw invalidValue('process_group', 'a group in which this process is', given.process_group);
  const { module, init_sync = true, bucket_cap_mb, forward_sync_buffers } = given;
  const broadcast_buffers = forward_sync_buffers ?? given.broadcast_buffers ?? true;
  const { find_unused_parameters = false, gradient_as_bucket_view = false, static_graph = false } = given;
  if (!isModule(module)) throw invalidType('module', 'a Module', module);
  for (const name of FLAGS) if (given[name] != null) checkBoolean(given[name], name);
  if (given.check_reduction === true)
    warnOnce('The `check_reduction` argument in `DistributedDataParallel` is not used.');
  if (bucket_cap_mb != null) {
    if (typeof bucket_cap_mb !== 'number') throw invalidType('bucket_cap_mb', 'a number', bucket_cap_mb);
    if (!(bucket_cap_mb > 0)) throw invalidValue('bucket_cap_mb', 'a number above 0', bucket_cap_mb);
  }
  if (!native().c10d_is_uniform(group.id)) {
    throw new TorchError(
      'ERR_MISMATCH',
      "DistributedDataParallel: expected all ranks to be torchloss; Python's makes other collectives",
    );
  }
  const all = module.parameters();
  if (all.some(awaitsShape))
    throw invalidType('module', 'a module whose parameters have their shapes: call it once first', module);
  const learned = learnedOf(module);
  if (learned.length === 0)
    throw new ArgumentRangeError('module', 'one with a parameter that requires a gradient', 'none');
  if (all.some(({ device }) => device !== all[0]?.device))
    throw new ArgumentRangeError('module', 'all parameters on one device', 'several');
  const sendsFirst = forward_sync_buffers != null || broadcast_buffers;
  const sent = sendsFirst || !behaviour().syncsOnlyWantedBuffers ? module.buffers() : [];
  const states = init_sync ? [...all, ...sent] : [];
  const settings = {
    broadcast_buffers,
    init_sync,
    bucket_cap_mb,
    find_unused_parameters,
    gradient_as_bucket_view,
    static_graph,
  };
  const values: ReducerValues = [
    group.id,
    JSON.stringify(settings),
    learned.map(({ parameter }) => handleOf(parameter, 'module')),
    learned.map(({ name }) => name),
    learned.map(({ sparse }) => sparse),
    states.map((tensor) => handleOf(tensor, 'module')),
    bucket_cap_mb ?? 0,
    find_unused_parameters,
    gradient_as_bucket_view,
    static_graph,
  ];
  const replica = (id: number): Replica => {
    group.reducers.add(id);
    return {
      id,
      group,
      sends: broadcast_buffers,
      finds: find_unused_parameters && !static_graph,
      isStatic: static_graph,
      reduces: true,
      sendsNext: true,
      joins: false,
      synchronized: false,
    };
  };
  return { group, values, replica };
}

/** The parameters that require gradients, in Python's order: that of their modules. */
function learnedOf(module: Module) {
  const found = new Map<Parameter, { parameter: Parameter; name: string; sparse: boolean }>();
  for (const [path, part] of module.named_modules()) {
    const sparse = (part instanceof Embedding || part instanceof EmbeddingBag) && part.sparse;
    for (const [key, parameter] of part.named_parameters({ recurse: false }))
      if (parameter.requires_grad && !found.has(parameter))
        found.set(parameter, { parameter, name: `${path}.${key}`, sparse });
  }
  return [...found.values()];
}

/** The buffers that the next forward pass sends. */
function buffersOf(module: Module, { sends, sendsNext }: Replica): Handle[] {
  if (!sends || !sendsNext) return [];
  return module.buffers().map((buffer) => handleOf(buffer, 'module'));
}

/** The tensors in what a forward pass gives. */
function tensorsIn(output: unknown): Handle[] {
  if (isTensor(output)) return [handleOf(output, 'output')];
  if (isArray(output)) return output.flatMap(tensorsIn);
  if (output instanceof Map) return [...output.values()].flatMap(tensorsIn);
  if (isPlainObject(output)) return Object.values(output).flatMap(tensorsIn);
  return [];
}
