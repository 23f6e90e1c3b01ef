/** MindSpore's older and neighbouring names, each read as a loss that means the same. */
import { bindArguments, type PythonArgument, type PythonCall, readValue, wrongCall } from './python.js';
import { literalOf } from './write.js';

/** A name that is not one of the losses, and what it stands for. */
interface Neighbour {
  /** The parameters of the constructor, with their defaults in Python. */
  readonly options: Readonly<Record<string, string>>;
  /** The arguments of the instance's call; the losses' tensors first. */
  readonly inputs: readonly string[];
  /** What it is if it is constructed but not called, and with which options. */
  readonly built: { readonly path: string; readonly options: readonly Option[] };
  /** The function it is if it is called; the class of `built` by default. */
  readonly called?: { readonly path: string; readonly options: readonly Option[] };
  readonly notes: (given: ReadonlyMap<string, PythonArgument>) => readonly string[];
}

/** A parameter that is passed on, or an option with a constant in Python. */
type Option = string | { readonly name: string; readonly is: string };

const PRIMITIVE = 'is a primitive, what functions and layers of MindSpore are made of';

/** A primitive that is a layer of the same parameters. */
function sameAsLayer(layer: string, options: Readonly<Record<string, string>>, inputs: readonly string[]): Neighbour {
  return {
    options,
    inputs,
    built: { path: `mindspore.nn.${layer}`, options: Object.keys(options) },
    notes: () => [],
  };
}

const pair = 'The primitive returns a pair, of which the loss comes first.';
const mean = { reduction: "'mean'" };
const logitsAndLabels = ['logits', 'labels'];

const NEIGHBOURS: Readonly<Record<string, Neighbour>> = {
  'mindspore.nn.SoftmaxCrossEntropyWithLogits': {
    options: { sparse: 'False', reduction: "'none'" },
    inputs: logitsAndLabels,
    built: { path: 'mindspore.nn.CrossEntropyLoss', options: ['reduction'] },
    notes: (given) => {
      const sparse = given.get('sparse');
      const value = sparse === undefined ? false : literalOf(sparse);
      const labels =
        value === undefined
          ? 'labels are class indices if sparse is True, else probabilities of the shape of logits'
          : value === true
            ? 'with sparse=True, labels are class indices'
            : 'with sparse=False, labels are probabilities (or one-hot) of the shape of logits';
      return [`SoftmaxCrossEntropyWithLogits is CrossEntropyLoss with reduction 'none' by default; ${labels}.`];
    },
  },
  'mindspore.nn.MAELoss': {
    options: mean,
    inputs: logitsAndLabels,
    built: { path: 'mindspore.nn.L1Loss', options: ['reduction'] },
    notes: () => ['MAELoss, the mean absolute error, is L1Loss.'],
  },
  'mindspore.ops.SoftmaxCrossEntropyWithLogits': {
    options: {},
    inputs: logitsAndLabels,
    built: { path: 'mindspore.nn.CrossEntropyLoss', options: [{ name: 'reduction', is: "'none'" }] },
    notes: () => ['labels are probabilities (or one-hot) of the shape of logits.', pair],
  },
  'mindspore.ops.SparseSoftmaxCrossEntropyWithLogits': {
    options: { is_grad: 'False' },
    inputs: logitsAndLabels,
    built: { path: 'mindspore.nn.CrossEntropyLoss', options: [] },
    notes: (given) => {
      const gradient = given.get('is_grad');
      if (gradient !== undefined && literalOf(gradient) !== false) {
        throw wrongCall(gradient.column, 'False for is_grad (True gives a gradient, no loss)', `\`${gradient.text}\``);
      }
      return ['labels are class indices, and the losses are averaged.'];
    },
  },
  'mindspore.ops.SigmoidCrossEntropyWithLogits': {
    options: {},
    inputs: ['logits', 'label'],
    built: { path: 'mindspore.nn.BCEWithLogitsLoss', options: [{ name: 'reduction', is: "'none'" }] },
    notes: () => [],
  },
  'mindspore.ops.BCEWithLogitsLoss': {
    options: mean,
    inputs: ['logits', 'label', 'weight', 'pos_weight'],
    built: { path: 'mindspore.nn.BCEWithLogitsLoss', options: ['reduction'] },
    called: {
      path: 'mindspore.ops.binary_cross_entropy_with_logits',
      options: ['weight', 'pos_weight', 'reduction'],
    },
    notes: () => [],
  },
  'mindspore.ops.BinaryCrossEntropy': {
    options: mean,
    inputs: ['logits', 'labels', 'weight'],
    built: { path: 'mindspore.nn.BCELoss', options: ['reduction'] },
    called: { path: 'mindspore.ops.binary_cross_entropy', options: ['weight', 'reduction'] },
    notes: () => [],
  },
  'mindspore.ops.NLLLoss': {
    options: { ...mean, ignore_index: '-100' },
    inputs: ['logits', 'labels', 'weight'],
    built: { path: 'mindspore.nn.NLLLoss', options: ['reduction', 'ignore_index'] },
    called: { path: 'mindspore.ops.nll_loss', options: ['weight', 'reduction', 'ignore_index'] },
    notes: () => [pair],
  },
  'mindspore.ops.MultiMarginLoss': {
    options: { p: '1', margin: '1.0', ...mean },
    inputs: ['inputs', 'target', 'weight'],
    built: { path: 'mindspore.nn.MultiMarginLoss', options: ['p', 'margin', 'reduction'] },
    notes: () => [],
  },
  'mindspore.ops.MultilabelMarginLoss': {
    ...sameAsLayer('MultilabelMarginLoss', mean, ['inputs', 'target']),
    notes: () => [pair],
  },
  'mindspore.ops.KLDivLoss': sameAsLayer('KLDivLoss', mean, logitsAndLabels),
  'mindspore.ops.SmoothL1Loss': sameAsLayer('SmoothL1Loss', { beta: '1.0', reduction: "'none'" }, [
    'prediction',
    'target',
  ]),
  'mindspore.ops.SoftMarginLoss': sameAsLayer('SoftMarginLoss', mean, logitsAndLabels),
};

