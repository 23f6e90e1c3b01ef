/** Class indices and lengths for which LibTorch would read outside of a tensor: it checks few of them itself. */
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../lib/evaluate/index.js';
import { TorchError, torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import { thrownBy } from '../helpers/errors.js';
import { entriesOf, lossOf } from '../helpers/losses.js';

const { tensor } = torch;
const { functional: F } = torch.nn;

describe('what CTC must not read', () => {
  const [T, N, C] = [4, 2, 3];
  const scores = () => torch.zeros([T, N, C]).log_softmax({ dim: 2 });
  const ctc = entriesOf('ctc_loss');
  const padded = (...labels: readonly (readonly bigint[])[]) => tensor(labels);
  const outside = [-1n, 3n, 1000n, -(2n ** 20n)];

  it.each(ctc)('$path: a class out of range in a row', (entry) => {
    for (const label of outside) {
      for (const targets of [padded([1n, label], [1n, 2n]), padded([1n, 2n], [label, 2n])]) {
        expect(thrownBy(() => lossOf(entry, [scores(), targets, [4, 4], [2, 2]]))).toMatchObject({
          parameter: 'targets',
          expected: 'class indices from 0 to 2',
          code: 'ERR_INVALID_ARG_VALUE',
        });
      }
    }
  });

  it.each(ctc)('$path: values beyond the length of a target are ignored', (entry) => {
    const clean = lossOf(entry, [scores(), padded([1n, 0n], [1n, 2n]), [4, 4], [1, 2]], { reduction: 'none' }).tolist();
    for (const label of outside) {
      const losses = lossOf(entry, [scores(), padded([1n, label], [1n, 2n]), [4, 4], [1, 2]], { reduction: 'none' });
      expect(losses.tolist()).toEqual(clean);
    }
  });

  it.each(ctc.filter(({ namespace }) => namespace.startsWith('torch')))('$path: in concatenated targets', (entry) => {
    const run = (labels: readonly bigint[], lengths: readonly number[]) =>
      lossOf(entry, [scores(), tensor(labels), [4, 4], lengths], { reduction: 'none' }).tolist();
    for (const label of outside) {
      for (const labels of [
        [label, 2n, 1n],
        [1n, label, 1n],
        [1n, 2n, label],
      ]) {
        expect(thrownBy(() => run(labels, [1, 2]))).toMatchObject({ parameter: 'targets' });
        expect(thrownBy(() => run(labels, [2, 1]))).toMatchObject({ parameter: 'targets' });
      }
    }
    // Lengths that go beyond the labels.
    for (const lengths of [
      [2, 2],
      [4, 0],
      [0, 4],
      [3, 1],
      [1000, 1000],
    ]) {
      expect(() => run([1n, 2n, 1n], lengths)).toThrow(Error);
    }
    expect(run([1n, 2n, 1n], [1, 2])).toEqual(run([1n, 2n, 1n], [1, 2]));
  });

  it.each(ctc)('$path: lengths out of range, in arrays and tensors', (entry) => {
    const targets = padded([1n, 2n], [2n, 1n]);
    for (const [inputs, lengths] of [
      [
        [5, 4],
        [2, 2],
      ],
      [
        [4, 1000],
        [2, 2],
      ],
      [
        [-1, 4],
        [0, 2],
      ],
      [
        [4, -(2 ** 31)],
        [2, 0],
      ],
      [
        [4, 4],
        [3, 2],
      ],
      [
        [4, 4],
        [2, 4],
      ],
      [
        [4, 4],
        [2, -1],
      ],
      [
        [4, 4],
        [-(2 ** 31), 2],
      ],
      [[4], [2, 2]],
      [[4, 4], [2]],
      [
        [4, 4, 4],
        [2, 2],
      ],
      [
        [4, 4],
        [2, 2, 2],
      ],
      [[], []],
    ]) {
      expect(() => lossOf(entry, [scores(), targets, inputs, lengths])).toThrow(Error);
      const tensors = [inputs, lengths].map((values) => tensor(values as number[], { dtype: 'int32' }));
      expect(() => lossOf(entry, [scores(), targets, ...tensors])).toThrow(Error);
    }
  });

  it.each(ctc)('$path: lengths whose sum is beyond int64', (entry) => {
    const inputs = tensor([4n, 4n, 4n]);
    const scores = torch.zeros([T, 3, C]).log_softmax({ dim: 2 });
    const far = 2n ** 63n;
    for (const lengths of [
      [far - 1n, far - 2n ** 60n + 1n, 5n],
      [far - 1n, 2n ** 62n, 5n],
      [far - 1n, far - 1n, 5n], // which come out as 3
      [2n ** 31n, 1n, 1n],
    ]) {
      const ofTorch = entry.namespace.startsWith('torch');
      for (const targets of [...(ofTorch ? [tensor([1n, 2n, 1n])] : []), padded([1n], [2n], [1n])]) {
        const args = [scores, targets, inputs, tensor(lengths)] as const;
        const refused = { parameter: 'target_lengths', expected: 'lengths of at most 2147483647' };
        // MindSpore's own check of both lengths comes first.
        const byEntry = ofTorch ? refused : { parameter: 'input_lengths', code: 'ERR_INVALID_ARG_VALUE' };
        expect(thrownBy(() => lossOf(entry, [...args]))).toMatchObject(byEntry);
        // biome-ignore lint/suspicious/noExplicitAny: an operator may be missing, as far as the compiler knows
        expect(thrownBy(() => (torch.ops.aten as any).ctc_loss(...args))).toMatchObject(refused);
      }
    }
  });

  it('the same on a lane and in evaluate', async () => {
    const scores = torch.zeros([T, 3, C]).log_softmax({ dim: 2 });
    const lengths = tensor([2n ** 63n - 1n, 2n ** 63n - 1n, 5n]);
    const args = [scores, tensor([1n, 2n, 1n]), tensor([4n, 4n, 4n]), lengths] as const;
    await expect(F.ctc_loss.async(...args)).rejects.toMatchObject({ parameter: 'target_lengths' });
    await expect(evaluate(F.ctc_loss, [[...args]])).rejects.toMatchObject({ parameter: 'batches[0].targets' });
  });

  it.each(ctc)('$path: a blank or shapes that do not fit', (entry) => {
    const targets = padded([1n, 2n], [2n, 1n]);
    for (const blank of [3, -1, 2 ** 31, -(2 ** 40)]) {
      expect(() => lossOf(entry, [scores(), targets, [4, 4], [2, 2]], { blank })).toThrow(Error);
    }
    for (const wrong of [padded([1n, 2n]), padded([1n], [2n], [1n]), tensor([[[1n]], [[2n]]])]) {
      expect(() => lossOf(entry, [scores(), wrong, [4, 4], [2, 2]])).toThrow(Error);
    }
    for (const shape of [[], [3], [1, 4, 2, 3]]) {
      expect(() => lossOf(entry, [torch.zeros(shape), targets, [4, 4], [2, 2]])).toThrow(Error);
    }
  });

  it('an input of length 0', () => {
    const run = (targetLength: number) =>
      F.ctc_loss(scores(), padded([1n, 2n], [2n, 1n]), [0, 4], [targetLength, 2], { reduction: 'none' }).tolist();
    if (libtorch().version.startsWith('1.')) {
      // LibTorch reads outside of the tensor.
      for (const length of [0, 2]) {
        expect(thrownBy(() => run(length))).toMatchObject({
          parameter: 'input_lengths',
          code: 'ERR_INVALID_ARG_VALUE',
        });
      }
    } else {
      expect(run(2)[0]).toBe(Number.POSITIVE_INFINITY);
      expect(run(0)[0]).toBeCloseTo(0, 40);
    }
  });

  it('a single sequence', () => {
    const one = torch.zeros([T, C]).log_softmax({ dim: 1 });
    for (const label of outside) {
      expect(thrownBy(() => F.ctc_loss(one, tensor([1n, label]), [4], [2]))).toMatchObject({ parameter: 'targets' });
    }
    expect(() => F.ctc_loss(one, tensor([1n, 2n]), [4], [3])).toThrow(Error);
    expect(() => F.ctc_loss(one, tensor([1n, 2n]), [5], [2])).toThrow(Error);
  });

  it.each(ctc)('$path: an empty batch', (entry) => {
    const targets = torch.zeros([0, 2], { dtype: 'int64' });
    const call = () => lossOf(entry, [torch.zeros([T, 0, C]), targets, [], []], { reduction: 'none' });
    if (libtorch().version.startsWith('1.')) expect(call().shape).toEqual([0]);
    else expect(call).toThrow(TorchError);
  });

  it('the process keeps working', () => {
    const loss = F.ctc_loss(scores(), padded([1n, 2n], [2n, 1n]), [4, 4], [2, 2], { reduction: 'none' });
    // 15 of 81 paths give the labels.
    for (const value of loss.tolist()) expect(value).toBeCloseTo(Math.log(81 / 15), 5);
  });
});
