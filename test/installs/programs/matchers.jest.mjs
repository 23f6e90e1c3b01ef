// A test of a consumer, run by its own jest.
import { expect, test } from '@jest/globals';
import { torch } from 'torchloss';
import { assertClose, tensorMatchers } from 'torchloss/parity';

expect.extend(tensorMatchers);

const loss = torch.nn.functional.mse_loss(torch.tensor([1, 2]), torch.tensor([1, 4]));

test('the matcher', () => {
  expect(loss).toBeCloseToTensor(torch.tensor(2));
  expect(loss).not.toBeCloseToTensor(torch.tensor(3));
  expect(loss).toBeCloseToTensor(torch.tensor(3), { atol: 1 });
  expect(() => expect(loss).toBeCloseToTensor(torch.tensor(3))).toThrow('expected 3, got 2');
});

test('assertClose, also with arrays of the realm that jest makes', () => {
  assertClose(loss, torch.tensor(2));
  expect(
    torch
      .tensor(new BigInt64Array([1n, 2n]))
      .add(torch.tensor([1n, 1n]))
      .tolist(),
  ).toEqual([2, 3]);
});
