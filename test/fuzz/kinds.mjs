// What losses and operators expect, so that calls get past their first checks.
import { tensor } from './recipes.mjs';

const NC = tensor({ shape: 'NC' });
const N = tensor({ shape: 'N' });
const probability = tensor({ shape: 'NC', fill: 'probability' });
const classes = tensor({ shape: 'N', dtype: 'int64', fill: 'label' });
const signs = tensor({ shape: 'NC', fill: 'sign' });
const lengths = (fill) => tensor({ shape: 'N', dtype: 'int64', fill });

/** The tensors of losses with different kinds of inputs, by the losses' operators. */
export const LOSS_INPUTS = {
  cross_entropy_loss: [NC, classes],
  nll_loss_nd: [NC, classes],
  multi_margin_loss: [NC, classes],
  multilabel_margin_loss: [NC, tensor({ shape: 'NC', dtype: 'int64', fill: 'label' })],
  multilabel_soft_margin_loss: [NC, probability],
  binary_cross_entropy: [probability, probability],
  binary_cross_entropy_with_logits: [NC, probability],
  gaussian_nll_loss: [NC, NC, probability],
  cosine_embedding_loss: [NC, NC, tensor({ shape: 'N', fill: 'sign' })],
  margin_ranking_loss: [N, N, tensor({ shape: 'N', fill: 'sign' })],
  hinge_embedding_loss: [NC, signs],
  soft_margin_loss: [NC, signs],
  ctc_loss: [
    tensor({ shape: 'TNC' }),
    tensor({ shape: 'NS', dtype: 'int64', fill: 'label' }),
    lengths('label'),
    lengths('class'),
  ],
};

/**
 * Operators that are called through the dispatcher with what their schemas say. Left out are those that LibTorch does not
 * check, such as `set_` and names that begin with an underscore or end with `_backward`.
 */
export const OPERATORS = (
  'add sub mul div pow neg abs exp log sqrt clamp sign floor round sigmoid relu tanh gelu softmax log_softmax logsumexp ' +
  'sum mean prod amax amin max min argmax argsort sort topk cumsum var norm where eq lt logical_and isnan nonzero ' +
  'matmul mm bmm dot outer linear addmm conv2d max_pool2d avg_pool2d layer_norm batch_norm embedding one_hot ' +
  'cat stack split chunk unbind reshape view expand narrow slice select transpose permute squeeze unsqueeze flatten ' +
  'flip roll repeat tril diag index_select gather scatter scatter_add index_add index masked_fill masked_select take ' +
  'zeros ones full arange linspace eye zeros_like full_like rand randint randperm as_strided unfold constant_pad_nd ' +
  'clone contiguous detach to copy_ fill_ zero_ add_ mul_ resize_ pairwise_distance cosine_similarity bincount ' +
  'mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy kl_div cross_entropy_loss nll_loss soft_margin_loss ' +
  'multi_margin_loss multilabel_margin_loss ctc_loss'
).split(' ');
