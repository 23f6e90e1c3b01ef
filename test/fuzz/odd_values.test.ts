/** Odd values in the place of single parameters: what `npm run fuzz -- --parameters` found, by name. */
import { describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { FileDataset } from '../../lib/data/index.js';
import { torch } from '../../lib/index.js';
import { assertClose } from '../../lib/parity/index.js';
import { SafeOpen, SafeSlice } from '../../lib/safetensors/index.js';
import { thrownBy } from '../helpers/errors.js';

const { nn, optim } = torch;
const { lr_scheduler } = optim;
const { parametrizations } = nn.utils;
// biome-ignore lint/suspicious/noExplicitAny: values that the types refuse
type Any = any;
const aten: Record<string, (...args: unknown[]) => Any> = torch.ops.aten;

function revoked(target: object): never {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy as never;
}

const longest = () => Object.assign([], { length: 2 ** 32 - 1 });
const optimizer = () => new optim.SGD([new nn.Parameter(torch.ones([2]))], { lr: 0.1, momentum: 0.9 });

/** Values that no parameter takes. */
const ODD: [string, () => Any][] = [
  ['a revoked proxy', () => revoked({})],
  ['a symbol', () => Symbol('odd')],
  ['a bigint', () => 2n ** 64n],
  ['an array of symbols', () => [Symbol('odd')]],
];

describe.each(ODD)('%s', (_, odd) => {
  it.each<[string, string, () => unknown]>([
    ['GRU', 'proj_size', () => new (nn.GRU as Any)(2, 3, { proj_size: odd() })],
    ['Embedding', '_weight', () => new nn.Embedding(2, 3, { _weight: odd() })],
    ['spectral_norm', 'dim', () => parametrizations.spectral_norm(new nn.Linear(2, 2), { dim: odd() })],
    ['orthogonal', 'name', () => parametrizations.orthogonal(new nn.Linear(2, 2), odd())],
    ['ConstantLR', 'factor', () => new lr_scheduler.ConstantLR(optimizer(), odd())],
    ['LinearLR', 'end_factor', () => new lr_scheduler.LinearLR(optimizer(), { end_factor: odd() })],
    ['MultiStepLR', 'milestones', () => new lr_scheduler.MultiStepLR(optimizer(), [odd()])],
    ['CyclicLR', 'base_lr', () => new lr_scheduler.CyclicLR(optimizer(), odd(), 1)],
    ['CyclicLR', 'max_lr', () => new lr_scheduler.CyclicLR(optimizer(), 0.1, odd())],
    ['CyclicLR', 'step_size_up', () => new lr_scheduler.CyclicLR(optimizer(), 0.1, 1, odd())],
    ['CyclicLR', 'base_momentum', () => new lr_scheduler.CyclicLR(optimizer(), 0.1, 1, { base_momentum: odd() })],
    ['CyclicLR', 'scale_fn', () => new lr_scheduler.CyclicLR(optimizer(), 0.1, 1, { scale_fn: odd() })],
    ['OneCycleLR', 'pct_start', () => new lr_scheduler.OneCycleLR(optimizer(), 1, 10, { pct_start: odd() })],
    ['OneCycleLR', 'div_factor', () => new lr_scheduler.OneCycleLR(optimizer(), 1, 10, { div_factor: odd() })],
    ['ReduceLROnPlateau', 'factor', () => new lr_scheduler.ReduceLROnPlateau(optimizer(), { factor: odd() })],
    ['SWALR', 'swa_lr', () => new optim.swa_utils.SWALR(optimizer(), odd())],
    ['LBFGS', 'max_iter', () => new optim.LBFGS(optimizer().param_groups[0]?.params as Any, { max_iter: odd() })],
    ['assertClose', 'name', () => assertClose(torch.ones([1]), torch.ones([1]), { name: odd() })],
    ['FileDataset', 'sources', () => new FileDataset(typeof odd() === 'symbol' ? odd() : revoked([]))],
  ])('is refused by %s for %s', (_name, parameter, call) => {
    const error = thrownBy(call);
    expect(error.code).toMatch(/^ERR_INVALID_ARG_(TYPE|VALUE)$/);
    expect(String(error.parameter).replace(/\[\d+\]$/, '')).toBe(parameter);
  });
});

it('a revoked proxy of a function is no function', () => {
  const fn = () => revoked(() => undefined);
  const groups = optimizer();
  for (const call of [
    () => new nn.Linear(1, 1).apply(fn()),
    () => torch.scope(fn()),
    () => torch.no_grad(fn()),
    () => groups.step(fn()),
    () => new lr_scheduler.LambdaLR(groups, fn()),
    () => torch.ones([1], { requires_grad: true }).register_hook(fn()),
  ]) {
    expect(thrownBy(call).code).toBe('ERR_INVALID_ARG_TYPE');
  }
});

it('a revoked proxy comes through a scope and a module', () => {
  const proxy = revoked({});
  expect(torch.scope(() => proxy) === proxy).toBe(true);
  expect(new nn.Identity().forward(proxy) === proxy).toBe(true);
});

it('the longest array is refused at once', () => {
  for (const call of [
    () => aten.floor?.(torch.ones([2]), longest()),
    () => aten.add?.(torch.ones([2]), longest()),
    () => new lr_scheduler.MultiStepLR(optimizer(), longest()),
    () => torch.distributed.batch_isend_irecv(longest()),
    () => new torch.utils.data.Subset([1, 2], [0]).getItems(longest()),
  ]) {
    expect(thrownBy(call)).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  }
});

it('a state cannot replace the optimizer or a method of a schedule', () => {
  const schedule = new lr_scheduler.StepLR(optimizer(), 2);
  for (const name of ['optimizer', 'step', 'get_lr']) {
    expect(thrownBy(() => schedule.load_state_dict({ ...schedule.state_dict(), [name]: 1 }))).toMatchObject({
      parameter: 'state_dict',
      got: `'${name}'`,
    });
  }
});

it('constructors that are not for callers say which function is', () => {
  expect(thrownBy(() => new (SafeOpen as Any)()).message).toBe(
    'SafeOpen: expected a call of safe_open, got new SafeOpen',
  );
  expect(thrownBy(() => new (SafeSlice as Any)()).message).toBe(
    'SafeSlice: expected a call of get_slice, got new SafeSlice',
  );
});

it.skipIf(libtorch().minor === '1.13')('values of linear_cross_entropy are checked before they are read', () => {
  const loss = new nn.LinearCrossEntropyLoss(2, 3);
  const target = torch.zeros([1], { dtype: 'int64' });
  expect(thrownBy(() => loss.async(torch.ones([1, 2]), target, revoked({}))).code).toBe('ERR_INVALID_ARG_TYPE');
  for (const [, odd] of ODD) {
    expect(thrownBy(() => new nn.LinearCrossEntropyOptions({ acc_policy: odd() }))).toMatchObject({
      parameter: 'acc_policy',
    });
  }
});
