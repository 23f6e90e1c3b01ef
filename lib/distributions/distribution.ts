import '../tensor/surface/install.js';
import { ArgumentRangeError, describe, invalidType, invalidValue, TorchError } from '../base/errors.js';
import { readSizes } from '../addon/arguments.js';
import { isTensor } from '../addon/handle.js';
import { enable_grad, no_grad } from '../tensor/autograd.js';
import { tensor } from '../tensor/creation.js';
import { finfo } from '../tensor/limits.js';
import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Constraint } from './constraints.js';

/** Options that all distributions have. */
export interface DistributionOptions {
  /** Check parameters and values, at the cost of an operator each. Default true, as in Python. */
  validate_args?: boolean | null | undefined;
}

/**
 * The base of the probability distributions: one for each element of `batch_shape`.
 *
 * A method that a distribution has no formula for throws a TorchError `ERR_NOT_IMPLEMENTED`.
 */
export abstract class Distribution {
  /** The distributions side by side. */
  readonly batch_shape: readonly number[];
  /** The shape of one sample of one of them. */
  readonly event_shape: readonly number[];
  protected readonly checks: boolean;

  protected constructor(
    batch_shape: readonly number[],
    validate_args: boolean | null | undefined,
    event_shape: readonly number[] = [],
  ) {
    this.batch_shape = batch_shape;
    this.event_shape = event_shape;
    this.checks = validate_args ?? true;
  }

  /** Draws samples, `[...sample_shape, ...batch_shape, ...event_shape]`; no gradient flows through them. */
  sample(sample_shape: readonly number[] = []): Tensor {
    return no_grad(() => this.rsample(sample_shape));
  }

  /** The logarithm of the probability, or of the density, of each value. */
  abstract log_prob(value: Tensor): Tensor;
  /** The entropy of each distribution. */
  abstract entropy(): Tensor;
  /** The mean of each distribution. */
  abstract get mean(): Tensor;
  /** The variance of each distribution. */
  abstract get variance(): Tensor;

  /** Draws samples through which gradients reach the parameters. */
  rsample(_sample_shape: readonly number[] = []): Tensor {
    throw this.lacks('rsample');
  }

  /** The probability of values up to this one. */
  cdf(_value: Tensor): Tensor {
    throw this.lacks('cdf');
  }

  /** The value up to which there is this probability. */
  icdf(_value: Tensor): Tensor {
    throw this.lacks('icdf');
  }

  /** The values of the greatest probability. */
  get mode(): Tensor {
    throw this.lacks('mode');
  }

  /** The standard deviation of each distribution. */
  get stddev(): Tensor {
    return this.variance.sqrt();
  }

  /** The exponential of the entropy. */
  perplexity(): Tensor {
    return this.entropy().exp();
  }

  /** The shape of samples. */
  protected extended(sample_shape: readonly number[]): number[] {
    return [...readSizes(sample_shape, 'sample_shape'), ...this.batch_shape, ...this.event_shape];
  }

  /** Checks that a value is one that the distribution can give, and has its shape. */
  protected checkValue(value: unknown, support: Constraint): asserts value is Tensor {
    if (!isTensor(value)) throw invalidType('value', 'a Tensor', value);
    if (!this.checks) return;
    const shape = (value as Tensor).shape as readonly number[];
    const [events, own] = [this.event_shape.length, [...this.batch_shape, ...this.event_shape]];
    const event = shape.slice(Math.max(0, shape.length - events));
    if (String(event) !== String(this.event_shape) || !canBroadcast(shape, own))
      throw invalidValue('value', `a shape that ends in ${describe(own)}, or can be broadcast to it`, value);
    demand('value', value as Tensor, support);
  }

  protected lacks(what: string): TorchError {
    return new TorchError('ERR_NOT_IMPLEMENTED', `${this.constructor.name} has no ${what}`);
  }
}

/** Checks that all elements of a tensor are as they should be. */
export function demand(name: string, value: Tensor, { fits, expected }: Constraint): void {
  const holds = no_grad(() => {
    const each = fits(value);
    const all = each.all();
    const result = all.item();
    for (const part of [each, all]) part.dispose();
    return result;
  });
  if (!holds) throw invalidValue(name, expected, value);
}

