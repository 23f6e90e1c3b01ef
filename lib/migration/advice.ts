/** Substitutes for parameters that a namespace lacks, and the tensors that the frameworks accept. */
import type { Namespace } from '../loss/call_types.js';
import { crossEntropy } from '../losses/cross_entropy.js';
import type { Plan } from './plan.js';
import { type PythonArgument, wrongCall } from './python.js';
import { literal, literalOf, type Written, writeTensor } from './write.js';

/** What to do instead of passing a parameter that does not exist. */
export interface Remedy {
  readonly instead: string;
  /** Rewrites the call without the parameter, whose value is not the default. */
  readonly apply: (plan: Plan, argument: PythonArgument) => Plan;
}

const weightedMean = weightRemedy(
  "multiply the losses with reduction 'none' by it; the mean is their sum divided by the sum of the weights",
  (losses, weight) => ({
    python: `${losses.python}.sum() / ${weight.python}.sum()`,
    typescript: `${losses.typescript}.sum().div(${weight.typescript}.sum())`,
  }),
);

const plainMean = weightRemedy(
  "multiply the losses with reduction 'none' by it; the mean divides by the number of elements",
  (losses) => ({ python: `${losses.python}.mean()`, typescript: `${losses.typescript}.mean()` }),
);

/** The remedies by the operator and the parameter. */
export const REMEDIES: Readonly<Record<string, Readonly<Record<string, Remedy>>>> = {
  kl_div: {
    log_target: {
      instead: 'pass the probabilities themselves, target.exp(); the results agree up to rounding',
      apply: (plan, argument) => {
        if (literalOf(argument) === undefined)
          throw wrongCall(argument.column, 'True or False', `\`${argument.text}\``);
        const [input, target] = plan.tensors as readonly [Written, Written];
        const exp = {
          python: `${operand(target.python)}.exp()`,
          typescript: `${operand(target.typescript)}.exp()`,
        };
        return { ...plan, tensors: [input, exp] };
      },
    },
  },
  nll_loss_nd: {
    label_smoothing: {
      instead:
        'use cross_entropy, which has it and leaves log-probabilities unchanged; the results agree up to rounding',
      apply: smooth,
    },
  },
  l1_loss: { weight: weightedMean },
  mse_loss: { weight: weightedMean },
  huber_loss: { weight: plainMean },
};

/** The reduction of a plan, which must be known to rewrite the call. */
function reductionOf({ values }: Plan, { column, text }: PythonArgument): string {
  const reduction = literalOf(values.get('reduction') ?? literal('mean'));
  if (typeof reduction === 'string') return reduction;
  throw wrongCall(column, 'a literal reduction together with this parameter', `\`${text}\``);
}

/** Label smoothing through cross entropy, whose reductions are the same. */
function smooth(plan: Plan, argument: PythonArgument): Plan {
  const entry = crossEntropy.namespaces[plan.namespace as 'torch.nn'];
  return { ...plan, row: crossEntropy, entry, values: new Map([...plan.values, ['label_smoothing', argument]]) };
}

/** A weight per element, applied explicitly; `mean` reduces the weighted losses. */
function weightRemedy(instead: string, mean: (losses: Written, weight: Written) => Written): Remedy {
  return {
    instead,
    apply: (plan, argument) => {
      const reduction = reductionOf(plan, argument);
      const written = writeTensor(argument, 'weight', plan.namespace);
      const weight = { python: operand(written.python), typescript: operand(written.typescript) };
      const finish = (call: Written): Written => {
        const product = {
          python: `${call.python} * ${weight.python}`,
          typescript: `${call.typescript}.mul(${weight.typescript})`,
        };
        if (reduction === 'none') return product;
        const losses = { ...product, python: `(${product.python})` };
        if (reduction === 'mean') return mean(losses, weight);
        return { python: `${losses.python}.sum()`, typescript: `${losses.typescript}.sum()` };
      };
      return { ...plan, values: new Map([...plan.values, ['reduction', literal('none')]]), finish };
    },
  };
}

/** An expression that a method may be called on. */
function operand(text: string): string {
  return /^[\w.]+(\([^()]*\))?$/.test(text) && !/^\d/.test(text) ? text : `(${text})`;
}

