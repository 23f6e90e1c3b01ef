/** How each loss is computed in parts: how samples are laid out in its tensors, and what its mean divides by. */
import { isFloat } from '../tensor/dtypes.js';
import { ArgumentRangeError, ArgumentTypeError, invalidType } from '../base/errors.js';
import { type LossInternals, internalsOf } from '../loss/call.js';
import type { AnyLossRow, Lowered } from '../loss/row.js';
import { mainEntry } from '../losses/catalogue.js';
import { type Param, REDUCTIONS } from '../loss/params.js';
import { isArray, isFunction, isPlainObject } from '../base/plain_object.js';
import type { Tensor } from '../tensor/tensor.js';
import { isTensor } from '../addon/handle.js';
import type { DType, Shape } from '../base/types.js';
import type { EvaluatedLoss, EvaluatedReduction, LossChoice } from './interface.js';

/** The layout of samples in a loss's tensors, as in `binding/parts/batched.h`. */
export const LAYOUTS = { elements: 0, vectors: 1, variance: 2, rows: 3, sequences: 4, projected: 5 } as const;

/** The weight of an unreduced loss in a mean, as in `binding/parts/settings.h`. */
export const WEIGHINGS = { count: 0, classWeights: 1, elementWeights: 2, batch: 3, targetLengths: 4 } as const;

/** How the first tensor gives classes and their probabilities, as in `binding/parts/settings.h`. */
export const SCORES = { none: 0, plain: 1, logits: 2, logProbabilities: 3, probabilities: 4, binaryLogits: 5 } as const;

/** What is known about a loss from its operator. */
interface Plan {
  readonly layout: keyof typeof LAYOUTS;
  /** Whether the last tensor contains class indices. */
  readonly classes?: true;
  /** The tensors that contain indices, beside those of classes. */
  readonly indices?: readonly number[];
  /** The tensors that all samples share. */
  readonly shared?: readonly string[];
  /** How its first tensor gives classes, for losses whose targets are classes. */
  readonly scores?: Exclude<keyof typeof SCORES, 'none'>;
  /** Whether its gradients are divided by the mean's weight at the end, as in LibTorch's own backward pass. */
  readonly divides?: true;
}

const PLANS: Readonly<Record<string, Plan>> = {
  l1_loss: { layout: 'elements' },
  mse_loss: { layout: 'elements' },
  huber_loss: { layout: 'elements' },
  smooth_l1_loss: { layout: 'elements' },
  poisson_nll_loss: { layout: 'elements' },
  gaussian_nll_loss: { layout: 'variance' },
  kl_div: { layout: 'elements' },
  binary_cross_entropy: { layout: 'elements', scores: 'probabilities', divides: true },
  binary_cross_entropy_with_logits: { layout: 'elements', scores: 'binaryLogits', divides: true },
  margin_ranking_loss: { layout: 'elements' },
  hinge_embedding_loss: { layout: 'elements' },
  soft_margin_loss: { layout: 'elements', divides: true },
  triplet_margin_with_distance_loss: { layout: 'vectors' },
  triplet_margin_loss: { layout: 'vectors' },
  multilabel_soft_margin_loss: { layout: 'vectors' },
  cosine_embedding_loss: { layout: 'rows' },
  multilabel_margin_loss: { layout: 'rows', indices: [1] },
  cross_entropy_loss: { layout: 'rows', classes: true, scores: 'logits' },
  linear_cross_entropy: { layout: 'projected', classes: true, shared: ['linear_weight'] },
  nll_loss_nd: { layout: 'rows', classes: true, scores: 'logProbabilities' },
  multi_margin_loss: { layout: 'rows', classes: true, scores: 'plain', divides: true },
  ctc_loss: { layout: 'sequences', indices: [1, 2, 3] },
};

/** The class that cross entropy ignores unless told otherwise. */
const USUAL_IGNORED = -100;

