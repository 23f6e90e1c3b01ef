/** What is no options object, where one is expected, and arrays as long as JavaScript's arrays can be. */
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/tensor/tensor.js';
import * as torch from '../../lib/torch/index.js';
import { Trainer } from '../../lib/train/index.js';
import { rejected } from '../helpers/recorded.js';

const { nn } = torch;
const { parametrize } = nn.utils;
// biome-ignore lint/suspicious/noExplicitAny: arguments that the types refuse
type Any = any;

class Same extends nn.Module {
  override forward(x: Tensor): Tensor {
    return x;
  }
}

const parametrized = () => parametrize.register_parametrization(new nn.Linear(2, 2), 'weight', new Same());

const CALLS: Record<string, (options: Any) => unknown> = {
  full: (options) => torch.full([2], 1, options),
  register_forward_hook: (options) => new Same().register_forward_hook(() => undefined, options),
  register_forward_pre_hook: (options) => new Same().register_forward_pre_hook(() => undefined, options),
  register_full_backward_hook: (options) => new Same().register_full_backward_hook(() => undefined, options),
  register_parametrization: (options) =>
    parametrize.register_parametrization(new nn.Linear(2, 2), 'weight', new Same(), options),
  remove_parametrizations: (options) => parametrize.remove_parametrizations(parametrized(), 'weight', options),
};

function trainer(): Trainer {
  const model = new nn.Linear(2, 1);
  return new Trainer({
    model,
    loss: new nn.MSELoss(),
    optimizer: new torch.optim.SGD(model.parameters(), { lr: 0.1 }),
  });
}

/** Its prototype is a proxy that has been revoked. */
function orphan(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return Object.create(proxy);
}

it('an object without a readable prototype is no options object', () => {
  expect(() => new nn.GaussianNLLLoss(orphan() as Any)).toThrow(/^options: expected an object with options/);
});

it('lengths of sequences have one dimension', () => {
  const call = () => nn.utils.rnn.unpad_sequence(torch.ones([2, 3]), torch.tensor(2n) as Any);
  expect(call).toThrow('lengths: expected one dimension, got 0');
});

describe.each(Object.entries(CALLS))('%s', (_, call) => {
  it.each([null, 5, 'x', [[]], { unknown: 1 }])('refuses the options %j', async (options) => {
    expect(await rejected(async () => call(options))).toMatchObject({
      kind: 'TypeError',
      code: expect.stringMatching(/^ERR_(INVALID_ARG_TYPE|UNKNOWN_OPTION)$/),
    });
  });
});

describe('the longest array', () => {
  const longest: Any = Object.assign([], { length: 2 ** 32 - 1 });
  const x = torch.ones([1, 1, 2, 2]);
  it.each<[string, () => unknown]>([
    ['torch.save', () => torch.save(longest, new URL('file:///nowhere/x.pt'))],
    ['interpolate', () => nn.functional.interpolate(x, { size: longest })],
    ['Trainer.step', () => trainer().step(longest, x)],
  ])('is refused by %s', async (_, call) => {
    expect(await rejected(async () => call())).toMatchObject({ kind: 'RangeError', code: 'ERR_INVALID_ARG_VALUE' });
  });
});