/** Losses of the frameworks with no counterpart, each with the reason or what comes closest. */
const WITHOUT_COUNTERPART: Readonly<Record<string, string>> = {
  'mindspore.ops.CTCLoss': `which ${PRIMITIVE}, and takes sparse labels; mindspore.ops.ctc_loss takes dense ones`,
  'mindspore.ops.CTCLossV2': `which ${PRIMITIVE}; mindspore.ops.ctc_loss is the function`,
  'mindspore.ops.L2Loss': `which ${PRIMITIVE}: half the sum of the squares of one tensor`,
  'mindspore.nn.DiceLoss': 'which only MindSpore has; torchloss has it under the same name',
  'mindspore.nn.MultiClassDiceLoss': 'which only MindSpore has; torchloss has it under the same name',
  'mindspore.nn.FocalLoss': 'which only MindSpore has; torchloss has it under the same name',
  'mindspore.nn.SampledSoftmaxLoss': 'which only MindSpore has; torchloss has it under the same name',
  'mindspore.nn.RMSELoss':
    'which only MindSpore has; it is the square root of MSELoss, and torchloss has it under the same name',
  'torch.nn.AdaptiveLogSoftmaxWithLoss': 'which only PyTorch has',
  'torch.nn.LinearCrossEntropyLoss': 'which only PyTorch has',
  'torch.nn.functional.linear_cross_entropy': 'which only PyTorch has',
};

/** Why a loss of a framework cannot be answered; `undefined` for any other name. */
export function whyWithoutCounterpart(path: string): string | undefined {
  return Object.hasOwn(WITHOUT_COUNTERPART, path) ? WITHOUT_COUNTERPART[path] : undefined;
}

/** Whether a name of a framework has an answer here, be it that there is no counterpart. */
export function isNeighbour(path: string): boolean {
  return Object.hasOwn(NEIGHBOURS, path) || Object.hasOwn(WITHOUT_COUNTERPART, path);
}

/** The call of a loss that a neighbouring name stands for. */
export interface Read {
  readonly call: PythonCall;
  /** The loss, with its namespace. */
  readonly path: string;
  readonly notes: readonly string[];
}

/** A call of a neighbouring name as the call of a loss; `undefined` for any other name. */
export function readNeighbour(call: PythonCall, path: string): Read | undefined {
  const neighbour = Object.hasOwn(NEIGHBOURS, path) ? (NEIGHBOURS[path] as Neighbour) : undefined;
  if (neighbour === undefined) return undefined;
  const { built, called = built, inputs } = neighbour;
  const name = path.slice(path.lastIndexOf('.') + 1);
  const given = bindArguments(call.args, Object.keys(neighbour.options), name);
  const tensors = call.second === undefined ? undefined : bindArguments(call.second, inputs, name);
  const { path: loss, options } = tensors === undefined ? built : called;
  const written = options.flatMap((option) => {
    const [to, from] = typeof option === 'string' ? [option, option] : [option.name, undefined];
    const argument = from === undefined ? undefined : (given.get(from) ?? tensors?.get(from));
    const text = typeof option === 'string' ? neighbour.options[option] : option.is;
    if (argument !== undefined) return [{ ...argument, name: to }];
    return text === undefined ? [] : [{ name: to, text, value: readValue(text), column: call.column }];
  });
  const ofPrimitive = path.startsWith('mindspore.ops.') ? [`${path} ${PRIMITIVE}; it is read as ${loss}.`] : [];
  const notes = [...ofPrimitive, ...neighbour.notes(given)];
  const isFunction = loss.startsWith('mindspore.ops.');
  const places = inputs.filter((input) => !isFunction || !options.includes(input));
  const second = places
    .flatMap((input) => tensors?.get(input) ?? [])
    .map(({ text, value, column }) => ({ text, value, column }));
  const { second: _, ...rest } = call;
  const read = isFunction
    ? { ...rest, args: [...second, ...written] }
    : { ...rest, args: written, ...(tensors !== undefined && { second }) };
  return { call: read, path: loss, notes };
}
