import type { LegacyOptions, LossRow } from '../loss/row.js';
import { boolean, reduction } from '../loss/params.js';
import { MINDSPORE } from './releases.js';
import type { Like, Promoted } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, KLDivReduction, Mode, Outcome, Reduced } from '../loss/call_types.js';
import { dtypeAmong, sameShape } from './checks.js';
import { composed, inMindSpore, madeOf, ofGradient } from './deviations.js';

/** Options of the Kullback-Leibler divergence in MindSpore's namespaces, which have no `log_target`. */
export interface MindSporeKLDivOptions<R extends KLDivReduction = KLDivReduction> {
  /**
   * How the losses of the elements are reduced. `'batchmean'` divides the sum by the batch size, which is the
   * mathematical divergence; `'mean'` divides it by the number of elements. Default `'mean'`.
   */
  reduction?: R | undefined;
}

/** Options of the Kullback-Leibler divergence in PyTorch's namespaces. `R` is the reduction. */
export interface KLDivOptions<R extends KLDivReduction = KLDivReduction>
  extends MindSporeKLDivOptions<R>,
    LegacyOptions {
  /** Whether `target` holds log-probabilities. Default false. */
  log_target?: boolean | undefined;
}

/** Calls a Kullback-Leibler divergence with the options of the constructor. */
export interface KLDivForward<R extends KLDivReduction, A extends Mode = 'sync'> {
  /**
   * The Kullback-Leibler divergence of `target` from `input`.
   *
   * @param input - log-probabilities of any shape, in a floating dtype
   * @param target - probabilities (or log-probabilities, with `log_target`) in the shape of `input`, in a floating
   *   dtype
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TorchError if the shapes do not broadcast, and for integers
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, Promoted<D, E>>>;
}

/** Calls MindSpore's Kullback-Leibler divergence with the options of the constructor. */
export interface MindSporeKLDivForward<R extends KLDivReduction, A extends Mode = 'sync'> {
  /**
   * The Kullback-Leibler divergence of `labels` from `logits`.
   *
   * @param logits - log-probabilities of any shape, in float16, float32 or float64
   * @param labels - probabilities, usually 0 or 1, in the shape and dtype of `logits`
   * @returns the loss in the dtype of `logits`: a scalar, or one value per element with reduction `'none'`
   * @throws TypeError for a dtype other than float16, float32 and float64
   * @throws RangeError if the shapes of `labels` and `logits` differ
   */
  <S extends Shape, T extends Shape, D extends Exclude<Float, 'bfloat16'>>(
    logits: Tensor<S, D>,
    labels: Tensor<Like<S, T>, NoInfer<D>>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** `torch.nn.functional.kl_div`. */
export interface KLDivFunction<A extends Mode = 'sync'> {
  /**
   * The Kullback-Leibler divergence of `target` from `input`: `target (log target - input)`, 0 where `target` is 0.
   *
   * @param input - log-probabilities of any shape, in a floating dtype
   * @param target - probabilities (or log-probabilities, with `log_target`) in the shape of `input`, in a floating
   *   dtype
   * @param options - `reduction`, `log_target`
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TorchError if the shapes do not broadcast, and for integers
   * @example
   * ```ts
   * const input = torch.tensor([[0.2, 0.3, 0.5]]).log();
   * const target = torch.tensor([[0.1, 0.4, 0.5]]);
   * torch.nn.functional.kl_div(input, target, { reduction: 'batchmean' }).item();   // 0.0457581...
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float, R extends KLDivReduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    options?: CallOptions<A, KLDivOptions<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, Promoted<D, E>>>;
}

/** `mindspore.ops.kl_div`. */
export interface MindSporeKLDivFunction<A extends Mode = 'sync'> {
  /**
   * The Kullback-Leibler divergence of `labels` from `logits`.
   *
   * @param logits - log-probabilities of any shape, in float16, float32 or float64
   * @param labels - probabilities, usually 0 or 1, in the shape and dtype of `logits`
   * @param options - `reduction`
   * @returns the loss in the dtype of `logits`: a scalar, or one value per element with reduction `'none'`
   * @throws TypeError for a dtype other than float16, float32 and float64
   * @throws RangeError if the shapes of `labels` and `logits` differ
   */
  <S extends Shape, T extends Shape, D extends Exclude<Float, 'bfloat16'>, R extends KLDivReduction = 'mean'>(
    logits: Tensor<S, D>,
    labels: Tensor<Like<S, T>, NoInfer<D>>,
    options?: CallOptions<A, MindSporeKLDivOptions<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

const torch = {
  inputs: ['input', 'target'],
  options: ['size_average', 'reduce', 'reduction', 'log_target'],
  meanWarning:
    "reduction 'mean' divides by the number of elements, not by the batch size alone as the mathematical divergence does: 'batchmean' does.",
} as const;
const mindspore = {
  inputs: ['logits', 'labels'],
  options: ['reduction'],
  prepare: (inputs: readonly unknown[], names: readonly string[]) =>
    sameShape(dtypeAmong(inputs, names, ['float16', 'float32', 'float64']), names),
} as const;

/** Kullback-Leibler divergence of a target distribution from log-probabilities. */
export const klDiv = {
  op: 'kl_div',
  formula:
    'loss = target (log target - input), 0 where target is 0\n' +
    'with log_target: loss = exp(target) (target - input)',
  tex: [String.raw`\ell=y\,(\log y-x)\quad(0\text{ where }y=0)`, String.raw`\text{log\_target: }\;\ell=e^{y}\,(y-x)`],
  use: "Use it to match a whole distribution, as in distillation; pass log-probabilities as the input and choose `'batchmean'`.",
  avoid: 'Do not use it with class indices (use `CrossEntropyLoss`), and do not pass the input as plain probabilities.',
  paper: {
    title: 'Kullback and Leibler, On Information and Sufficiency, 1951',
    url: 'https://doi.org/10.1214/aoms/1177729694',
  },
  params: { reduction: reduction(['none', 'mean', 'sum', 'batchmean']), log_target: boolean(false) },
  versions: [
    {
      namespaces: MINDSPORE,
      releases: 'MindSpore 2.6 and newer',
      note: 'log_target is in mindspore.mint.nn.functional.kl_div, but in neither of these',
    },
  ],
  namespaces: {
    'torch.nn': { name: 'KLDivLoss', ...torch },
    'torch.nn.functional': { name: 'kl_div', ...torch },
    'mindspore.nn': { name: 'KLDivLoss', ...mindspore },
    'mindspore.ops': { name: 'kl_div', ...mindspore },
  },
  deviations: [
    {
      about: 'a negative target',
      torch: 'nan',
      mindspore: '0 on the CPU',
      examples: [{ inputs: [[-1], [-0.5]], options: { reduction: 'none' }, torch: [Number.NaN], mindspore: [0] }],
      explains: (call) =>
        madeOf(call, (value) => value < 0, 1) &&
        call.differs === 'output' &&
        call.gives('theirs', ([input = 0], [target = 0]) => (target > 0 ? target * (Math.log(target) - input) : 0)),
    },
    {
      about: 'the gradient of the target',
      torch: 'log(target) + 1 - input: 1.3068528 for a target of 0.5 and an input of -1',
      mindspore: '0',
      examples: [
        {
          inputs: [[-1], [0.5]],
          options: { reduction: 'sum' },
          gradient: 'labels',
          torch: [1.3068528],
          mindspore: [0],
        },
      ],
      explains: (call) => inMindSpore(call) && ofGradient(call, 'labels') && call.element?.theirs === 0,
    },
    {
      about: 'NaN in the input',
      torch: 'nan',
      mindspore: '0 on the CPU',
      examples: [
        { inputs: [[Number.NaN], [0.5]], options: { reduction: 'none' }, torch: [Number.NaN], mindspore: [0] },
      ],
    },
    {
      about: 'a target of 0 where the input is -inf',
      torch: 'nan',
      mindspore: '0 on the CPU',
      examples: [
        {
          inputs: [[Number.NEGATIVE_INFINITY], [0]],
          options: { reduction: 'none' },
          torch: [Number.NaN],
          mindspore: [0],
        },
      ],
    },
    {
      about: 'the logarithm on a GPU',
      torch: 'of the target: a loss of -1.842068e-7 for a target of 1e-8 and an input of 0',
      mindspore: 'of the target raised to at least 1e-6: by its source -1.3815511e-7, not measured; on the CPU as here',
      examples: [{ inputs: [[0], [1e-8]], options: { reduction: 'none' }, torch: [-1.842068e-7] }],
    },
    { about: "0-d tensors with 'batchmean'", torch: 'the sum, undivided', mindspore: 'an error' },
    ...composed,
  ],
} satisfies LossRow<KLDivOptions>;
