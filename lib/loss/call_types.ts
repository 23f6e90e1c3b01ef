/** The types that describe a loss and its call. They cost nothing at run time. */
import type { AsyncOptions } from '../addon/lane.js';
import type { Shape } from '../base/types.js';

/** The namespaces of the losses. */
export type Namespace = 'torch.nn' | 'torch.nn.functional' | 'mindspore.nn' | 'mindspore.ops';

/** How the losses of the elements are reduced. */
export type Reduction = 'none' | 'mean' | 'sum';

/** The reductions of the Kullback-Leibler divergence, the only loss that can divide by the batch size. */
export type KLDivReduction = Reduction | 'batchmean';

/** The shape of a loss: that of the unreduced losses for `'none'`, otherwise `[]`. */
export type Reduced<S extends Shape, R extends string> = R extends 'none' ? S : readonly [];

/** How a loss is called: synchronously, or on a lane with `.async(...)`. */
export type Mode = 'sync' | 'async';

/** What a call returns: the result, or a promise of it. */
export type Outcome<A extends Mode, T> = A extends 'async' ? Promise<T> : T;

/** Torchloss's own options, which every loss has. */
export interface OwnOptions {
  /**
   * Look at labels and probabilities on a CUDA device before the kernel sees them, for which the device is waited for.
   * Without it wrong ones leave every later CUDA call of the process failing, or read memory of others. On the CPU it
   * changes nothing. Default true.
   */
  validate?: boolean | undefined;
}

/** The options of a call: those of the loss, torchloss's own and, on a lane, the lane's. */
export type CallOptions<A extends Mode, O> = A extends 'async' ? O & OwnOptions & AsyncOptions : O & OwnOptions;

/** What a call with given options takes after the tensors: on a lane, the lane's options. */
export type AsyncRest<A extends Mode> = A extends 'async' ? [options?: AsyncOptions] : [];