/** A parameter, which may be a number, as a tensor like its neighbours; all are broadcast to one shape. */
export function broadcastAll(given: Readonly<Record<string, unknown>>): Tensor[] {
  const like = Object.values(given).find((value) => isTensor(value)) as Tensor | undefined;
  const options = like === undefined ? {} : { dtype: like.dtype, device: like.device as never };
  const tensors = Object.entries(given).map(([name, value]) => {
    if (isTensor(value)) return value as Tensor;
    if (typeof value !== 'number') throw invalidType(name, 'a Tensor or a number', value);
    return tensor(value, options);
  });
  if (tensors.length === 1) return tensors;
  const shape = tensors.reduce<readonly number[]>((common, item) => broadcastShape(common, item.shape), []);
  return tensors.map((item) => item.expand(shape as number[]));
}

/** What a call says of its parameters, which are tensors or numbers, and of `validate_args`. */
type Given<K extends string> = DistributionOptions & { readonly [name in K]?: unknown };

/** The parameters of a distribution, broadcast to one shape and checked, and its `batch_shape`. */
export function readParameters<K extends string>(
  given: Given<NoInfer<K>>,
  constraints: Readonly<Record<K, Constraint>>,
): Record<K, Tensor> & { batch_shape: readonly number[] } {
  const names = Object.keys(constraints) as K[];
  const tensors = broadcastAll(Object.fromEntries(names.map((name) => [name, given[name]])));
  const parameters = Object.fromEntries(names.map((name, at) => [name, tensors[at]])) as Record<K, Tensor>;
  if (given.validate_args ?? true) for (const name of names) demand(name, parameters[name], constraints[name]);
  const isScalar = !names.some((name) => isTensor(given[name]));
  return { ...parameters, batch_shape: isScalar ? [] : (parameters[names[0] as K].shape as readonly number[]) };
}

function canBroadcast(a: readonly number[], b: readonly number[]): boolean {
  const length = Math.min(a.length, b.length);
  return Array.from({ length }, (_, at) => [a.at(-1 - at), b.at(-1 - at)]).every(
    ([one, other]) => one === other || one === 1 || other === 1,
  );
}

/** The shape that two shapes are broadcast to. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, at) => {
    const [one, other] = [a.at(at - length) ?? 1, b.at(at - length) ?? 1];
    if (at < length - a.length) return other;
    if (at < length - b.length) return one;
    if (one !== other && one !== 1 && other !== 1)
      throw new ArgumentRangeError('parameters', 'shapes that can be broadcast', `${describe(a)} and ${describe(b)}`);
    return one === 1 ? other : one;
  });
}

/** Probabilities without 0 and 1, as logarithms need them. */
export function clampProbs(probs: Tensor): Tensor {
  const { eps } = finfo(probs.dtype as 'float32');
  return probs.clamp({ min: eps, max: 1 - eps });
}

/** A tensor that is computed, with its graph, when it is first asked for, and again where a scope has freed it. */
export function lazily(make: () => Tensor): () => Tensor {
  let known: Tensor | undefined;
  return () => {
    if (known === undefined || known.disposed) known = enable_grad(make);
    return known;
  };
}

/** Reads the one of two parameters that was given. */
export function either(probs: unknown, logits: unknown): 'probs' | 'logits' {
  if ((probs == null) === (logits == null)) throw invalidValue('probs', 'either probs or logits, not both', probs);
  return probs == null ? 'logits' : 'probs';
}

/** `number - x`, as Python writes it. */
export function minusFrom(number: number, x: Tensor): Tensor {
  return op('rsub.Scalar', x, number);
}

/** `1 - x`. */
export function oneMinus(x: Tensor): Tensor {
  return minusFrom(1, x);
}

/** The sum over the last `count` dimensions. */
export function sumRightmost(x: Tensor, count: number): Tensor {
  return count === 0 ? x : x.reshape([...(x.shape as readonly number[]).slice(0, -count), -1]).sum(-1);
}
