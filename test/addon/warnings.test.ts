import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { mindspore, type Tensor, torch } from '../../lib/index.js';

const { functional: F } = torch.nn;
const input = torch.tensor([
  [0.2, 0.3, 0.5],
  [0.1, 0.8, 0.1],
]);

let messages: string[];

beforeEach(() => {
  messages = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((message, kind) => {
    expect(kind).toBe('UserWarning');
    messages.push(String(message));
  });
});

afterEach(() => void vi.restoreAllMocks());

test('sizes that broadcast cause one warning, as in torch.nn.functional', () => {
  const target: Tensor = torch.tensor([0.1, 0.2, 0.3]);
  F.smooth_l1_loss(input, target);
  F.smooth_l1_loss(input, target);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toContain('Using a target size ([3]) that is different to the input size ([2, 3]).');
});

test("kl_div warns about 'mean' only in PyTorch's namespaces", () => {
  mindspore.ops.kl_div(input, input);
  F.kl_div(input, input, { reduction: 'batchmean' });
  const sum = new torch.nn.KLDivLoss({ reduction: 'sum' });
  expect(sum(input, input).item()).toBe(F.kl_div(input, input, { reduction: 'sum' }).item());
  expect(messages).toEqual([]);
  F.kl_div(input, input);
  const loss = new torch.nn.KLDivLoss({ reduction: 'mean' });
  expect(loss(input, input).item()).toBe(F.kl_div(input, input).item());
  expect(messages).toHaveLength(1);
  expect(messages[0]).toContain("'batchmean'");
});

test('size_average and reduce are mapped as in PyTorch, with one warning per resulting reduction', () => {
  const target = input.mul(2);
  const sum = F.mse_loss(input, target, { reduction: 'sum' }).item();
  const mean = F.mse_loss(input, target).item();
  const value = (options: { size_average?: boolean | null; reduce?: boolean | null }) =>
    F.mse_loss(input, target, options);
  expect(value({ size_average: false }).item()).toBe(sum);
  expect(value({ size_average: false, reduce: true }).item()).toBe(sum);
  expect(value({ size_average: true }).item()).toBe(mean);
  expect(value({ reduce: true, size_average: null }).item()).toBe(mean);
  expect(value({ reduce: false }).shape).toEqual([2, 3]);
  expect(value({ reduce: false, size_average: false }).shape).toEqual([2, 3]);
  expect(messages).toEqual(
    ['sum', 'mean', 'none'].map(
      (word) => `size_average and reduce are deprecated, please use reduction='${word}' instead.`,
    ),
  );
});

test("'elementwise_mean' is 'mean' in PyTorch's namespaces, with a warning", () => {
  const target = input.mul(2);
  expect(F.mse_loss(input, target, { reduction: 'elementwise_mean' as 'mean' }).item()).toBe(
    F.mse_loss(input, target).item(),
  );
  expect(messages).toEqual(["reduction='elementwise_mean' is deprecated, please use reduction='mean' instead."]);
  expect(() => mindspore.ops.mse_loss(input, target, { reduction: 'elementwise_mean' as 'mean' })).toThrow(RangeError);
});

test("LibTorch's own warnings arrive the same way", () => {
  torch.ops.aten.std?.(torch.ones([1]));
  expect(messages.every((message) => message.includes('degrees of freedom'))).toBe(true);
});
