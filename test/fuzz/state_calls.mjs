// The calls of the stateful fuzzer: operators by name with arguments that match their schemas, and losses of labels.

/**
 * Operators that write in place, return views, or take `out`, and some that only compute. Left out are those that LibTorch does
 * not check: names that begin with an underscore or end with `_backward`.
 */
export const OPERATORS = [
  // In place.
  ...'add_ sub_ mul_ div_ pow_ neg_ abs_ exp_ sqrt_ clamp_ clamp_min_ sign_ floor_ round_ sigmoid_ relu_ tanh_ eq_ lt_'.split(
    ' ',
  ),
  ...'fill_ zero_ copy_ masked_fill_ index_fill_ index_add_ index_copy_ scatter_ scatter_add_ put_ fill_diagonal_'.split(
    ' ',
  ),
  ...'random_ normal_ uniform_ bernoulli_ cumsum_ cumprod_ tril_ triu_ lerp_ addcmul_ addmm_ logical_not_ nan_to_num_'.split(
    ' ',
  ),
  // In place on sizes and storage.
  ...'resize_ resize_ resize_ resize_as_ set_ set_ set_ t_ transpose_ squeeze_ unsqueeze_ swapaxes_ as_strided_ detach_'.split(
    ' ',
  ),
  // Views.
  ...'view reshape flatten squeeze unsqueeze transpose permute t expand narrow select slice split chunk unbind unfold'.split(
    ' ',
  ),
  ...'as_strided diagonal movedim view_as expand_as detach alias view_as_real swapdims tile ravel lift'.split(' '),
  // Into `out`, for overloads that have it.
  ...'add sub mul div matmul mm bmm cat stack sum mean prod amax max min argmax cumsum index_select gather masked_select'.split(
    ' ',
  ),
  ...'sort topk nonzero where arange linspace eye zeros ones full take tril logsumexp softmax norm var ne exp'.split(
    ' ',
  ),
  // Others.
  ...'clone contiguous to scatter index_add index masked_fill take_along_dim one_hot bincount histc repeat_interleave'.split(
    ' ',
  ),
  ...'flip roll repeat cross_entropy_loss nll_loss multi_margin_loss multilabel_margin_loss mse_loss embedding'.split(
    ' ',
  ),
];

const functional =
  (name) =>
  ({ nn }, input, target, options, isAsync) =>
    isAsync ? nn.functional[name].async(input, target, options) : nn.functional[name](input, target, options);

const REDUCTIONS = { none: 0, mean: 1, sum: 2 };

const operator =
  (name, ...rest) =>
  ({ ops }, input, target, { reduction }) =>
    ops.aten[name](input, target, ...rest, { reduction: REDUCTIONS[reduction] });

const ctc = (call) => (torch, input, target, options, isAsync) => {
  const lengths = (length) => torch.tensor([length, length], { dtype: 'int64' });
  return call(torch, torch.ops.aten.log_softmax(input, -1), target, lengths(6), lengths(2), options, isAsync);
};

/** Losses with the shapes of their inputs; labels are 0 to 2. */
export const LOSSES = {
  cross_entropy: { input: [3, 5], labels: [3], call: functional('cross_entropy') },
  nll_loss: { input: [3, 5], labels: [3], call: functional('nll_loss') },
  nll_loss2d: { input: [2, 5, 2, 2], labels: [2, 2, 2], call: functional('nll_loss') },
  multi_margin_loss: { input: [3, 5], labels: [3], call: functional('multi_margin_loss') },
  multilabel_margin_loss: { input: [3, 5], labels: [3, 5], call: functional('multilabel_margin_loss') },
  ctc_loss: {
    input: [6, 2, 5],
    labels: [2, 2],
    call: ctc(({ nn }, input, target, lengths, targetLengths, options, isAsync) =>
      (isAsync ? nn.functional.ctc_loss.async : nn.functional.ctc_loss)(input, target, lengths, targetLengths, options),
    ),
  },
  'aten.nll_loss_nd': { input: [3, 5], labels: [3], call: operator('nll_loss_nd') },
  'aten.cross_entropy_loss': { input: [3, 5], labels: [3], call: operator('cross_entropy_loss') },
  'aten.multi_margin_loss': { input: [3, 5], labels: [3], call: operator('multi_margin_loss') },
  'aten.multilabel_margin_loss': { input: [3, 5], labels: [3, 5], call: operator('multilabel_margin_loss') },
  'aten.ctc_loss': {
    input: [6, 2, 5],
    labels: [2, 2],
    call: ctc(({ ops }, input, target, lengths, targetLengths, { reduction }) =>
      ops.aten.ctc_loss(input, target, lengths, targetLengths, 0, REDUCTIONS[reduction]),
    ),
  },
};
