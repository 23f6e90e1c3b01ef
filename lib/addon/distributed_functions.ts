/** What the addon has for process groups: `binding/c10d`. Without Gloo there is `c10d_problem` alone. */
import type { Handle } from './opaque.js';

/** The functions of `binding/c10d/c10d.cpp`. Groups and reducers are numbers. */
export interface DistributedFunctions {
  /** Why there are no process groups; empty where there are. */
  c10d_problem(): string;
  /** The number of a group that is about to be joined. */
  c10d_reserve(): number;
  /** Whether all ranks are torchloss. */
  c10d_is_uniform(group: number): boolean;
  ddp_open(...values: ReducerValues): number;
  ddp_close(reducer: number): void;
  ddp_before_forward(reducer: number, records: boolean, reduces: boolean, buffers: readonly Handle[]): void;
  ddp_after_forward(reducer: number, outputs: readonly Handle[]): void;
  ddp_end_join(reducer: number, completes: boolean, is_last: boolean, states: readonly Handle[]): void;
}

/** The same on a lane. */
export interface DeferredDistributedFunctions {
  readonly c10d_join: (lane: number, job: number, group: number, ...values: JoinValues) => void;
  /** Gives whether this rank is a member. */
  readonly c10d_join_part: (lane: number, job: number, group: number, ...values: PartValues) => void;
  readonly c10d_leave: (lane: number, job: number, group: number) => void;
  readonly c10d_collective: (lane: number, job: number, group: number, ...values: CollectiveValues) => void;
  readonly c10d_monitored_barrier: (
    lane: number,
    job: number,
    group: number,
    timeout: number,
    wait_all_ranks: boolean,
  ) => void;
  /** Gives the rank of the other side. */
  readonly c10d_transfer: (lane: number, job: number, group: number, ...values: TransferValues) => void;
  /** Gives tensors of bytes. */
  readonly c10d_exchange: (lane: number, job: number, group: number, ...values: ExchangeValues) => void;
  readonly ddp_open: (lane: number, job: number, ...values: ReducerValues) => void;
  readonly ddp_before_forward: (
    lane: number,
    job: number,
    reducer: number,
    records: boolean,
    reduces: boolean,
    buffers: readonly Handle[],
  ) => void;
  readonly ddp_begin_join: (
    lane: number,
    job: number,
    reducer: number,
    divides_by_all: boolean,
    throws_early: boolean,
  ) => void;
  /** Gives what it took part in. */
  readonly ddp_shadow: (lane: number, job: number, reducer: number, buffers: readonly Handle[]) => void;
  readonly ddp_end_join: (
    lane: number,
    job: number,
    reducer: number,
    completes: boolean,
    is_last: boolean,
    states: readonly Handle[],
  ) => void;
}

/** Where the ranks meet, and who this one is. */
export type JoinValues = [
  host: string,
  port: number,
  serves: boolean,
  file: string,
  prefix: string,
  rank: number,
  world_size: number,
  timeout: number,
];

/** The group whose ranks are chosen from, the new group's name, and its ranks there in ascending order. */
export type PartValues = [whole: number, name: string, ranks: readonly number[], timeout: number];

/** What `binding/c10d/collectives.h` says of `collective`. */
export type CollectiveValues = [
  name: string,
  op: string,
  root: number,
  outputs: readonly Handle[],
  inputs: readonly Handle[],
  output_splits: readonly number[],
  input_splits: readonly number[],
];

/** What it says of `transfer`. */
export type TransferValues = [sends: boolean, peer: number, tag: number, tensor: Handle];

/** What it says of `exchange`. */
export type ExchangeValues = [name: string, root: number, count: number, given: readonly Handle[]];

/** What `binding/c10d/reducer.h` says of `open_reducer`. */
export type ReducerValues = [
  group: number,
  description: string,
  params: readonly Handle[],
  names: readonly string[],
  sparse: readonly boolean[],
  states: readonly Handle[],
  bucket_mb: number,
  find_unused: boolean,
  grads_are_views: boolean,
  is_static: boolean,
];
