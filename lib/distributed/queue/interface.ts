/** What a queue has to do for coordinators and workers. Another queue fits if it does this. */

/** A run: shards that are computed by one plan. */
export interface Run {
  /** Letters, digits and hyphens. Coordinators with the same run share its shards and their results. */
  readonly id: string;
  /** What workers need to know to compute a shard. */
  readonly plan: string;
  /** How many shards it has; they are numbered from 1. */
  readonly shards: number;
}

/** A shard of a run. */
export interface ShardTask {
  readonly run: string;
  readonly shard: number;
}

/** A shard that has failed for good. */
export interface ShardFailure {
  readonly shard: number;
  /** The message of its last error. */
  readonly error: string;
}

/** Thrown by a worker that gives its shard back: another one is to compute it, and this counts as no failure. */
export class GivenBack extends Error {
  override readonly name = 'GivenBack';
}

/** How a worker takes shards. */
export interface ConsumeOptions {
  /** Ends the taking; the shard at hand is finished first. */
  readonly signal: AbortSignal;
  /** After how many milliseconds without a sign of life a worker's shard goes to another one. */
  readonly lease: number;
  /** Ends the taking after so many milliseconds without a shard. */
  readonly idle?: number | undefined;
}

/**
 * A queue of shards, with their results. It delivers each shard at least once, and keeps the first result of each.
 *
 * A shard whose computation throws is delivered again, up to three times in all; one whose worker does not
 * renew its lease, up to ten times.
 */
export interface ShardQueue {
  /** How the queue is shown to people: without credentials. */
  readonly name: string;

  /** Makes a run known, and forgets the failures that it had before. */
  open(run: Run): Promise<void>;
  /** Says that a coordinator still wants the run. Returns `false` where the queue has lost it meanwhile. */
  keep(run: Run): Promise<boolean>;
  /** Says that a coordinator does not want the run any longer. Its results are kept for a while. */
  leave(run: string): Promise<void>;
  /** Enqueues shards; those that are waiting or being computed stay as they are. */
  enqueue(run: string, shards: readonly number[]): Promise<void>;
  /** Those of these shards that are neither waiting nor being computed, nor have failed. */
  absent(run: string, shards: readonly number[]): Promise<number[]>;
  /** The shards with results in the order in which they came, from the `start`-th on; an end below `start` if some are lost. */
  finished(run: string, start: number): Promise<{ readonly shards: readonly number[]; readonly end: number }>;
  /** The results of shards. */
  results(run: string, shards: readonly number[]): Promise<(string | undefined)[]>;
  /** The shards that have failed for good. */
  failures(run: string): Promise<readonly ShardFailure[]>;

  /** The plan of a run that a coordinator wants, or `undefined`. */
  planOf(run: string): Promise<string | undefined>;
  /** Whether a shard has a result. */
  hasResult(task: ShardTask): Promise<boolean>;
  /** Keeps the result of a shard, unless it has one. */
  store(task: ShardTask, result: string): Promise<void>;
  /** Takes shards one after the other and hands them to `handle`, until it is told to end. */
  consume(handle: (task: ShardTask) => Promise<void>, options: ConsumeOptions): Promise<void>;

  /** Closes what is open. */
  close(): Promise<void>;
}

/** How often a shard is computed that throws. */
export const MOST_ATTEMPTS = 3;

/** How many workers a shard may lose: more than {@link MOST_ATTEMPTS}, since machines that are taken away are no fault of it. */
export const MOST_LOST = 10;

/** The error of a shard that lost too many workers. */
export const LOST_TOO_OFTEN = `${MOST_LOST} workers stopped while they computed it`;
