/** Training by several processes: what a Trainer does together with the other ranks. */
import { outsideScopes } from '../addon/scope.js';
import { ArgumentTypeError, TorchError } from '../base/errors.js';
import { all_gather, all_reduce } from '../c10d/collectives.js';
import { DistributedDataParallel } from '../c10d/data_parallel.js';
import { get_rank, get_world_size, is_initialized, is_torchelastic_launched } from '../c10d/process_group.js';
import { DataLoader } from '../loader/data_loader.js';
import { DistributedSampler, RandomSampler, SequentialSampler } from '../loader/sampler.js';
import type { Module } from '../nn/module.js';
import { tensor, zeros } from '../tensor/creation.js';
import type { GeneratorState } from '../tensor/generator.js';
import type { Loader } from './batches.js';
import type { RandomStates } from './random.js';

/** Where a rank's streams of random numbers stand, now and at the beginning of the epoch. */
export interface RankStates {
  rng: RandomStates;
  epoch_start: RandomStates | null;
}

/** What became of a step on all ranks. */
export interface Agreed {
  /** The mean over the samples of all ranks. */
  readonly loss: number;
  readonly samples: number;
  /** Whether any rank is to stop. */
  readonly stops: boolean;
}

/** The ranks of a Trainer. */
export class Ranks {
  readonly rank = get_rank();
  readonly world_size = get_world_size();
  readonly #model: Module;
  #ddp: DistributedDataParallel | undefined;

  constructor(model: Module) {
    this.#model = model;
    if (model instanceof DistributedDataParallel) this.#ddp = model;
  }

  /** The model as a module of all ranks. */
  async ddp(): Promise<DistributedDataParallel> {
    return (this.#ddp ??= await DistributedDataParallel.create(this.#model));
  }

  /** What came of a batch, taken over all ranks. */
  async agree(loss: number, samples: number, stops: boolean): Promise<Agreed> {
    const sums = tensor([loss * samples, samples, stops ? 1 : 0], { dtype: 'float64' });
    await outsideScopes(() => all_reduce(sums));
    const [sum, all, stopping] = sums.toTypedArray();
    sums.dispose();
    return { loss: (sum as number) / (all as number), samples: all as number, stops: stopping !== 0 };
  }

  /** The states of all ranks, in their order. */
  async gather({ rng, epoch_start }: RankStates): Promise<RankStates[]> {
    const now = await this.#gatherStreams(rng);
    const starts = epoch_start === null ? null : await this.#gatherStreams(epoch_start);
    return now.map((streams, rank) => ({ rng: streams, epoch_start: starts?.[rank] ?? null }));
  }

  /** The streams of all ranks, which gather them in the same order. */
  async #gatherStreams(own: RandomStates): Promise<RandomStates[]> {
    const all = Array.from({ length: this.world_size }, () => ({ ...own, devices: { ...own.devices } }));
    for (const name of ['default', 'loader', 'own'] as const) {
      const state = own[name];
      if (state === null) continue;
      const gathered = await this.#gatherState(state);
      for (const [rank, streams] of all.entries()) streams[name] = gathered[rank] as GeneratorState;
    }
    for (const device of Object.keys(own.devices).sort()) {
      const gathered = await this.#gatherState(own.devices[device] as GeneratorState);
      for (const [rank, { devices }] of all.entries()) devices[device] = gathered[rank] as GeneratorState;
    }
    return all;
  }

  async #gatherState(own: GeneratorState): Promise<GeneratorState[]> {
    const room: GeneratorState[] = Array.from({ length: this.world_size }, () => zeros(own.shape, { dtype: 'uint8' }));
    await all_gather(room, own);
    return room;
  }

  /** Checks that a loader gives this rank its own samples. */
  check(loader: Loader, parameter: string): void {
    if (!(loader instanceof DataLoader)) return;
    const { sampler } = loader;
    if (!(sampler instanceof RandomSampler) && !(sampler instanceof SequentialSampler)) return;
    throw new ArgumentTypeError(
      parameter,
      `a DataLoader with a DistributedSampler, since ${this.world_size} processes share the samples`,
      `one with a ${sampler.constructor.name}`,
    );
  }

  /** Checks that a loader gives all samples. */
  checkWhole(loader: Loader, parameter: string): void {
    const sampler: unknown = loader instanceof DataLoader ? loader.sampler : undefined;
    if (!(sampler instanceof DistributedSampler) || sampler.num_replicas === 1) return;
    throw new ArgumentTypeError(
      parameter,
      'a DataLoader of all samples, since each process evaluates all of them',
      'one with a DistributedSampler',
    );
  }
}

/** The ranks that train a model, or `null` for a process by itself. */
export function ranksOf(model: Module): Ranks | null {
  if (is_initialized())
    return get_world_size() > 1 || model instanceof DistributedDataParallel ? new Ranks(model) : null;
  if (!is_torchelastic_launched() || !(Number(process.env.WORLD_SIZE) > 1)) return null;
  throw new TorchError(
    'ERR_NOT_INITIALIZED',
    'Trainer: torchrun has started several processes; await torch.distributed.init_process_group() before',
  );
}
