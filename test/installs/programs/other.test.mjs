// A test of a consumer, run by its own vitest.
import { torch } from 'torchloss';
import { expect, test } from 'vitest';

test('another loss', () => {
  expect(torch.nn.functional.l1_loss(torch.tensor([1, 2]), torch.tensor([3, 2])).item()).toBe(1);
});
