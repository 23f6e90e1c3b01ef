// What is compared, as data. run.mjs passes each case to the three programs, which know how to make each tensor and which
// operator each loss is; README.md in this folder has the details.

/** The losses: a class, the function's name, the kinds of its tensors, and the reduction if it is not the default. */
const LOSSES = [
  ['L1Loss', 'l1_loss', 'scores values'],
  ['MSELoss', 'mse_loss', 'scores values'],
  ['HuberLoss', 'huber_loss', 'scores values'],
  ['SmoothL1Loss', 'smooth_l1_loss', 'scores values'],
  ['CrossEntropyLoss', 'cross_entropy', 'scores labels'],
  ['NLLLoss', 'nll_loss', 'log_probabilities labels'],
  ['PoissonNLLLoss', 'poisson_nll_loss', 'scores shares'],
  ['GaussianNLLLoss', 'gaussian_nll_loss', 'scores values shares'],
  ['KLDivLoss', 'kl_div', 'log_probabilities shares', 'sum'], // Python warns about the default on every call
  ['BCELoss', 'binary_cross_entropy', 'probabilities shares'],
  ['BCEWithLogitsLoss', 'binary_cross_entropy_with_logits', 'scores shares'],
  ['MarginRankingLoss', 'margin_ranking_loss', 'scores values signs'],
  ['HingeEmbeddingLoss', 'hinge_embedding_loss', 'scores signs'],
  ['CosineEmbeddingLoss', 'cosine_embedding_loss', 'scores values row_signs'],
  ['SoftMarginLoss', 'soft_margin_loss', 'scores signs'],
  ['MultiLabelSoftMarginLoss', 'multilabel_soft_margin_loss', 'scores bits'],
  ['MultiLabelMarginLoss', 'multilabel_margin_loss', 'scores label_sets'],
  ['MultiMarginLoss', 'multi_margin_loss', 'scores labels'],
  ['TripletMarginLoss', 'triplet_margin_loss', 'scores values opposites'],
  ['TripletMarginWithDistanceLoss', 'triplet_margin_with_distance_loss', 'scores values opposites'],
  ['CTCLoss', 'ctc_loss', 'steps sequences input_lengths target_lengths'],
];

/** Each loss by its two names; `loss` is the function's, which the C++ program uses. */
export const CASES = LOSSES.flatMap(([className, loss, tensors, reduction = 'mean']) =>
  [loss, className].map((name) => ({ name, loss, tensors: tensors.split(' '), reduction })),
);

/** Methods that programs call often, and the same operators by name: their tensors by kind, then their numbers. */
const METHODS = [
  ...['add', 'sub', 'mul', 'div', 'maximum', 'eq', 'lt'].map((name) => [name, 'scores values']),
  ...['matmul', 'mm'].map((name) => [name, 'scores columns_first']),
  ...['abs', 'neg', 'exp', 'relu', 'sigmoid', 'tanh', 'square', 'sign'].map((name) => [name, 'scores']),
  ...['log', 'sqrt', 'rsqrt', 'reciprocal'].map((name) => [name, 'probabilities']),
  ...['sum', 'mean', 'max', 'argmax', 'std', 'any'].map((name) => [name, 'scores']),
  ...['t', 'clone', 'flatten'].map((name) => [name, 'scores']),
  ...['softmax', 'log_softmax', 'cumsum'].map((name) => [name, 'scores 1']),
  ['unsqueeze', 'scores 0'],
  ['transpose', 'scores 0 1'],
  ['select', 'scores 0 1'],
];
export const OPERATORS = ['Tensor', 'aten'].flatMap((way) =>
  METHODS.map(([method, tensors]) => {
    const name = `${way}.${method}`;
    return { name, loss: name, tensors: tensors.split(' '), reduction: 'mean', pass: 'forward' };
  }),
);

export const PASSES = ['forward', 'backward'];

const functions = CASES.filter(({ name, loss }) => name === loss).map(({ name }) => name);

/**
 * The sizes: the rows and columns of matrices, and steps, batch and target length of ctc_loss for about as many elements (more
 * at the tiny size, where there would be too few). Also the default cases, for a run that names neither cases nor sizes, and
 * how often each batch is run: a batch takes the C++ program `batch` seconds or one call.
 */
export const SIZES = {
  tiny: {
    shape: { rows: 4, columns: 10, steps: 10, batch: 4, length: 3 },
    cases: CASES.map(({ name }) => name),
    usual: CASES.map(({ name }) => name),
    measure: { seconds: 0.02, rounds: 9, warmUpCalls: 10000 },
  },
  medium: {
    shape: { rows: 1024, columns: 1000, steps: 32, batch: 32, length: 10 },
    cases: functions,
    usual: ['cross_entropy', 'mse_loss', 'kl_div', 'ctc_loss'],
    measure: { seconds: 0.1, rounds: 7, warmUpCalls: 20 },
  },
  large: {
    shape: { rows: 4096, columns: 32000, steps: 64, batch: 64, length: 20 },
    // Two tensors each: a tensor takes 500 MB, and the three programs hold theirs at the same time.
    cases: ['cross_entropy', 'mse_loss', 'l1_loss', 'smooth_l1_loss', 'binary_cross_entropy_with_logits'],
    usual: [],
    measure: { seconds: 0.02, rounds: 5, warmUpCalls: 1 },
  },
};

/** The goals: the most that torchloss may take relative to another program. */
export const GOALS = {
  operators: (name) => (name.startsWith('Tensor.') ? 1.25 : 2), // in C++'s instructions
  cpp: (loss) => (loss === 'cross_entropy' ? 1.25 : 1.12), // in instructions, on tiny inputs
  python: { tiny: 1, medium: 1.02, large: 0.6 },
  pythonMean: 0.78, // on tiny inputs
};
