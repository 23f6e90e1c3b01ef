import { type CallShape, readCall } from '../../base/positional.js';
import { invalidType } from '../../base/errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op } from '../../tensor/call.js';
import { Module } from '../module.js';
import { float } from '../print.js';

/** Options of activations with `inplace` alone. */
export interface InplaceOptions {
  /** Write the result into the input. Default false. */
  inplace?: boolean | undefined;
}

/** The base class of activations with numbers and `inplace` as parameters. */
export abstract class Elementwise extends Module {
  declare inplace: boolean;

  /** Reads the numbers, in order and with their defaults, then `inplace`. */
  protected constructor(shape: CallShape, args: unknown[], defaults: Readonly<Record<string, number>> = {}) {
    super();
    const given = readCall<Record<string, unknown>>(shape, args);
    const own = this as unknown as Record<string, unknown>;
    for (const name of shape.params) {
      if (name === 'inplace') continue;
      const value = given[name] ?? defaults[name];
      if (typeof value !== 'number') throw invalidType(name, 'a number', value);
      own[name] = value;
    }
    const { inplace = false } = given;
    if (typeof inplace !== 'boolean') throw invalidType('inplace', 'a boolean', inplace);
    if (shape.params.includes('inplace')) this.inplace = inplace;
  }

  /** Calls the operator of that name, in place if the layer is. */
  protected run(name: string, input: Tensor, ...values: number[]): Tensor {
    return op(this.inplace ? `${name}_` : name, input, ...values);
  }

  /** The text of the numbers and, if it is set, of `inplace`. */
  protected text(...numbers: string[]): string {
    const own = this as unknown as Record<string, number>;
    const parts = numbers.map((name) => `${name}=${float(own[name] as number)}`);
    return (this.inplace ? [...parts, 'inplace=True'] : parts).join(', ');
  }

  override extra_repr(): string {
    return this.text();
  }
}
