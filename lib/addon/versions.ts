/** Where LibTorch's behaviour depends on its version and TypeScript has to know: beside `binding/node/compat.h`, the only place. */
import { libtorch } from './native.js';

/** What the LibTorch in use, and torch.nn.functional of its age, does. */
export interface Behaviour {
  /** The triplet losses want a margin above 0: PyTorch 2.4. */
  readonly positiveTripletMargin: boolean;
  /** triplet_margin_with_distance_loss wants equal numbers of dimensions: PyTorch 2.0. */
  readonly equalTripletRanks: boolean;
  /** l1_loss, mse_loss and huber_loss have a weight: PyTorch 2.6. */
  readonly elementWeights: boolean;
  /** gaussian_nll_loss takes a number as variance: PyTorch 2.6. */
  readonly numberAsVariance: boolean;
  /** batch_norm wants a positive eps when training: PyTorch 2.13 is the first known to. */
  readonly positiveBatchNormEps: boolean;
}

let known: Behaviour | undefined;

/** What the LibTorch in use does; loads it if that has not happened yet. */
export function behaviour(): Behaviour {
  known ??= {
    positiveTripletMargin: atLeast(2, 4),
    equalTripletRanks: atLeast(2, 0),
    elementWeights: atLeast(2, 6),
    numberAsVariance: atLeast(2, 6),
    positiveBatchNormEps: atLeast(2, 13),
  };
  return known;
}

function atLeast(major: number, minor: number): boolean {
  const [m = 0, n = 0] = libtorch().minor.split('.').map(Number);
  return m > major || (m === major && n >= minor);
}
