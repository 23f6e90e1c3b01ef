/** Dropout and its variants: in training, elements or whole channels are set to 0 and the others scaled up. */
import { callShape, readCall } from '../../base/positional.js';
import { invalidType, invalidValue } from '../../base/errors.js';
import { warnOnce } from '../../base/warnings.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op } from '../../tensor/call.js';
import { Module } from '../module.js';
import { plain } from '../print.js';
import { checkInput, checkProbability } from './layer.js';

/** Options of the dropout layers. */
export interface DropoutOptions {
  /** The probability of setting an element, or a channel, to 0. Default 0.5. */
  p?: number | undefined;
  /** Write the result into the input. Default false. */
  inplace?: boolean | undefined;
}

const DROPOUT = callShape('Dropout', 'p?, inplace?');

/** The base class of the dropout layers. */
abstract class DropoutBase extends Module {
  declare p: number;
  declare inplace: boolean;

  constructor(p?: number | DropoutOptions, inplace?: boolean | DropoutOptions, options?: DropoutOptions);
  constructor(...args: unknown[]) {
    super();
    const { p = 0.5, inplace = false } = readCall<DropoutOptions>(DROPOUT, args);
    if (typeof inplace !== 'boolean') throw invalidType('inplace', 'a boolean', inplace);
    this.p = checkProbability(p);
    this.inplace = inplace;
  }

  protected run(name: string, input: Tensor): Tensor {
    return op(this.inplace ? `${name}_` : name, input, this.p, this.training);
  }

  /** Drops channels of an input with or without a batch dimension; with one it has `batched` dimensions. */
  protected channels(input: Tensor, batched: number): Tensor {
    checkInput(input);
    if (input.dim() === batched) return this.run('feature_dropout', input);
    const one = op(this.inplace ? 'unsqueeze_' : 'unsqueeze', input, 0);
    const dropped = this.run('feature_dropout', one);
    return op(this.inplace ? 'squeeze_' : 'squeeze', dropped, 0);
  }

  override extra_repr(): string {
    return `p=${plain(this.p)}, inplace=${plain(this.inplace)}`;
  }
}

/** Sets random elements to 0. */
export class Dropout extends DropoutBase {
  override forward(input: Tensor): Tensor {
    return this.run('dropout', input);
  }
}

/** Sets random channels of `[N, C, L]` or `[C, L]` to 0. */
export class Dropout1d extends DropoutBase {
  override forward(input: Tensor): Tensor {
    checkInput(input);
    if (![2, 3].includes(input.dim())) throw invalidValue('input', '2 or 3 dimensions', input.dim());
    return this.channels(input, 3);
  }
}

/** Sets random channels of `[N, C, H, W]` to 0. */
export class Dropout2d extends DropoutBase {
  override forward(input: Tensor): Tensor {
    checkInput(input);
    const dims = input.dim();
    if (![3, 4].includes(dims)) warnDims('dropout2d', dims);
    if (dims === 3) {
      warnOnce(
        'dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired - input is interpreted as shape (N, C, L), where C is the channel dim. Use dropout1d instead.',
      );
    }
    return this.run('feature_dropout', input);
  }
}

/** Sets random channels of `[N, C, D, H, W]` or `[C, D, H, W]` to 0. */
export class Dropout3d extends DropoutBase {
  override forward(input: Tensor): Tensor {
    checkInput(input);
    const dims = input.dim();
    if (![4, 5].includes(dims)) warnDims('dropout3d', dims);
    return this.channels(input, 5);
  }
}

function warnDims(name: string, dims: number): void {
  warnOnce(`${name}: Received a ${dims}-D input to ${name}, which is deprecated. Use dropout instead.`);
}

/** Sets random elements to SELU's lowest value, and scales the others so that mean and variance are preserved. */
export class AlphaDropout extends DropoutBase {
  override forward(input: Tensor): Tensor {
    // Python passes `inplace` to neither of them.
    return op('alpha_dropout', input, this.p, this.training);
  }
}

/** {@link AlphaDropout} of whole channels. */
export class FeatureAlphaDropout extends DropoutBase {
  override forward(input: Tensor): Tensor {
    return op('feature_alpha_dropout', input, this.p, this.training);
  }
}
