import { callShape, type CallShape, readCall } from '../../base/positional.js';
import { invalidType } from '../../base/errors.js';
import { dispatchTensor } from '../../tensor/dispatch.js';
import { Tensor } from '../../tensor/tensor.js';
import { op } from '../../tensor/call.js';
import { Module } from '../module.js';
import { plain } from '../print.js';
import { type Size, sizes } from './layer.js';

/** Options of the layers that pad. */
export interface PadOptions {
  padding?: Size | undefined;
  /** The padding value of the constant pads. */
  value?: number | undefined;
}

/** The base class of the padding layers. Sizes come in the order of the last dimension first, before and after. */
abstract class Pad extends Module {
  declare padding: readonly number[];

  protected constructor(dims: number, shape: CallShape, args: unknown[]) {
    super();
    const { padding, value } = readCall<PadOptions>(shape, args);
    this.padding = sizes(padding, 2 * dims, 'padding');
    if (!shape.params.includes('value')) return;
    if (typeof value !== 'number') throw invalidType('value', 'a number', value);
    (this as { value?: number }).value = value;
  }

  override extra_repr(): string {
    return plain(this.padding);
  }
}

abstract class ReflectionPad extends Pad {
  override forward(input: Tensor): Tensor {
    return op('pad', input, this.padding, 'reflect');
  }
}

const REFLECTION1D = callShape('ReflectionPad1d', 'padding');

/** Pads by reflection at the border. `padding`: one size, or 2. */
export class ReflectionPad1d extends ReflectionPad {
  constructor(padding: Size | PadOptions);
  constructor(...args: unknown[]) {
    super(1, REFLECTION1D, args);
  }
}

const REFLECTION2D = callShape('ReflectionPad2d', 'padding');

/** Pads by reflection at the border. `padding`: one size, or 4, the last dimension first. */
export class ReflectionPad2d extends ReflectionPad {
  constructor(padding: Size | PadOptions);
  constructor(...args: unknown[]) {
    super(2, REFLECTION2D, args);
  }
}

const REFLECTION3D = callShape('ReflectionPad3d', 'padding');

/** Pads by reflection at the border. `padding`: one size, or 6, the last dimension first. */
export class ReflectionPad3d extends ReflectionPad {
  constructor(padding: Size | PadOptions);
  constructor(...args: unknown[]) {
    super(3, REFLECTION3D, args);
  }
}

abstract class ReplicationPad extends Pad {
  override forward(input: Tensor): Tensor {
    return op('pad', input, this.padding, 'replicate');
  }
}

const REPLICATION1D = callShape('ReplicationPad1d', 'padding');

/** Pads with the border elements. `padding`: one size, or 2. */
export class ReplicationPad1d extends ReplicationPad {
  constructor(padding: Size | PadOptions);
  constructor(...args: unknown[]) {
    super(1, REPLICATION1D, args);
  }
}

const REPLICATION2D = callShape('ReplicationPad2d', 'padding');

/** Pads with the border elements. `padding`: one size, or 4, the last dimension first. */
export class ReplicationPad2d extends ReplicationPad {
  constructor(padding: Size | PadOptions);
  constructor(...args: unknown[]) {
    super(2, REPLICATION2D, args);
  }
}

const REPLICATION3D = callShape('ReplicationPad3d', 'padding');

/** Pads with the border elements. `padding`: one size, or 6, the last dimension first. */
export class ReplicationPad3d extends ReplicationPad {
  constructor(padding: Size | PadOptions);
  constructor(...args: unknown[]) {
    super(3, REPLICATION3D, args);
  }
}

abstract class CircularPad extends Pad {
  override forward(input: Tensor): Tensor {
    return op('pad', input, this.padding, 'circular');
  }
}

const CIRCULAR1D = callShape('CircularPad1d', 'padding');

/** Pads with the elements of the opposite end. `padding`: one size, or 2. */
export class CircularPad1d extends CircularPad {
  constructor(padding: Size | PadOptions);
  constructor(...args: unknown[]) {
    super(1, CIRCULAR1D, args);
  }
}

const CIRCULAR2D = callShape('CircularPad2d', 'padding');

/** Pads with the elements of the opposite end. `padding`: one size, or 4, the last dimension first. */
export class CircularPad2d extends CircularPad {
  constructor(padding: Size | PadOptions);
  constructor(...args: unknown[]) {
    super(2, CIRCULAR2D, args);
  }
}

const CIRCULAR3D = callShape('CircularPad3d', 'padding');

/** Pads with the elements of the opposite end. `padding`: one size, or 6, the last dimension first. */
export class CircularPad3d extends CircularPad {
  constructor(padding: Size | PadOptions);
  constructor(...args: unknown[]) {
    super(3, CIRCULAR3D, args);
  }
}

abstract class ConstantPad extends Pad {
  declare value: number;

  override forward(input: Tensor): Tensor {
    return new Tensor(dispatchTensor('pad', [input, this.padding, 'constant'], { value: this.value }));
  }

  override extra_repr(): string {
    return `padding=${plain(this.padding)}, value=${plain(this.value)}`;
  }
}

abstract class ZeroPad extends Pad {
  override forward(input: Tensor): Tensor {
    return new Tensor(dispatchTensor('pad', [input, this.padding, 'constant'], { value: 0 }));
  }
}

const CONSTANT1D = callShape('ConstantPad1d', 'padding, value');
const ZERO1D = callShape('ZeroPad1d', 'padding');

/** Pads with `value`. `padding`: one size, or 2. */
export class ConstantPad1d extends ConstantPad {
  constructor(padding: Size | PadOptions, value?: number | PadOptions);
  constructor(...args: unknown[]) {
    super(1, CONSTANT1D, args);
  }
}

/** Pads with zeros. `padding`: one size, or 2. */
export class ZeroPad1d extends ZeroPad {
  constructor(padding: Size | PadOptions);
  constructor(...args: unknown[]) {
    super(1, ZERO1D, args);
  }
}

const CONSTANT2D = callShape('ConstantPad2d', 'padding, value');
const ZERO2D = callShape('ZeroPad2d', 'padding');

/** Pads with `value`. `padding`: one size, or 4, the last dimension first. */
export class ConstantPad2d extends ConstantPad {
  constructor(padding: Size | PadOptions, value?: number | PadOptions);
  constructor(...args: unknown[]) {
    super(2, CONSTANT2D, args);
  }
}

/** Pads with zeros. `padding`: one size, or 4, the last dimension first. */
export class ZeroPad2d extends ZeroPad {
  constructor(padding: Size | PadOptions);
  constructor(...args: unknown[]) {
    super(2, ZERO2D, args);
  }
}

const CONSTANT3D = callShape('ConstantPad3d', 'padding, value');
const ZERO3D = callShape('ZeroPad3d', 'padding');

/** Pads with `value`. `padding`: one size, or 6, the last dimension first. */
export class ConstantPad3d extends ConstantPad {
  constructor(padding: Size | PadOptions, value?: number | PadOptions);
  constructor(...args: unknown[]) {
    super(3, CONSTANT3D, args);
  }
}

/** Pads with zeros. `padding`: one size, or 6, the last dimension first. */
export class ZeroPad3d extends ZeroPad {
  constructor(padding: Size | PadOptions);
  constructor(...args: unknown[]) {
    super(3, ZERO3D, args);
  }
}
