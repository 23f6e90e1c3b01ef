import type { Generator } from '../tensor/generator.js';

/** Options of `DataLoader`, in the order in which they may be given by position. */
export interface DataLoaderOptions<T = unknown, B = unknown> {
  /** The number of samples per batch; `null` for single samples. Default 1. */
  batch_size?: number | null | undefined;
  /** Use a new random order in each iteration. Default false. */
  shuffle?: boolean | null | undefined;
  /** The order of the samples. */
  sampler?: Iterable<number> | null | undefined;
  /** The batches, as arrays of indices. Excludes the four options that it replaces. */
  batch_sampler?: Iterable<readonly number[]> | null | undefined;
  /**
   * The number of concurrent requests in asynchronous iteration: up to `num_workers * prefetch_factor` batches are
   * pending. There are no worker processes; what runs concurrently is what the dataset's promises wait for. Default 0:
   * one batch ahead, if there are promises.
   */
  num_workers?: number | undefined;
  /**
   * Joins samples into a batch; may return a promise. Default `default_collate`, or `default_convert` without batches.
   */
  collate_fn?: ((samples: T[]) => B | Promise<B>) | null | undefined;
  /** Put batches into pinned memory, from which copies to CUDA are asynchronous. Default false. */
  pin_memory?: boolean | undefined;
  /** Drop the last batch if it is not full. Default false. */
  drop_last?: boolean | undefined;
  /** The number of seconds that asynchronous iteration waits for a batch; 0 means forever. Default 0. */
  timeout?: number | undefined;
  /** Unused, since there are no worker processes; present for Python's argument order. */
  worker_init_fn?: null | undefined;
  multiprocessing_context?: null | undefined;
  /** The generator for `shuffle`. Default: the default generator. */
  generator?: Generator | null | undefined;
  /** The number of pending batches per worker in `num_workers`. Default 2. */
  prefetch_factor?: number | null | undefined;
  /** Unused, since there are no worker processes. */
  persistent_workers?: boolean | undefined;
  /**
   * Dispose of each batch when the next one is requested, and of the last one at the end. For loops that never await:
   * the garbage collector frees tensors only between turns of the event loop. Default false. Not in Python.
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
/** The names of all options. */
export const NAMES = [...POSITIONS, 'prefetch_factor', 'persistent_workers', 'dispose'];
