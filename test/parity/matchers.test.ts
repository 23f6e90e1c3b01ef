import { AssertionError } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  assertClose,
  type CloseOptions,
  type Comparable,
  compareTensors,
  tensorMatchers,
} from '../../lib/parity/index.js';
import { tensor } from '../../lib/torch/index.js';
import { thrownBy } from '../helpers/errors.js';

expect.extend(tensorMatchers);

declare module 'vitest' {
  interface Matchers<T = any> {
    toBeCloseToTensor: (expected: Comparable, options?: CloseOptions) => T;
  }
}

const expected = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const apart = tensor([
  [1, 2, 3],
  [4, 5.5, 6],
]);

describe('assertClose', () => {
  it('takes tensors and plain data, and returns if they are close', () => {
    assertClose(expected, expected);
    assertClose(expected, { dtype: 'float32', shape: [2, 3], data: [1, 2, 3, 4, 5.000001, 6] });
    assertClose(apart, expected, { atol: 0.5 });
    assertClose(apart, expected, { rtol: 0.1, atol: 0 });
  });

  it('throws an AssertionError that shows the worst element with its place and both values', () => {
    const error = thrownBy(() => assertClose(apart, expected, { name: 'the gradient' }));
    expect(error).toBeInstanceOf(AssertionError);
    expect(error).toMatchObject({ code: 'ERR_ASSERTION', actual: 5.5, expected: 5, operator: 'assertClose' });
    expect(error.message).toBe(
      'expected the gradient close to another: 1 of 6 elements differ by more than rtol 0.0000013, atol 0.00001; ' +
        'worst is element 4 at [1, 1]: expected 5, got 5.5 (largest errors: absolute 0.5, relative 0.1, 1048576 ULP)',
    );
  });

  it('reports another dtype or shape', () => {
    expect(thrownBy(() => assertClose(expected.to('float64'), expected)).message).toBe(
      'expected a tensor close to another: expected dtype float32, got float64',
    );
    expect(thrownBy(() => assertClose(tensor([1, 2]), expected)).message).toContain('expected shape [2, 3], got [2]');
  });

  it('refuses an unknown option', () => {
    expect(() => assertClose(expected, expected, { tolerance: 1 } as object)).toThrow(
      expect.objectContaining({ code: 'ERR_UNKNOWN_OPTION' }),
    );
  });
});

describe('assertClose in node:test', () => {
  it('passes a test or fails it, with its message', () => {
    const program = fileURLToPath(new URL('../process/node_test.mjs', import.meta.url));
    const args = ['--test', '--test-reporter=tap', program];
    // With this variable set, the runner would think that it runs inside another one.
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^ *ok 1 - a loss is close to its value$/m);
    expect(stdout).toMatch(/^ *not ok 2 - a loss is close to another number$/m);
    expect(stdout).toContain('expected the loss close to another: 1 of 1 elements differ');
    expect(stdout).toMatch(/^# pass 1$/m);
    expect(stdout).toMatch(/^# fail 1$/m);
  });
});

describe('tensorMatchers', () => {
  it('adds a matcher to expect', () => {
    expect(expected).toBeCloseToTensor(expected);
    expect(apart).not.toBeCloseToTensor(expected);
    expect(apart).toBeCloseToTensor(expected, { atol: 0.5 });
  });

  it('fails with the worst element, and supports not', () => {
    expect(() => expect(apart).toBeCloseToTensor(expected)).toThrow(
      /worst is element 4 at \[1, 1\]: expected 5, got 5\.5/,
    );
    expect(() => expect(apart).not.toBeCloseToTensor(apart)).toThrow('expected a tensor not close to another');
  });
});

describe('compareTensors', () => {
  it('returns the errors in ULP and the cosine of tensors', () => {
    const found = compareTensors(apart, expected);
    expect(found).toMatchObject({ equal: false, identical: false, max_ulp_error: 2 ** 20 });
    const [dot, first, second] = [93.5, Math.sqrt(96.25), Math.sqrt(91)];
    expect(found.cosine_similarity).toBeCloseTo(dot / (first * second), 12);
    expect(compareTensors(tensor([-0]), tensor([0]))).toMatchObject({
      equal: true,
      identical: false,
      max_ulp_error: 0,
    });
  });
});