/** A loss with its options and reduction, ready to be computed in parts. */
export interface PlannedLoss {
  readonly name: string;
  /** The names of its tensors, and their names in `torch.nn.functional`. */
  readonly inputs: readonly string[];
  readonly aliases: readonly string[];
  /** The per-element options, which a batch may provide. */
  readonly elementOptions: readonly string[];
  readonly reduction: EvaluatedReduction;
  readonly layout: keyof typeof LAYOUTS;
  readonly classes: boolean;
  /** One of {@link SCORES}. */
  readonly scores: number;
  /** The tensors that hold indices: of classes, and lengths. */
  readonly indices: readonly number[];
  /** The tensors that all samples share. */
  readonly shared: readonly string[];
  /** Whether the tensor of class indices may hold probabilities instead. */
  readonly takesProbabilities: boolean;
  readonly divides: boolean;
  /** Whether an option is a tensor that may contain something for each sample. */
  readonly hasElementOptions: boolean;
  /** Replaces the tensors among its options, such as the weights of an instance, by those that `bring` gives. */
  bringOptions(bring: (tensor: Tensor) => Promise<Tensor>): Promise<void>;
  /** Calls `use` with the unreduced call and how its losses are combined. */
  call<T>(inputs: readonly unknown[], extra: Readonly<Record<string, unknown>>, use: (call: PlannedCall) => T): T;
}

/** The number of elements computed at a time on one CPU thread, and on another device. */
const PART = 2 ** 16;
const DEVICE_PART = 2 ** 24;
/** The same of logits that a linear layer makes: its weight is read once for each part. */
const PROJECTED_PART = 2 ** 22;

/** The number of elements to compute at a time. */
export function partOf({ layout }: PlannedCall, isOnCpu: boolean): number {
  if (!isOnCpu) return DEVICE_PART;
  return layout === LAYOUTS.projected ? PROJECTED_PART : PART;
}

/** A call of the addon, and how its losses are combined. */
export interface PlannedCall extends Lowered {
  readonly layout: number;
  readonly weighing: number;
  readonly inputs: number;
  readonly ignore_index: number;
}

/** Whether a loss can be computed in parts. */
export function isEvaluated(row: AnyLossRow): boolean {
  return Object.hasOwn(PLANS, row.op);
}

/** Reads the caller's choices. */
export function planLoss(choice: LossChoice, parameter: string, reduction?: unknown): PlannedLoss {
  const [loss, options] = (isArray(choice) ? choice : [choice]) as [EvaluatedLoss, object | undefined];
  const parts = isFunction(loss) ? internalsOf(loss) : undefined;
  if (parts === undefined) {
    throw invalidType(parameter, 'a loss of torchloss: a function, an instance, or a function and its options', loss);
  }
  if (options !== undefined && (!isPlainObject(options) || parts.values !== undefined)) {
    throw invalidType(`${parameter}[1]`, 'the options of a function', options);
  }
  if (!isEvaluated(parts.row)) {
    throw new ArgumentTypeError(parameter, 'a loss that PyTorch has, too', `mindspore.nn.${parts.entry.name}`);
  }
  const values = [...(parts.values ?? parts.resolve(options))];
  return plan(parts, values, readReduction(parts, values, reduction));
}

function readReduction({ row }: LossInternals, values: readonly unknown[], reduction: unknown): EvaluatedReduction {
  const at = Object.keys(row.params).indexOf('reduction');
  const param = (row.params as Record<string, Param>)['reduction'] as Param;
  const code = reduction === undefined ? values[at] : param.read(reduction, 'reduction', {});
  const [word] = Object.entries(REDUCTIONS).find(([, number]) => number === code) as [string, number];
  if (word === 'none') throw new ArgumentRangeError('reduction', 'one that gives a single number', "'none'");
  return word as EvaluatedReduction;
}

