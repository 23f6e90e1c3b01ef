/** The steps of the optimizers in the addon; see `binding/optim/`. */
import type { Handle } from './opaque.js';

type Handles = readonly Handle[];
type Numbers = readonly number[];
type AdamStep = (
  p: Handles,
  exp_avgs: Handles,
  exp_avg_sqs: Handles,
  max_exp_avg_sqs: Handles,
  steps: Handles,
  options: Numbers,
  amsgrad: boolean,
  maximize: boolean,
  decoupled: boolean,
) => boolean;

/** Each returns `false` if a parameter has no gradient. */
export interface OptimizerSteps {
  adam_step: AdamStep;
  fused_adam_step: AdamStep;
  sparse_adam_step(
    p: Handles,
    exp_avgs: Handles,
    exp_avg_sqs: Handles,
    steps: Numbers,
    options: Numbers,
    maximize: boolean,
  ): boolean;
  adamax_step(
    p: Handles,
    exp_avgs: Handles,
    exp_infs: Handles,
    steps: Handles,
    options: Numbers,
    maximize: boolean,
  ): boolean;
  nadam_step(
    p: Handles,
    exp_avgs: Handles,
    exp_avg_sqs: Handles,
    mu_products: Handles,
    steps: Handles,
    options: Numbers,
    foreach: boolean,
    maximize: boolean,
    decoupled: boolean,
  ): boolean;
  radam_step(
    p: Handles,
    exp_avgs: Handles,
    exp_avg_sqs: Handles,
    steps: Handles,
    options: Numbers,
    foreach: boolean,
    maximize: boolean,
    decoupled: boolean,
  ): boolean;
  sgd_step(
    p: Handles,
    buffers: readonly (Handle | undefined)[],
    options: Numbers,
    nesterov: boolean,
    maximize: boolean,
  ): (Handle | null)[];
  fused_sgd_step(
    p: Handles,
    buffers: Handles,
    options: Numbers,
    nesterov: boolean,
    maximize: boolean,
    first: boolean,
  ): boolean;
  adadelta_step(
    p: Handles,
    square_avgs: Handles,
    acc_deltas: Handles,
    steps: Handles,
    options: Numbers,
    maximize: boolean,
  ): boolean;
  adagrad_step(
    p: Handles,
    sums: Handles,
    steps: Handles,
    options: Numbers,
    foreach: boolean,
    maximize: boolean,
  ): boolean;
  fused_adagrad_step(p: Handles, sums: Handles, steps: Handles, options: Numbers, maximize: boolean): boolean;
  rmsprop_step(
    p: Handles,
    square_avgs: Handles,
    grad_avgs: Handles,
    buffers: Handles,
    steps: Handles,
    options: Numbers,
    centered: boolean,
    maximize: boolean,
  ): boolean;
  rprop_step(
    p: Handles,
    prevs: Handles,
    step_sizes: Handles,
    steps: Handles,
    options: Numbers,
    maximize: boolean,
  ): boolean;
  asgd_step(
    p: Handles,
    axs: Handles,
    mus: Handles,
    etas: Handles,
    steps: Handles,
    options: Numbers,
    foreach: boolean,
    maximize: boolean,
  ): boolean;
  adafactor_step(
    p: Handles,
    rows: readonly (Handle | undefined)[],
    columns: readonly (Handle | undefined)[],
    variances: readonly (Handle | undefined)[],
    steps: Handles,
    options: Numbers,
    foreach: boolean,
    maximize: boolean,
  ): boolean;
  muon_step(p: Handles, buffers: Handles, options: Numbers, adjust: string, nesterov: boolean): boolean;
}
