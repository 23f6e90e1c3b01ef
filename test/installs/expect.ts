import { expect } from 'vitest';
import { type Ended, type RunOptions, run } from './consumer.js';

/** PyTorch 2.13.0's value of the loss in the programs `use`. */
const LOSS = 0.4305236041545868;
const GRAD = [
  [-0.10989409685134888, 0.09079115837812424, 0.01910293661057949],
  [0.039467088878154755, -0.09136238694190979, 0.05189524590969086],
];

/** Checks that a program `use` printed PyTorch's value, and nothing else. */
export function expectLoss(ended: Ended): void {
  expect({ ...ended, stdout: '' }).toEqual({ code: 0, stdout: '', stderr: '' });
  const { loss, grad, same } = JSON.parse(ended.stdout);
  expect(loss).toBeCloseTo(LOSS, 6);
  expect(grad).toEqual(GRAD.map((row) => row.map((value) => expect.closeTo(value, 6))));
  expect(same).toBe(true);
}

/** Checks that torchloss works in a consumer's folder, imported and required. */
export async function expectWorks(folder: string, node = process.execPath, options: RunOptions = {}): Promise<void> {
  for (const program of ['use.mjs', 'use.cjs']) expectLoss(await run(node, [program], folder, options));
}
