import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { drawOperators } from '../../lib/parity/cases/operators.js';
import { compareOperators } from '../../lib/parity/operators.js';
import { interpreters } from '../../lib/parity/sides/peer.js';

const { root, minor } = libtorch();

/** The interpreter with the PyTorch in use, if there is one. */
const python = interpreters('pytorch', root).find((candidate) => {
  const print = 'import torch; print(torch.__version__)';
  return spawnSync(candidate, ['-c', print], { encoding: 'utf8' }).stdout?.startsWith(`${minor}.`);
});

it('draws the same calls from the same seed, and others from another', () => {
  const [first, again, other] = [1, 1, 2].map((seed) => drawOperators(200, seed));
  expect(first).toEqual(again);
  expect(first).not.toEqual(other);
  expect(new Set(first?.map(({ name }) => name)).size).toBeGreaterThan(120);
});

if (python === undefined) {
  it('says which Python it tried where none has PyTorch', () => {
    expect(() => compareOperators({ cases: 1 })).toThrow(`no Python with PyTorch ${minor} was found`);
  });
} else {
  it('finds the bits of PyTorch', { timeout: 120_000 }, () => {
    const results = compareOperators({ python: [python], cases: 300, seed: 5 });
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    expect(results).toHaveLength(300);
  });
}
