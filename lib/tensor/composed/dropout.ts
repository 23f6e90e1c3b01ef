/** The variants of dropout in `torch.nn.functional`, composed as in Python. */
import { invalidValue, TorchError } from '../../base/errors.js';
import { warnOnce } from '../../base/warnings.js';
import type { Tensor } from '../tensor.js';
import { type Body, checkTensorArgument, op, step, type Steps } from './steps.js';

function checkProbability(p: unknown): void {
  if (typeof p === 'number' && (p < 0 || p > 1)) throw invalidValue('p', 'a probability between 0 and 1', p);
}

const plain =
  (name: string): Body =>
  (input, p: number, training: boolean, inplace: boolean) => {
    checkProbability(p);
    return step(inplace ? `${name}_` : name, input, p, training);
  };

/** Drops whole channels; an input without a batch dimension is given one during the call. */
function* channels(input: Tensor, p: number, training: boolean, inplace: boolean, batched: boolean): Steps {
  const suffix = inplace ? '_' : '';
  const given = batched ? input : yield* op(`unsqueeze${suffix}`, input, 0);
  const result = yield* op(`feature_dropout${suffix}`, given, p, training);
  return batched ? result : yield* op(`squeeze${suffix}.dim`, result, 0);
}

export const dropout: Record<string, Body> = {
  dropout: plain('dropout'),
  alpha_dropout: plain('alpha_dropout'),
  feature_alpha_dropout: plain('feature_alpha_dropout'),
  dropout1d(input: Tensor, p: number, training: boolean, inplace: boolean) {
    checkProbability(p);
    checkTensorArgument(input, 'input');
    const dims = input.dim();
    if (dims !== 2 && dims !== 3) {
      throw new TorchError('ERR_TORCH', `dropout1d: Expected 2D or 3D input, but received a ${dims}D input.`);
    }
    return channels(input, p, training, inplace, dims === 3);
  },
  dropout2d(input: Tensor, p: number, training: boolean, inplace: boolean) {
    checkProbability(p);
    checkTensorArgument(input, 'input');
    const dims = input.dim();
    if (dims !== 3 && dims !== 4) warnOnce(`dropout2d: Received a ${dims}-D input to dropout2d, which is deprecated.`);
    if (dims === 3) warnOnce('dropout2d: Received a 3D input; its second dimension is taken for the channels.');
    return step(inplace ? 'feature_dropout_' : 'feature_dropout', input, p, training);
  },
  dropout3d(input: Tensor, p: number, training: boolean, inplace: boolean) {
    checkProbability(p);
    checkTensorArgument(input, 'input');
    const dims = input.dim();
    if (dims !== 4 && dims !== 5) warnOnce(`dropout3d: Received a ${dims}-D input to dropout3d, which is deprecated.`);
    return channels(input, p, training, inplace, dims === 5);
  },
};
