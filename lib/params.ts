/** The kinds of parameters that losses have beside their tensors: how each is read, and what it is without a value. */
import { invalidType, invalidValue } from './errors.js';
import { handleOf, isTensor } from './handle.js';
import { warnOnce } from './warnings.js';

/** A parameter of a loss: its kind, its default and how a caller's value is read. */
export interface Param {
  readonly kind: 'tensor' | 'reduction' | 'integer' | 'real' | 'boolean' | 'function';
  /** What the addon is given when the caller says nothing. */
  readonly default: unknown;
  /** The default as a user writes it: `null` for an absent tensor, the word for a reduction. */
  readonly shownDefault: unknown;
  /**
   * A caller's value, checked, as the addon takes it. A tensor stays one: its handle is read at the call.
   *
   * @throws TypeError or RangeError that names the parameter
   */
  read(value: unknown, name: string, reading: Reading): unknown;
}

/** How the namespace at hand reads values. */
export interface Reading {
  readonly anyCase?: boolean;
  readonly oldWords?: boolean;
}

/** LibTorch's numbers of the reductions; `batchmean` is the addon's own, for kl_div alone. */
const REDUCTIONS = { none: 0, mean: 1, sum: 2, batchmean: 3 } as const;

/** A reduction, by one of `words`. */
export function reduction(words: readonly (keyof typeof REDUCTIONS)[] = ['none', 'mean', 'sum']): Param {
  const expected = words.map((word) => `'${word}'`).join(', ').replace(/, ([^,]*)$/, ' or $1');
  return {
    kind: 'reduction',
    default: REDUCTIONS.mean,
    shownDefault: 'mean',
    read(value, name, { anyCase, oldWords }) {
      const word = anyCase && typeof value === 'string' ? value.toLowerCase() : value;
      if (oldWords && word === 'elementwise_mean') {
        warnOnce("reduction='elementwise_mean' is deprecated, please use reduction='mean' instead.");
        return REDUCTIONS.mean;
      }
      // PyTorch has a ValueError for what is no string, too.
      if (!words.includes(word as never)) throw invalidValue(name, expected, value);
      return REDUCTIONS[word as keyof typeof REDUCTIONS];
    },
  };
}

/** A tensor that may be absent, by `null` or by nothing. */
export const optionalTensor: Param = {
  kind: 'tensor',
  default: undefined,
  shownDefault: null,
  read(value, name) {
    if (value === null) return undefined;
    if (!isTensor(value)) throw invalidType(name, 'a Tensor or null', value);
    handleOf(value, name);
    return value;
  },
};

/** An integer that JavaScript holds exactly. */
export function integer(value: number): Param {
  return {
    kind: 'integer',
    default: value,
    shownDefault: value,
    read(given, name) {
      if (!Number.isSafeInteger(given)) throw invalidType(name, 'an integer', given);
      return given;
    },
  };
}

/** A number; which of them it may be is for LibTorch or the namespace's limits to say. */
export function real(value: number): Param {
  return {
    kind: 'real',
    default: value,
    shownDefault: value,
    read(given, name) {
      if (typeof given !== 'number') throw invalidType(name, 'a number', given);
      return given;
    },
  };
}

/** `true` or `false`. */
export function boolean(value: boolean): Param {
  return {
    kind: 'boolean',
    default: value,
    shownDefault: value,
    read(given, name) {
      if (typeof given !== 'boolean') throw invalidType(name, 'a boolean', given);
      return given;
    },
  };
}

/** A function of the caller's, or none by `null`. */
export const optionalFunction: Param = {
  kind: 'function',
  default: undefined,
  shownDefault: null,
  read(value, name) {
    if (value === null) return undefined;
    if (typeof value !== 'function') throw invalidType(name, 'a function or null', value);
    return value;
  },
};
