/** Embeddings of `torch.nn.functional`, composed as in Python. */
import { ArgumentRangeError, invalidValue, TorchError } from '../../base/errors.js';
import type { Tensor } from '../tensor.js';
import { type Body, checkTensorArgument, op, step, type Steps } from './steps.js';

type Optional = Tensor | null;

/** The offsets of a batch of bags of equal length, and its flattened indices. */
function* flattened(input: Tensor, weights: Optional): Steps<[Tensor, Tensor, Optional]> {
  const options = { dtype: input.dtype, device: input.device };
  const offsets = yield* op('arange.start_step', 0, input.numel(), input.size(1), options);
  const flat = yield* op('reshape', input, [-1]);
  return [flat, offsets, weights === null ? null : yield* op('reshape', weights, [-1])];
}

const MODES = ['sum', 'mean', 'max'];

export const embedding: Record<string, Body> = {
  *embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: number | null,
    max_norm: number | null,
    norm_type: number,
    scale_grad_by_freq: boolean,
    sparse: boolean,
  ): Steps {
    checkTensorArgument(weight, 'weight');
    const rows = weight.dim() === 0 ? 0 : weight.size(0);
    let padding = padding_idx ?? -1;
    if (padding_idx !== null) {
      if (padding_idx >= rows || padding_idx < -rows)
        throw invalidValue('padding_idx', `-${rows} to ${rows - 1}`, padding_idx);
      if (padding_idx < 0) padding = rows + padding_idx;
    }
    let indices = input;
    if (max_norm !== null) {
      indices = yield* op('contiguous', input);
      yield* op('embedding_renorm_', yield* op('detach', weight), indices, max_norm, norm_type);
    }
    return yield* op('embedding', weight, indices, padding, scale_grad_by_freq, sparse);
  },
  *embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Optional,
    max_norm: number | null,
    norm_type: number,
    scale_grad_by_freq: boolean,
    mode: string,
    sparse: boolean,
    per_sample_weights: Optional,
    include_last_offset: boolean,
    padding_idx: number | null,
  ): Steps {
    checkTensorArgument(input, 'input');
    checkTensorArgument(weight, 'weight');
    const shape = input.shape as number[];
    if (per_sample_weights !== null && String(per_sample_weights.shape) !== String(shape)) {
      throw new ArgumentRangeError(
        'per_sample_weights',
        `the input's shape [${shape.join(', ')}]`,
        `[${per_sample_weights.shape.join(', ')}]`,
      );
    }
    if (weight.dim() !== 2) throw invalidValue('weight', '2 dimensions', weight.dim());
    if (shape.length !== 1 && shape.length !== 2) throw invalidValue('input', '1 or 2 dimensions', shape.length);
    if (shape.length === 2 && offsets !== null)
      throw invalidValue('offsets', 'null for a 2-dimensional input', offsets);
    if (shape.length === 1 && offsets?.dim() !== 1) throw invalidValue('offsets', 'a 1-dimensional Tensor', offsets);
    const kind = MODES.indexOf(mode);
    if (kind < 0) throw invalidValue('mode', MODES.map((name) => `'${name}'`).join(', '), mode);
    if (kind === 2 && scale_grad_by_freq) throw invalidValue('scale_grad_by_freq', "false in the mode 'max'", true);
    if (kind === 2 && sparse) throw invalidValue('sparse', "false in the mode 'max'", true);
    if (per_sample_weights !== null && kind !== 0) {
      throw new TorchError('ERR_NOT_IMPLEMENTED', `per_sample_weights: only supported for mode 'sum', got '${mode}'`);
    }
    let [flat, starts, weights] = [input, offsets as Tensor, per_sample_weights];
    if (shape.length === 2) [flat, starts, weights] = yield* flattened(input, per_sample_weights);
    if (max_norm !== null) yield* op('embedding_renorm_', yield* op('detach', weight), flat, max_norm, norm_type);
    const last = shape.length === 1 && include_last_offset;
    const rest = [scale_grad_by_freq, kind, sparse, weights, last, padding_idx];
    const [bags] = yield* op<Tensor[]>('embedding_bag.padding_idx', weight, flat, starts, ...rest);
    return bags;
  },
  one_hot: (tensor, num_classes: number) => step('one_hot', tensor, num_classes),
};
