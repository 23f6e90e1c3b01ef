import { expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { drawOperators } from '../../lib/parity/cases/operators.js';
import { compareOperators } from '../../lib/parity/operators.js';
import { findPython } from '../helpers/python.js';

const { minor } = libtorch();
const python = findPython();

it('draws the same calls for the same seed, and others for another seed', () => {
  const [first, again, other] = [1, 1, 2].map((seed) => drawOperators(200, seed));
  expect(first).toEqual(again);
  expect(first).not.toEqual(other);
  expect(new Set(first?.map(({ name }) => name)).size).toBeGreaterThan(120);
});

if (python === undefined) {
  it('says which Python it tried if none has PyTorch', () => {
    expect(() => compareOperators({ cases: 1 })).toThrow(`no Python with PyTorch ${minor} was found`);
  });
} else {
  it("has PyTorch's bits", { timeout: 120_000 }, () => {
    const results = compareOperators({ python: [python], cases: 300, seed: 5 });
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    expect(results).toHaveLength(300);
  });
}
