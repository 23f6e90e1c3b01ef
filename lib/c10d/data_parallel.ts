/** DistributedDataParallel: each rank trains on its own samples, and all apply the mean of their gradients. */
import { types } from 'node:util';
import { checkBoolean, checkOptions, itemsOf } from '../addon/arguments.js';
import { handleOf, isTensor } from '../addon/handle.js';
import { checkNoBackward, whenNoBackward } from '../addon/lane.js';
import { type Handle, native } from '../addon/native.js';
import { invalidType, TorchError } from '../base/errors.js';
import { isArray, isFunction, isPlainObject } from '../base/plain_object.js';
import { Module } from '../nn/module.js';
import { is_grad_enabled } from '../tensor/autograd.js';
import { checkIdle, type Group, onGroup } from './group.js';
import { type DistributedDataParallelOptions, planOf, type Replica } from './replica.js';

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
    if (!isFunction(fn)) throw invalidType('fn', 'a function', fn);
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
    if (!isFunction(fn)) throw invalidType('fn', 'a function', fn);
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

/** The buffers that the next forward pass sends. */
function buffersOf(module: Module, { sends, sendsNext }: Replica): Handle[] {
  if (!sends || !sendsNext) return [];
  return module.buffers().map((buffer) => handleOf(buffer, 'module'));
}

/** The tensors in what a forward pass gives. */
function tensorsIn(output: unknown): Handle[] {
  if (isTensor(output)) return [handleOf(output, 'output')];
  if (isArray(output)) return itemsOf(output, 'output').flatMap(tensorsIn);
  if (types.isMap(output)) return [...output.values()].flatMap(tensorsIn);
  if (isPlainObject(output)) return Object.values(output).flatMap(tensorsIn);
  return [];
}
