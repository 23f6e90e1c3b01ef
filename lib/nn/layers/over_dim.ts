/** Activations over one dimension: softmax, its variants, and the gated linear unit. */
import { callShape, readCall } from '../../base/positional.js';
import { invalidValue } from '../../base/errors.js';
import { warnOnce } from '../../base/warnings.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op } from '../../tensor/call.js';
import { Module } from '../module.js';
import { plain } from '../print.js';
import { checkInput, checkInteger } from './layer.js';

/** Options of {@link GLU}. */
export interface DimOptions {
  dim?: number | null | undefined;
}

const GLU_ = callShape('GLU', 'dim?');

/** The first half along `dim`, multiplied by the sigmoid of the second half. */
export class GLU extends Module {
  declare dim: number;

  /** @param dim - default -1 */
  constructor(dim?: number | DimOptions);
  constructor(...args: unknown[]) {
    super();
    const { dim } = readCall<DimOptions>(GLU_, args);
    this.dim = checkInteger(dim ?? -1, 'dim');
  }

  override forward(input: Tensor): Tensor {
    return op('glu', input, this.dim);
  }

  override extra_repr(): string {
    return `dim=${this.dim}`;
  }
}

/** The base class of layers that normalize over one dimension. */
abstract class OverDim extends Module {
  declare dim: number | null;

  protected constructor(name: string, args: unknown[]) {
    super();
    const { dim } = readCall<DimOptions>(callShape(name, 'dim?'), args);
    this.dim = dim == null ? null : checkInteger(dim, 'dim');
  }

  /** The dimension; if none is given, the implicit one of old versions. */
  protected place(input: Tensor, name: string): number {
    if (this.dim !== null) return this.dim;
    warnOnce(
      `Implicit dimension choice for ${name} has been deprecated. Change the call to include dim=X as an argument.`,
    );
    checkInput(input);
    return [0, 1, 3].includes(input.dim()) ? 0 : 1;
  }

  override extra_repr(): string {
    return `dim=${plain(this.dim)}`;
  }
}

/** Exponentials, normalized to sum to 1 over `dim`. */
export class Softmax extends OverDim {
  constructor(dim?: number | null | DimOptions);
  constructor(...args: unknown[]) {
    super('Softmax', args);
  }

  override forward(input: Tensor): Tensor {
    return op('softmax', input, this.place(input, 'softmax'));
  }
}

/** {@link Softmax} of the negative input. */
export class Softmin extends OverDim {
  constructor(dim?: number | null | DimOptions);
  constructor(...args: unknown[]) {
    super('Softmin', args);
  }

  override forward(input: Tensor): Tensor {
    return op('softmax', op('neg', input), this.place(input, 'softmin'));
  }
}

/** The logarithm of {@link Softmax}. */
export class LogSoftmax extends OverDim {
  constructor(dim?: number | null | DimOptions);
  constructor(...args: unknown[]) {
    super('LogSoftmax', args);
  }

  override forward(input: Tensor): Tensor {
    return op('log_softmax', input, this.place(input, 'log_softmax'));
  }
}

/** {@link Softmax} over the channels of images, `[N, C, H, W]` or `[C, H, W]`. */
export class Softmax2d extends Module {
  override forward(input: Tensor): Tensor {
    checkInput(input);
    if (![3, 4].includes(input.dim())) throw invalidValue('input', '3 or 4 dimensions', input.dim());
    return op('softmax', input, -3);
  }
}
