import { expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { compareTraining } from '../../lib/parity/training.js';
import * as torch from '../../lib/torch/index.js';
import { findPython } from '../helpers/python.js';

const { minor } = libtorch();
const python = findPython();

if (python === undefined) {
  it('says which Python it tried if none has PyTorch', () => {
    expect(() => compareTraining({ cases: 1 })).toThrow(`no Python with PyTorch ${minor} was found`);
  });
} else {
  it("layers, optimizers and schedulers have PyTorch's bits", { timeout: 120_000 }, () => {
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
