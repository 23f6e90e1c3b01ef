/** How optimizers are described, and checks of their options. */
import { isTensor } from '../addon/handle.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isArray, isPlainObject } from '../base/plain_object.js';
import { type CallShape, callShape } from '../base/positional.js';
import type { Tensor } from '../tensor/tensor.js';

/** An option of an optimizer. */
export interface Option {
  readonly default: unknown;
  /** PyTorch 2 and newer. */
  readonly newer?: true;
  /** The default before PyTorch 2, if it was different. */
  readonly before?: unknown;
  /** Not an option of the constructor: it always has this value. */
  readonly fixed?: true;
}

/** The description of an optimizer. */
export interface OptimizerRow {
  readonly shape: CallShape;
  /** The options in the order of the state in Python. */
  readonly options: Readonly<Record<string, Option>>;
}

/** Makes the description of an optimizer: `call` names the arguments in Python's order. */
export function row(name: string, call: string, options: Readonly<Record<string, unknown>>): OptimizerRow {
  const isOption = (value: unknown): value is Option => isPlainObject(value) && 'default' in value;
  const read = Object.entries(options).map(([key, value]): [string, Option] => [
    key,
    isOption(value) ? value : { default: value },
  ]);
  return { shape: callShape(name, `params, ${call}`), options: Object.fromEntries(read) };
}

/** An option of PyTorch 2. */
export function newer(value: unknown): Option {
  return { default: value, newer: true };
}

/** Checks a number option. */
export function checkNumber(value: unknown, name: string, fits: (value: number) => boolean, expected: string): void {
  if (typeof value !== 'number') throw invalidType(name, 'a number', value);
  if (!fits(value)) throw invalidValue(name, expected, value);
}

const NOT_NEGATIVE = 'a number of at least 0';

/** Checks numbers that must not be negative. */
export function checkNotNegative(options: Readonly<Record<string, unknown>>, ...names: string[]): void {
  for (const name of names) {
    const value = options[name];
    if (name === 'lr' && isTensor(value)) {
      if ((value as Tensor).numel() !== 1) throw invalidValue('lr', 'one element', (value as Tensor).numel());
      checkNumber((value as Tensor).item(), name, (number) => number >= 0, NOT_NEGATIVE);
    } else {
      checkNumber(value, name, (number) => number >= 0, NOT_NEGATIVE);
    }
  }
}

/** Checks a pair of numbers from 0 up to but not including 1. */
export function checkBetas(betas: unknown): void {
  if (!isArray(betas) || betas.length !== 2) throw invalidType('betas', 'a pair of numbers', betas);
  for (const [at, beta] of betas.entries()) {
    checkNumber(beta, `betas[${at}]`, (number) => number >= 0 && number < 1, 'from 0 up to, and without, 1');
  }
}
