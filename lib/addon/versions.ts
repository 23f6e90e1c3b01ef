/**
 * What differs between the releases of LibTorch and of Python's torch. Code, rows, documents and tests read it here.
 * `binding/node/changes.h` repeats the releases of what the addon depends on; a test compares the two.
 */
import { compareVersions } from '../base/compare_versions.js';
import { TorchError } from '../base/errors.js';
import { libtorch } from './native.js';

/**
 * The first release with each change: as the sources of PyTorch's releases have it or, for what is in LibTorch, as those that
 * were tried do, which leaves out some between.
 */
export const CHANGES = {
  // The losses.
  /** The triplet losses require a margin above 0. */
  positiveTripletMargin: '2.4',
  /** triplet_margin_with_distance_loss requires equal numbers of dimensions. */
  equalTripletRanks: '2.0',
  /** triplet_margin_with_distance_loss adds the margin before it subtracts the negative distance. */
  tripletAddsMarginFirst: '2.0',
  /** l1_loss, mse_loss and huber_loss have a weight. */
  elementWeights: '2.6',
  /** gaussian_nll_loss takes a number as variance. */
  numberAsVariance: '2.6',
  /** In gaussian_nll_loss any one dimension of the variance may have size 1. Before, only the last. */
  varianceBroadcastsAnywhere: '2.10',
  /** smooth_l1_loss with a beta of 0 is l1_loss, whose gradient is 0 where the inputs are equal. */
  smoothL1OfZeroBetaIsL1: '2.1',
  /** ctc_loss defines the result for an input of length 0. Before, it reads out of bounds. */
  ctcTakesEmptyInput: '2.4',
  /** A target of one element goes with an input of one dimension. */
  takesTargetOfOne: '2.9',
  /** multi_margin_loss checks the number of weights. Before, it reads out of bounds. */
  multiMarginChecksWeight: '2.4',
  /** cross_entropy and multi_margin_loss say in detail what is wrong with a target. */
  explainsTargets: '2.13',
  /** smooth_l1_loss of float16 has a gradient on the CPU. */
  smoothL1HalfGradients: '2.11',
  /** huber_loss of float16 is rounded once on the CPU. */
  huberRoundsHalfOnce: '2.11',
  /** linear_cross_entropy exists. */
  hasLinearCrossEntropy: '2.13',
  /**
   * linear_cross_entropy has no acc_policy `'balanced'`; left to choose, it takes `'aspect_ratio'`, and with `'compact'` no
   * more rows than keep the peak of memory below that of linear and cross_entropy.
   */
  autoChunksAreCapped: '2.14',
  /** A matrix product on CUDA can be wider than its factors. */
  matmulWidens: '2.13',
  /** The gradient of clamp and clamp_min at the bound is 0. Before, it is that of the part inside. */
  clampStopsAtBound: '2.14',

  // Layers, and what they are made of.
  /** hardtanh requires its bounds in order. */
  orderedHardtanh: '2.4',
  /** batch_norm requires a positive eps when training. */
  positiveBatchNormEps: '2.10',
  /** The functions of torch.nn.init take a generator. */
  initTakesGenerator: '2.2',
  /** trunc_normal_ redraws values outside the bounds. Before, it inverts the distribution. */
  truncNormalRejects: '2.12',
  /** LPPool3d exists. */
  hasLPPool3d: '2.3',
  /** rms_norm exists. */
  hasRmsNorm: '2.4',
  /** torch.nn.utils.parametrizations.weight_norm exists. */
  hasWeightNormParametrization: '2.1',
  /** Batch, instance and group norms have the option bias, and print it. Torchloss takes it with any LibTorch. */
  normsHaveBias: '2.12',
  /** EmbeddingBag accepts rows as bags together with include_last_offset without reading out of bounds. */
  bagsRowsWithLastOffset: '2.0',
  /** Attention outside of its fast path calls scaled_dot_product_attention. */
  hasScaledDotProductAttention: '2.0',
  /** Attention's fast path takes both masks merged. */
  attentionMergesMasks: '2.0',
  /** Attention multiplies by the scale, and averages the heads' weights with `mean`. Before, both divide. */
  attentionMultiplies: '2.0',
  /** Attention separates joint projections by transposing them. Before, by `chunk`. */
  attentionSplitsByTurning: '2.0',
  /** register_post_accumulate_grad_hook exists. */
  hasAccumulatedHooks: '2.1',

  // Optimizers and schedulers.
  /** The optimizers have their newer options, and count steps in tensors. */
  newerOptimizers: '2.0',
  /** Moving averages use `lerp_`. Before, they multiply and add. */
  optimizersLerp: '2.1',
  /** Square roots of plain numbers are written `** 0.5`. Before, math.sqrt. */
  optimizersTakePowerAsRoot: '2.5',
  /** RAdam without `foreach` writes them so. */
  radamTakesPowerAsRoot: '2.3',
  /** NAdam's next product of momenta contains each momentum once. */
  nadamTakesMuOnce: '2.0',
  /** RAdam with `foreach` adds eps. */
  radamAddsEpsForEach: '2.0',
  /** Adagrad's learning rates with `foreach` are numbers. Before, float32 tensors. */
  adagradRatesAreNumbers: '2.0',
  /** ASGD with `foreach` multiplies by its rate. */
  asgdMultipliesForEach: '2.0',
  /** Adam has the option decoupled_weight_decay. Torchloss takes it with any LibTorch. */
  adamDecouples: '2.7',
  /** Adam, AdamW and SGD have a fused step on the CPU. */
  hasFusedAdam: '2.4',
  /** Adagrad has a fused step on the CPU. */
  hasFusedAdagrad: '2.4',
  /** L-BFGS's line search stops at `max_eval`. Before, after 25 calls. */
  lineSearchHeedsMaxEval: '2.10',
  /** `zero_grad()` makes gradients `null`. Before, zeros. */
  clearsGradients: '2.0',
  /** Norms of gradients use linalg.vector_norm. Before, torch.norm, and the largest element for an infinite order. */
  clipsByVectorNorm: '2.1',
  /** get_total_norm and clip_grads_with_norm_ exist. */
  hasTotalNorm: '2.6',
  /** Adafactor exists. */
  hasAdafactor: '2.5',
  /** Muon exists. */
  hasMuon: '2.9',
  /** Schedulers know their first step, and save all of their fields. */
  schedulersKnowTheirStart: '2.8',
  /** CyclicLR also cycles the first of the betas, and keeps the bounds in the groups. */
  cyclesBetas: '2.3',
  /** The state of OneCycleLR names its annealing strategy. */
  oneCycleNamesItsAnnealing: '2.4',
  /** The state of SWALR names its annealing strategy. */
  swaNamesItsAnnealing: '2.10',

  // Distributed training.
  /** DistributedDataParallel without broadcast_buffers sends none at the beginning either. */
  syncsOnlyWantedBuffers: '2.1',
  /** The keys of a backend in the store begin with the backend's device. */
  backendsHavePrefixes: '2.0',
  /** init_process_group has no barrier at the end. */
  joinsWithoutBarrier: '2.0',
  /** The first bucket of DistributedDataParallel has the size that was asked for. */
  firstBucketTakesSize: '2.0',

  // CUDA.
  /** LibTorch's headers declare how much memory of a CUDA device is in use. */
  reportsDeviceMemory: '2.9',
} as const satisfies Record<string, string>;

/** A change from one release to the next. */
export type Change = keyof typeof CHANGES;

/** The changes that the LibTorch in use has, and the torch.nn.functional of the same version. */
export type Behaviour = Readonly<Record<Change, boolean>>;

let known: Behaviour | undefined;

/** The behaviour of the LibTorch in use; loads it if necessary. */
export function behaviour(): Behaviour {
  known ??= behaviourOf(libtorch().version);
  return known;
}

/**
 * Checks that the LibTorch in use has what a change added.
 *
 * @param what - the name that was asked for
 * @throws TorchError `ERR_NOT_IMPLEMENTED` that names the release
 */
export function requireChange(change: Change, what: string): void {
  if (behaviour()[change]) return;
  throw new TorchError('ERR_NOT_IMPLEMENTED', `${what} needs LibTorch ${CHANGES[change]} or newer`);
}

/** The behaviour of a release. */
export function behaviourOf(version: string): Behaviour {
  const entries = Object.entries(CHANGES).map(([change, since]) => [change, compareVersions(version, since) >= 0]);
  return Object.fromEntries(entries) as Behaviour;
}
