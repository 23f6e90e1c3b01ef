/** The device that the tests of this folder run on: a GPU, or the fake runtime of test/fake_cuda, whose kernels do nothing. */
import { expect } from 'vitest';
import { cudaProblem } from '../../lib/addon/native.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import * as torch from '../../lib/torch/index.js';

const problem = cudaProblem();
if (problem !== undefined) throw new Error(`these tests need a CUDA device: ${problem}`);

/** Whether kernels compute. Without, what a test says of their numbers is not looked at. */
export const KERNELS: boolean = process.env['TORCHLOSS_FAKE_CUDA'] === undefined;

/** A tensor's copy on the device, which requires grad as the tensor does. */
export function gpu<T extends Tensor>(tensor: T): T {
  const there = tensor.detach().to('cuda') as T;
  return tensor.requires_grad ? there.requires_grad_() : there;
}

/**
 * Expects a result on the device to be that of the CPU.
 *
 * @param most - the largest error, relative for numbers above 1. Default: what torch.testing.assert_close allows
 */
export function expectClose(actual: Tensor, expected: Tensor, most?: number): void {
  expect([actual.device, actual.dtype, actual.shape]).toEqual(['cuda:0', expected.dtype, expected.shape]);
  if (!KERNELS) return;
  const [rtol, atol] = most === undefined ? (TOLERANCES[expected.dtype] ?? [0, 0]) : [most, most];
  const numbers = (tensor: Tensor) => tensor.detach().cpu().to('float64').toTypedArray();
  const [x, y] = [numbers(expected), numbers(actual)];
  for (const [index, value] of y.entries()) {
    const wanted = Number(x[index]);
    if (!Number.isFinite(wanted)) expect(value).toBe(wanted);
    else expect(Math.abs(wanted - value)).toBeLessThanOrEqual(atol + rtol * Math.abs(wanted));
  }
}

/** The relative and absolute tolerances of torch.testing.assert_close. */
const TOLERANCES: Readonly<Record<string, readonly [number, number]>> = {
  float64: [1e-7, 1e-7],
  float32: [1.3e-6, 1e-5],
};

/** Expects a number of the device, if its kernels compute. */
export function expectNumber(actual: unknown, expected: unknown): void {
  if (KERNELS) expect(actual).toEqual(expected);
}

/** Proof that the device still works. */
export function expectAlive(): void {
  const x = gpu(torch.tensor([1, 2]));
  expect(x.cpu().tolist()).toEqual([1, 2]);
  expectNumber(x.sum().item(), 3);
}
