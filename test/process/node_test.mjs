// Tests for Node's own runner: node --test node_test.mjs. The second one fails.
import assert from 'node:assert';
import { test } from 'node:test';
import { torch } from '../../dist/index.js';
import { assertClose, tensorMatchers } from '../../dist/parity/index.js';

const loss = torch.nn.functional.mse_loss(torch.tensor([1, 2]), torch.tensor([1, 4]));

void test('a loss is close to its value', () => {
  assertClose(loss, torch.tensor(2));
  assert.throws(() => assertClose(loss, torch.tensor(2.5)), { name: 'AssertionError', actual: 2, expected: 2.5 });
  assert.equal(tensorMatchers.toBeCloseToTensor(loss, torch.tensor(2)).pass, true);
});

void test('a loss is close to another number', () => assertClose(loss, torch.tensor(3), { name: 'the loss' }));
