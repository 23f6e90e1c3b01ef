import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { interpreters } from '../../lib/parity/sides/peer.js';
import { compareTraining } from '../../lib/parity/training.js';
import * as torch from '../../lib/torch/index.js';

const { root, minor } = libtorch();

/** The interpreter with the PyTorch in use, if there is one. */
const python = interpreters('pytorch', root).find((candidate) => {
  const print = 'import torch; print(torch.__version__)';
  return spawnSync(candidate, ['-c', print], { encoding: 'utf8' }).stdout?.startsWith(`${minor}.`);
});

if (python === undefined) {
  it('says which Python it tried where none has PyTorch', () => {
    expect(() => compareTraining({ cases: 1 })).toThrow(`no Python with PyTorch ${minor} was found`);
  });
} else {
  it('layers, optimizers and schedules have the bits of PyTorch', { timeout: 120_000 }, () => {
    const threads = torch.get_num_threads();
    torch.manual_seed(3);
    const results = compareTraining({ python: [python], cases: 300, seed: 2 });
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    expect(new Set(results.map(({ id }) => id)).size).toBe(300);
    const next = torch.rand([4]).tolist();
    torch.manual_seed(3);
    expect(next).toEqual(torch.rand([4]).tolist());
    expect(torch.get_num_threads()).toBe(threads);
  });
}
