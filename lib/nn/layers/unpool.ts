import { callShape, type CallShape, readCall } from '../../base/positional.js';
import { invalidValue } from '../../base/errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op } from '../../tensor/call.js';
import { Module } from '../module.js';
import { fields } from '../print.js';
import { checkInput, type OutputSize, outputSize, type Size, sizes } from './layer.js';

/** Options of the max unpools. */
export interface MaxUnpoolOptions {
  kernel_size?: Size | undefined;
  /** Default: `kernel_size`. */
  stride?: Size | null | undefined;
  /** Default 0. */
  padding?: Size | undefined;
}

const UNPOOL = 'kernel_size, stride?, padding?';

/** The base class of the max unpools. */
abstract class MaxUnpool extends Module {
  declare kernel_size: readonly number[];
  declare stride: readonly number[];
  declare padding: readonly number[];

  protected constructor(dims: number, shape: CallShape, args: unknown[]) {
    super();
    const { kernel_size, stride, padding = 0 } = readCall<MaxUnpoolOptions>(shape, args);
    this.kernel_size = sizes(kernel_size, dims, 'kernel_size');
    this.stride = sizes(stride ?? kernel_size, dims, 'stride');
    this.padding = sizes(padding, dims, 'padding');
  }

  /** @param output_size - the size of the pool's input, if several are possible */
  override forward(input: Tensor, indices: Tensor, output_size?: OutputSize): Tensor {
    const dims = this.kernel_size.length;
    checkInput(input);
    const shape = input.shape as readonly number[];
    const size = this.outputSize(shape.slice(-dims), output_size);
    const { stride, padding } = this;
    if (dims === 3) return op('max_unpool3d', input, indices, size, stride, padding);
    if (dims === 2) return op('max_unpool2d', input, indices, size);
    const [wide, places] = [op('unsqueeze', input, -1), op('unsqueeze', indices, -1)];
    return op('squeeze', op('max_unpool2d', wide, places, [...size, 1]), -1);
  }

  private outputSize(shape: readonly number[], output_size: OutputSize | undefined): readonly number[] {
    const dims = shape.length;
    const usual = shape.map((size, at) => {
      const [kernel, step, pad] = [this.kernel_size[at], this.stride[at], this.padding[at]] as [number, number, number];
      return (size - 1) * step + kernel - 2 * pad;
    });
    const wanted = outputSize(output_size, dims, 2);
    if (wanted === undefined) return usual;
    for (const [at, size] of usual.entries()) {
      const [least, most] = [size - (this.stride[at] as number), size + (this.stride[at] as number)];
      if (!((wanted[at] as number) > least && (wanted[at] as number) < most)) {
        throw invalidValue(`output_size[${at}]`, `more than ${least} and less than ${most}`, wanted[at]);
      }
    }
    return wanted;
  }

  override extra_repr(): string {
    return fields(this, 'kernel_size', 'stride', 'padding');
  }
}

const UNPOOL1D = callShape('MaxUnpool1d', UNPOOL);

/** Puts maxima back to their positions before `MaxPool1d`; everything else is 0. */
export class MaxUnpool1d extends MaxUnpool {
  constructor(
    kernel_size: Size | MaxUnpoolOptions,
    stride?: Size | null | MaxUnpoolOptions,
    padding?: Size | MaxUnpoolOptions,
    options?: MaxUnpoolOptions,
  );
  constructor(...args: unknown[]) {
    super(1, UNPOOL1D, args);
  }
}

const UNPOOL2D = callShape('MaxUnpool2d', UNPOOL);

/** Puts maxima back to their positions before `MaxPool2d`; everything else is 0. */
export class MaxUnpool2d extends MaxUnpool {
  constructor(
    kernel_size: Size | MaxUnpoolOptions,
    stride?: Size | null | MaxUnpoolOptions,
    padding?: Size | MaxUnpoolOptions,
    options?: MaxUnpoolOptions,
  );
  constructor(...args: unknown[]) {
    super(2, UNPOOL2D, args);
  }
}

const UNPOOL3D = callShape('MaxUnpool3d', UNPOOL);

/** Puts maxima back to their positions before `MaxPool3d`; everything else is 0. */
export class MaxUnpool3d extends MaxUnpool {
  constructor(
    kernel_size: Size | MaxUnpoolOptions,
    stride?: Size | null | MaxUnpoolOptions,
    padding?: Size | MaxUnpoolOptions,
    options?: MaxUnpoolOptions,
  );
  constructor(...args: unknown[]) {
    super(3, UNPOOL3D, args);
  }
}