function plan(parts: LossInternals, given: readonly unknown[], reduction: EvaluatedReduction): PlannedLoss {
  const { row, entry, lowered } = parts;
  const last = entry.inputs.length - 1;
  const {
    layout,
    classes = false,
    scores = 'none',
    divides = false,
    shared = [],
    indices = classes ? [last] : [],
  } = PLANS[row.op] as Plan;
  const { inputs: aliases } = mainEntry(row);
  const params = Object.entries<Param>(row.params);
  const at = (name: string) => params.findIndex(([key]) => key === name);
  // In parts, the logits of a linear layer are few anyway.
  const own: Readonly<Record<string, unknown>> = { reduction: REDUCTIONS.none, options: undefined };
  const values = given.map((value, index) => {
    const [name] = params[index] as [string, Param];
    return Object.hasOwn(own, name) ? own[name] : value;
  });
  const tensorOptions = params.filter(([, { kind }]) => kind === 'tensor').map(([name]) => name);
  const inRows = layout === 'rows' || layout === 'projected';
  const elementOptions = inRows ? [] : tensorOptions;
  return {
    name: entry.name,
    inputs: entry.inputs,
    aliases: aliases.length === entry.inputs.length ? aliases : entry.inputs,
    elementOptions,
    reduction,
    layout,
    classes,
    scores: SCORES[scores],
    indices,
    shared,
    takesProbabilities: row.op === 'cross_entropy_loss' || row.op === 'linear_cross_entropy',
    divides,
    hasElementOptions: elementOptions.some((name) => values[at(name)] !== undefined),
    async bringOptions(bring) {
      for (const [index, value] of values.entries()) {
        if (isTensor(value)) values[index] = await bring(value as Tensor);
      }
    },
    call(inputs, extra, use) {
      const own = [...values];
      for (const [name, value] of Object.entries(extra)) {
        const param = row.params as Record<string, Param>;
        own[at(name)] = (param[name] as Param).read(value, name, {});
      }
      const byFunction = own[at('distance_function')] !== undefined;
      const [widened, made] = byFunction
        ? widenHalves(inputs)
        : inRows
          ? widenClasses(inputs, classes ? last : 1)
          : [inputs, []];
      try {
        return lowered(widened, own, (call) => use({ ...call, ...describeCall(call, widened, own) }));
      } finally {
        for (const tensor of made) tensor.dispose();
      }
    },
  };

  function describeCall({ op, args }: Lowered, tensors: readonly unknown[], own: readonly unknown[]) {
    // The distances of the caller's function replace the inputs.
    const isDistances = op === 'triplet_margin_with_distance_loss';
    const ownInputs = layout === 'projected' ? 2 : entry.inputs.length;
    const inputs = isDistances ? (args[2] === undefined ? 2 : 3) : ownInputs;
    return {
      layout: LAYOUTS[isDistances ? 'elements' : layout],
      weighing: weighingOf(tensors, own),
      inputs,
      ignore_index: at('ignore_index') < 0 ? Number.MIN_SAFE_INTEGER : Number(own[at('ignore_index')] ?? USUAL_IGNORED),
    };
  }

  function weighingOf(tensors: readonly unknown[], own: readonly unknown[]): number {
    if (reduction === 'batchmean') return WEIGHINGS.batch;
    if (reduction === 'sum') return WEIGHINGS.count;
    if (layout === 'sequences') return WEIGHINGS.targetLengths;
    if (['cross_entropy_loss', 'nll_loss_nd', 'linear_cross_entropy'].includes(row.op)) {
      const isProbabilities = isFloat((tensors[last] as Tensor).dtype);
      return isProbabilities ? WEIGHINGS.count : WEIGHINGS.classWeights;
    }
    const weighted = (row.op === 'l1_loss' || row.op === 'mse_loss') && own[at('weight')] !== undefined;
    return weighted ? WEIGHINGS.elementWeights : WEIGHINGS.count;
  }
}

/** The common size of a dimension, to which sizes of 1 are broadcast. */
export function broadcastSize(sizes: readonly number[]): number {
  return sizes.find((size) => size !== 1) ?? 1;
}

/** Class indices of a smaller dtype, which are common in files, become int64. */
function widenClasses(inputs: readonly unknown[], at: number): [inputs: readonly unknown[], made: readonly Tensor[]] {
  const target = inputs[at] as Tensor;
  if (!isTensor(target) || !['int8', 'int16', 'int32'].includes(target.dtype)) return [inputs, []];
  const wide = target.to('int64');
  return [inputs.with(at, wide), [wide]];
}

/**
 * The tensors for a caller's distance function: the addon widens only what it computes itself, and sees only distances.
 */
function widenHalves(inputs: readonly unknown[]): [inputs: readonly unknown[], made: readonly Tensor[]] {
  const made: Tensor[] = [];
  const widened = inputs.map((input) => {
    if (!isTensor(input) || !['float16', 'bfloat16'].includes((input as Tensor<Shape, DType>).dtype)) return input;
    return made[made.push((input as Tensor).to('float32')) - 1];
  });
  return [widened, made];
}
