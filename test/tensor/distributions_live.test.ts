/** Distributions against PyTorch: recorded numbers everywhere, and bit for bit against a Python beside us. */
import { describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { findPython } from '../helpers/python.js';
import { cases, here, inPython, RECORDED, type Results } from './distribution_cases.js';

const titled = (all: ReturnType<typeof cases>) =>
  all.map((each, at) => [`${each.name} ${JSON.stringify(each.arguments)}, ${each.dtype}`, each, at] as const);

/** The numbers, relative to what they are added up from; words and shapes have to be equal. */
function close(actual: unknown, expected: unknown, within = 1e-11): boolean {
  if (Array.isArray(expected))
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, at) => close(actual[at], item, within))
    );
  if (typeof expected !== 'number' || typeof actual !== 'number') return actual === expected;
  return Math.abs(actual - expected) <= within * (1 + Math.abs(expected));
}

describe('the numbers of PyTorch', () => {
  it.each(titled(cases('float64')))('%s', (_, each, at) => {
    const found = here(each);
    for (const [name, expected] of Object.entries(RECORDED[at] as Results)) {
      expect(close(found[name], expected), `${name}: ${JSON.stringify(found[name])}`).toBe(true);
    }
  });
});

/**
 * What PyTorch 1.13 computes less exactly, or not at all: torchloss has the formulas of today with every LibTorch, which
 * keep the last digits of small numbers.
 */
const REFINED: Readonly<Record<string, string>> = {
  Cauchy: 'log_prob',
  Chi2: 'cdf',
  Exponential: 'icdf',
  Gamma: 'cdf',
  LogNormal: 'variance',
};

const python = findPython();
describe.runIf(python !== undefined)('the bits of Python', () => {
  const all = [...cases('float64'), ...cases('float32')];
  const theirs = python === undefined ? [] : inPython(python, all);
  const isOld = libtorch().version.startsWith('1.');
  it.each(titled(all))('%s', (_, each, at) => {
    const [mine, expected] = [here(each), { ...theirs[at] }];
    const refined = isOld ? REFINED[each.name] : undefined;
    if (refined !== undefined) {
      if (expected[refined] !== 'none') expect(close(mine[refined], expected[refined], 1e-6)).toBe(true);
      expected[refined] = mine[refined];
    }
    expect(mine).toEqual(expected);
  });
});