/** What the frameworks accept as a tensor; MindSpore's class and function separately if they differ. */
interface TensorKinds {
  /** Which tensor, from 0. */
  readonly tensor: number;
  readonly torch: string;
  readonly mindspore: string;
  /** What mindspore.ops accepts, if different. */
  readonly ops?: string;
}

const floats = 'any floating dtype';
const anyDType = 'any dtype';

/** The differences, by operator. */
const KINDS: Readonly<Record<string, readonly TensorKinds[]>> = {
  cross_entropy_loss: [
    { tensor: 0, torch: floats, mindspore: 'float16 or float32', ops: 'float16, float32 or float64' },
    {
      tensor: 1,
      torch: 'int64 or uint8 class indices, or probabilities of any floating dtype',
      mindspore: 'int32 class indices, or probabilities of float16 or float32',
      ops: 'int32 or int64 class indices, or probabilities of float16 or float32',
    },
  ],
  nll_loss_nd: [{ tensor: 1, torch: 'int64 or uint8', mindspore: 'int32 or int64' }],
  gaussian_nll_loss: [{ tensor: 2, torch: 'a Tensor or a number', mindspore: 'a Tensor' }],
  multilabel_margin_loss: [{ tensor: 1, torch: 'int64', mindspore: 'int32' }],
  multi_margin_loss: [{ tensor: 0, torch: '1 or 2 dimensions', mindspore: '2 dimensions' }],
  ctc_loss: [
    {
      tensor: 1,
      torch: 'shape (N, S), or all targets concatenated',
      mindspore: 'shape (N, S), or (S) for a single sequence',
      ops: 'shape (N, S)',
    },
    ...[2, 3].map((tensor) => ({
      tensor,
      torch: 'a tensor of any integer dtype, a tuple or a list',
      mindspore: 'an int32 or int64 tensor, in the dtype of targets',
    })),
  ],
  kl_div: [{ tensor: 1, torch: 'any shape that broadcasts', mindspore: 'the shape of the first tensor' }],
  binary_cross_entropy: [0, 1].map((tensor) => ({ tensor, torch: floats, mindspore: 'float16 or float32' })),
  binary_cross_entropy_with_logits: [0, 1].map((tensor) => ({
    tensor,
    torch: floats,
    mindspore: 'float16, bfloat16 or float32',
  })),
  hinge_embedding_loss: [{ tensor: 1, torch: anyDType, mindspore: floats }],
  margin_ranking_loss: [{ tensor: 2, torch: anyDType, mindspore: 'the dtype of the first tensor' }],
  smooth_l1_loss: [
    { tensor: 1, torch: 'any shape that broadcasts', mindspore: 'the shape and dtype of the first tensor' },
  ],
  soft_margin_loss: [
    { tensor: 1, torch: 'any shape that broadcasts', mindspore: 'the shape and dtype of the first tensor' },
  ],
  poisson_nll_loss: [{ tensor: 1, torch: anyDType, mindspore: 'any dtype; converted to that of the first tensor' }],
  cosine_embedding_loss: [0, 1].map((tensor) => ({
    tensor,
    torch: '1 or 2 dimensions',
    mindspore: 'at least 2 dimensions',
  })),
  triplet_margin_loss: [0, 1, 2].map((tensor) => ({
    tensor,
    torch: 'any number of dimensions',
    mindspore: '2 to 7 dimensions',
  })),
};

/** What two namespaces accept as each tensor, where they differ. */
export function tensorKinds(
  op: string,
  from: Namespace,
  to: Namespace,
): { tensor: number; from: string; to: string }[] {
  const taken = ({ torch, mindspore, ops }: TensorKinds, namespace: Namespace) =>
    namespace.startsWith('torch') ? torch : namespace === 'mindspore.ops' ? (ops ?? mindspore) : mindspore;
  return (KINDS[op] ?? [])
    .map((kinds) => ({ tensor: kinds.tensor, from: taken(kinds, from), to: taken(kinds, to) }))
    .filter((kind) => kind.from !== kind.to);
}
