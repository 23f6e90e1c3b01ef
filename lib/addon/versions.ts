/** Where TypeScript depends on LibTorch's version: besides `binding/node/compat.h`, the only place. */
import { libtorch } from './native.js';

/** The behaviour of the LibTorch in use, and of the torch.nn.functional of the same version. */
export interface Behaviour {
  /** The triplet losses require a margin above 0: PyTorch 2.4. */
  readonly positiveTripletMargin: boolean;
  /** triplet_margin_with_distance_loss requires equal numbers of dimensions: PyTorch 2.0. */
  readonly equalTripletRanks: boolean;
  /** l1_loss, mse_loss and huber_loss have a weight: PyTorch 2.6. */
  readonly elementWeights: boolean;
  /** gaussian_nll_loss takes a number as variance: PyTorch 2.6. */
  readonly numberAsVariance: boolean;
  /** hardtanh requires its bounds in order: PyTorch 2.13 is the first version known to. */
  readonly orderedHardtanh: boolean;
  /** batch_norm requires a positive eps when training: PyTorch 2.13 is the first version known to. */
  readonly positiveBatchNormEps: boolean;
  /** The functions of torch.nn.init take a generator: PyTorch 2.1. */
  readonly initTakesGenerator: boolean;
  /** trunc_normal_ redraws values outside the bounds: PyTorch 2.13. Before, it inverts the distribution. */
  readonly truncNormalRejects: boolean;
  /** rms_norm exists: PyTorch 2.4. */
  readonly hasRmsNorm: boolean;
  /** Norms print whether they have a bias: PyTorch 2.13. */
  readonly printsNormBias: boolean;
  /** EmbeddingBag accepts rows as bags together with include_last_offset without reading out of bounds: PyTorch 2.0. */
  readonly bagsRowsWithLastOffset: boolean;
  /** Attention outside of its fast path calls scaled_dot_product_attention: PyTorch 2.0. */
  readonly hasScaledDotProductAttention: boolean;
  /** Attention's fast path takes both masks merged: PyTorch 2.0. */
  readonly attentionMergesMasks: boolean;
  /**
   * Attention multiplies by the scale, and averages the heads' weights with `mean`: PyTorch 2.0. Before, both divide.
   */
  readonly attentionMultiplies: boolean;
  /** Attention separates joint projections by transposing them: PyTorch 2.0. Before, by `chunk`. */
  readonly attentionSplitsByTurning: boolean;
  /** The optimizers of PyTorch 2: their newer options, and steps counted in tensors. */
  readonly newerOptimizers: boolean;
  /** L-BFGS's line search stops at `max_eval`: PyTorch 2.13 is the first version known to. Before, after 25 calls. */
  readonly lineSearchHeedsMaxEval: boolean;
  /** `zero_grad()` makes gradients `null`: PyTorch 2.0. Before, zeros. */
  readonly clearsGradients: boolean;
  /** Adafactor exists: PyTorch 2.5. */
  readonly hasAdafactor: boolean;
  /** Muon exists: PyTorch 2.9. */
  readonly hasMuon: boolean;
  /** Schedulers know their first step, and save all of their fields: PyTorch 2.8. */
  readonly schedulersKnowTheirStart: boolean;
  /** CyclicLR also cycles the first of the betas, and keeps the bounds in the groups: not in PyTorch 1.13. */
  readonly cyclesBetas: boolean;
  /** The states of OneCycleLR and SWALR name their annealing strategy: not in PyTorch 1.13. */
  readonly schedulersNameTheirAnnealing: boolean;
  /** get_total_norm and clip_grads_with_norm_ exist: PyTorch 2.6. */
  readonly hasTotalNorm: boolean;
  /** DistributedDataParallel without broadcast_buffers sends none at the beginning either: PyTorch 2.1. */
  readonly syncsOnlyWantedBuffers: boolean;
}

let known: Behaviour | undefined;

/** The behaviour of the LibTorch in use; loads it if necessary. */
export function behaviour(): Behaviour {
  known ??= {
    positiveTripletMargin: atLeast(2, 4),
    equalTripletRanks: atLeast(2, 0),
    elementWeights: atLeast(2, 6),
    numberAsVariance: atLeast(2, 6),
    orderedHardtanh: atLeast(2, 13),
    positiveBatchNormEps: atLeast(2, 13),
    initTakesGenerator: atLeast(2, 1),
    truncNormalRejects: atLeast(2, 13),
    hasRmsNorm: atLeast(2, 4),
    printsNormBias: atLeast(2, 13),
    bagsRowsWithLastOffset: atLeast(2, 0),
    hasScaledDotProductAttention: atLeast(2, 0),
    attentionMergesMasks: atLeast(2, 0),
    attentionMultiplies: atLeast(2, 0),
    attentionSplitsByTurning: atLeast(2, 0),
    newerOptimizers: atLeast(2, 0),
    lineSearchHeedsMaxEval: atLeast(2, 13),
    clearsGradients: atLeast(2, 0),
    hasAdafactor: atLeast(2, 5),
    hasMuon: atLeast(2, 9),
    schedulersKnowTheirStart: atLeast(2, 8),
    cyclesBetas: atLeast(2, 0),
    schedulersNameTheirAnnealing: atLeast(2, 0),
    hasTotalNorm: atLeast(2, 6),
    syncsOnlyWantedBuffers: atLeast(2, 1),
  };
  return known;
}

function atLeast(major: number, minor: number): boolean {
  const [m = 0, n = 0] = libtorch().minor.split('.').map(Number);
  return m > major || (m === major && n >= minor);
}
