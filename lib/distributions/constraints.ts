import { no_grad } from '../tensor/autograd.js';
import { op, ops } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';

/** What a parameter or a value of a distribution has to be. */
export interface Constraint {
  /** Says for each element, vector or matrix of a tensor whether it fits. */
  readonly fits: (value: Tensor) => Tensor;
  /** The same in words. */
  readonly expected: string;
}

export const REAL: Constraint = { fits: (x) => x.eq(x), expected: 'numbers, none of them NaN' };
export const REAL_VECTOR: Constraint = { fits: (x) => x.eq(x).all(-1), expected: REAL.expected };
export const POSITIVE: Constraint = { fits: (x) => x.gt(0), expected: 'positive numbers' };
export const NONNEGATIVE: Constraint = { fits: (x) => x.ge(0), expected: 'no negative numbers' };
export const UNIT_INTERVAL: Constraint = {
  fits: (x) => x.ge(0).logical_and(x.le(1)),
  expected: 'numbers between 0 and 1',
};
export const PROBABILITIES: Constraint = { ...UNIT_INTERVAL, expected: 'probabilities between 0 and 1' };
export const ZERO_OR_ONE: Constraint = { fits: (x) => x.eq(0).logical_or(x.eq(1)), expected: '0 or 1' };
export const COUNT: Constraint = {
  fits: (x) => x.remainder(1).eq(0).logical_and(x.ge(0)),
  expected: 'whole numbers, none of them negative',
};
export const SIMPLEX: Constraint = {
  fits: (x) => x.ge(0).all(-1).logical_and(x.sum(-1).sub(1).abs().lt(1e-6)),
  expected: 'vectors of numbers that are not negative and sum to 1',
};
export const ONE_HOT: Constraint = {
  fits: (x) => ZERO_OR_ONE.fits(x).all(-1).logical_and(x.sum(-1).eq(1)),
  expected: 'vectors of zeros and a single 1',
};
export const POSITIVE_DEFINITE: Constraint = {
  fits: (x) => {
    const symmetric = op('isclose', x, x.transpose(-2, -1), 1e-5, 1e-6).all(-2).all(-1);
    if (!isTrue(symmetric)) return symmetric;
    return (ops('linalg_cholesky_ex', x)[1] as Tensor).eq(0);
  },
  expected: 'symmetric positive definite matrices',
};
export const LOWER_CHOLESKY: Constraint = {
  fits: (x) =>
    x
      .tril()
      .eq(x)
      .all(-1)
      .all(-1)
      .logical_and(op('diagonal', x, 0, -2, -1).gt(0).all(-1)),
  expected: 'lower triangular matrices with a positive diagonal',
};

/** Whole numbers from 0 to `last`, which may differ between the distributions. */
export function countUpTo(last: Tensor): Constraint {
  return { fits: (x) => COUNT.fits(x).logical_and(x.le(last)), expected: 'whole numbers from 0 to total_count' };
}

function isTrue(flags: Tensor): boolean {
  return no_grad(() => Boolean(flags.all().item()));
}
