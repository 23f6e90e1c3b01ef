/** The kinds of parameters that losses have besides their tensors: how each is read, and its default. */
import { isFunction } from '../base/plain_object.js';
import { tensor } from '../tensor/creation.js';
import { ArgumentRangeError, ArgumentTypeError, invalidType, invalidValue } from '../base/errors.js';
import { handleOf, isTensor } from '../addon/handle.js';
import { libtorch } from '../addon/native.js';
import type { Tensor } from '../tensor/tensor.js';
import type { DType, Shape } from '../base/types.js';
import { behaviour, CHANGES } from '../addon/versions.js';
import { warnOnce } from '../base/warnings.js';

/** A parameter of a loss: its kind, its default and how a caller's value is read. */
export interface Param {
  readonly kind: 'tensor' | 'tensors' | 'reduction' | 'integer' | 'real' | 'boolean' | 'function' | 'object' | 'word';
  /** What the addon gets if the caller passes nothing. */
  readonly default: unknown;
  /** The default as a user writes it: `null` for an absent tensor, the word for a reduction. */
  readonly shownDefault: unknown;
  /** Whether it has no default. */
  readonly required?: boolean;
  /** The accepted words, of a reduction or of a kind `'word'`. */
  readonly words?: readonly string[];
  /** The PyTorch whose torch.nn.functional has it first, for what LibTorch's operator has not: `'2.6'`. */
  readonly since?: string;
  /**
   * A caller's value, checked, as the addon takes it. A tensor stays one: its handle is read at the call.
   *
   * @throws TypeError or RangeError that names the parameter
   */
  read(value: unknown, name: string, reading: Reading): unknown;
  /** For a function: the module that the class in `torch.nn` has where none is given. */
  readonly ofClass?: () => unknown;
  /** Whether LibTorch's operator does not have it: the addon computes what it does. */
  readonly foreign?: boolean;
}

/** How a namespace reads values. */
export interface Reading {
  readonly anyCase?: boolean;
  /** Whether it is one of PyTorch's, with its deprecated options and types of errors. */
  readonly torch?: boolean;
}

/** LibTorch's codes of the reductions; `batchmean` is the addon's own, for kl_div. */
export const REDUCTIONS = { none: 0, mean: 1, sum: 2, batchmean: 3 } as const;

/**
 * A reduction, by one of `words`.
 *
 * @param exact - for the losses of which PyTorch takes no older word, and has a TypeError for what is no string
 */
export function reduction(
  words: readonly (keyof typeof REDUCTIONS)[] = ['none', 'mean', 'sum'],
  { exact = false }: { exact?: boolean } = {},
): Param {
  const expected = words
    .map((word) => `'${word}'`)
    .join(', ')
    .replace(/, ([^,]*)$/, ' or $1');
  return {
    kind: 'reduction',
    default: REDUCTIONS.mean,
    shownDefault: 'mean',
    words,
    read(value, name, { anyCase, torch }) {
      const word = anyCase && typeof value === 'string' ? value.toLowerCase() : value;
      if (exact && torch && typeof word !== 'string') throw invalidType(name, expected, value);
      if (!exact && torch && word === 'elementwise_mean') {
        warnOnce("reduction='elementwise_mean' is deprecated, please use reduction='mean' instead.");
        return REDUCTIONS.mean;
      }
      // Elsewhere PyTorch and MindSpore have a ValueError for what is no string, too.
      if (!words.includes(word as never)) throw invalidValue(name, expected, value);
      return REDUCTIONS[word as keyof typeof REDUCTIONS];
    },
  };
}

/** An optional tensor; `null` means none. */
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

/** A tensor of factors, or a number; `null` means none. */
export const optionalFactors: Param = {
  ...optionalTensor,
  read(value, name) {
    // No dimensions and float64: like a number in PyTorch, it changes no dtype.
    if (typeof value === 'number') return tensor(value, { dtype: 'float64' });
    if (value !== null && !isTensor(value)) throw invalidType(name, 'a Tensor, a number or null', value);
    return optionalTensor.read(value, name, {});
  },
};

/** A weight for each element, which only newer PyTorch has. */
export const elementWeight: Param = {
  ...optionalTensor,
  since: CHANGES.elementWeights,
  read(value, name, reading) {
    if (value !== null && !behaviour().elementWeights) {
      const got = `LibTorch ${libtorch().version}`;
      throw new ArgumentTypeError(name, `LibTorch ${this.since} or newer for this option`, got, 'ERR_UNKNOWN_OPTION');
    }
    return optionalTensor.read(value, name, reading);
  },
};

/** A safe integer. */
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

/** A safe integer that the caller must give. */
export const requiredInteger: Param = { ...integer(0), default: undefined, shownDefault: undefined, required: true };

/** A safe integer, or `null` for none. */
export const optionalInteger: Param = optional('integer', Number.isSafeInteger, 'an integer');

/** A number; LibTorch or the namespace's limits restrict its range. */
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

/** A number, or a tensor with a single number. */
export function scalar(value: number): Param {
  return {
    ...real(value),
    read(given, name, { torch }) {
      if (!isTensor(given)) {
        if (typeof given !== 'number') throw invalidType(name, 'a number or a 0-dimensional Tensor', given);
        return given;
      }
      const { shape } = given as Tensor;
      if (shape.length > 0) {
        const [expected, got] = ['a number or a 0-dimensional Tensor', `one of shape [${shape.join(', ')}]`];
        throw torch ? new ArgumentTypeError(name, expected, got) : new ArgumentRangeError(name, expected, got);
      }
      return Number((given as Tensor<Shape, DType>).item());
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

/** An optional function; `null` means none. */
export const optionalFunction: Param = optional('function', (value) => isFunction(value), 'a function');

/** A value that is passed on as it is, or `null` for none. */
export function optional(kind: Param['kind'], fits: (value: unknown) => boolean, expected: string): Param {
  return {
    kind,
    default: undefined,
    shownDefault: null,
    read(value, name) {
      if (value === null) return undefined;
      if (!fits(value)) throw invalidType(name, `${expected} or null`, value);
      return value;
    },
  };
}
