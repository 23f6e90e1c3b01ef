import type { Generator } from '../tensor/generator.js';

/** Options of `DataLoader`, in the order in which they may be given by position. */
export interface DataLoaderOptions<T = unknown, B = unknown> {
  /** How many samples a batch has; `null` for samples as they are. Default 1. */
  batch_size?: number | null | undefined;
  /** Whether the order is random, and another one each time. Default false. */
  shuffle?: boolean | null | undefined;
  /** The order of the samples. */
  sampler?: Iterable<number> | null | undefined;
  /** The batches, as arrays of indices. Excludes the four options that it replaces. */
  batch_sampler?: Iterable<readonly number[]> | null | undefined;
  /**
   * How many batches asynchronous iteration has on their way for each of `prefetch_factor`. There are no processes: what
   * runs at the same time is what the dataset's promises wait for. Default 0: one batch ahead, where there are promises.
   */
  num_workers?: number | undefined;
  /** Joins samples into a batch; it may give a promise. Default `default_collate`, or `default_convert` without batches. */
  collate_fn?: ((samples: T[]) => B | Promise<B>) | null | undefined;
  /** Whether batches lie in memory that CUDA copies from without waiting. Default false. */
  pin_memory?: boolean | undefined;
  /** Whether a last batch that is not full is left out. Default false. */
  drop_last?: boolean | undefined;
  /** How many seconds asynchronous iteration waits for a batch; 0 for ever. Default 0. */
  timeout?: number | undefined;
  /** There are no processes to set up: only for Python's order of the arguments. */
  worker_init_fn?: null | undefined;
  multiprocessing_context?: null | undefined;
  /** What `shuffle` draws from. Default: the default generator. */
  generator?: Generator | null | undefined;
  /** How many batches are on their way for each of `num_workers`. Default 2. */
  prefetch_factor?: number | null | undefined;
  /** There are no processes to keep: only for Python's sake. */
  persistent_workers?: boolean | undefined;
  /**
   * Whether a batch is disposed of when the next one is asked for, and the last one at the end, for loops that never
   * await: the garbage collector frees tensors only between turns of the event loop. Default false. Not in Python.
   */
  dispose?: boolean | undefined;
}

/** The options that may be given by position, in Python's order. */
export const POSITIONS = [
  'batch_size',
  'shuffle',
  'sampler',
  'batch_sampler',
  'num_workers',
  'collate_fn',
  'pin_memory',
  'drop_last',
  'timeout',
  'worker_init_fn',
  'multiprocessing_context',
  'generator',
];
/** All options. */
export const NAMES = [...POSITIONS, 'prefetch_factor', 'persistent_workers', 'dispose'];
