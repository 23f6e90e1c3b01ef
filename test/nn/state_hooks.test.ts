/** Hooks around `state_dict` and `load_state_dict`; what they see is what PyTorch 2.13 showed them. */
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { thrownBy } from '../helpers/errors.js';

const { nn } = torch;
const BATCH_NORM = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
const named = (prefix: string, keys: readonly string[]) => keys.map((key) => prefix + key);
const network = () => new nn.Sequential(new nn.BatchNorm1d(1), new nn.Linear(1, 1));

describe('the hooks of state_dict', () => {
  it('run around each module, and may change the state', () => {
    const model = network();
    const [norm, linear] = model.children() as [torch.nn.Module, torch.nn.Module];
    const seen: unknown[] = [];
    for (const part of [model, linear]) {
      part.register_state_dict_pre_hook((module, prefix, keep_vars) => {
        seen.push([module === part, prefix, keep_vars]);
      });
    }
    const handles = [linear, norm].map((part) =>
      part.register_state_dict_post_hook((module, state, prefix, metadata) => {
        seen.push([module === part, prefix, Object.keys(state), metadata]);
        state[`${prefix}extra`] = torch.ones([1]);
      }),
    );
    const state = model.state_dict({ prefix: 'm.' });
    const first = named('m.0.', BATCH_NORM);
    const all = [...first, 'm.0.extra', 'm.1.weight', 'm.1.bias'];
    expect(seen).toEqual([
      [true, 'm.', false],
      [true, 'm.0.', first, { version: 2 }],
      [true, 'm.1.', false],
      [true, 'm.1.', all, { version: 1 }],
    ]);
    expect(Object.keys(state)).toEqual([...all, 'm.1.extra']);
    expect((state as { _metadata?: unknown })._metadata).toEqual(
      new Map([
        ['m', { version: 1 }],
        ['m.0', { version: 2 }],
        ['m.1', { version: 1 }],
      ]),
    );
    for (const handle of handles) handle.remove();
    expect(Object.keys(model.state_dict())).toEqual([...named('0.', BATCH_NORM), '1.weight', '1.bias']);
  });

  it('have to change the state in place', async () => {
    const layer = new nn.Linear(1, 1);
    const handle = layer.register_state_dict_post_hook((() => ({})) as never);
    expect(thrownBy(() => layer.state_dict())).toMatchObject({
      parameter: 'the hook of register_state_dict_post_hook',
    });
    handle.remove();
    layer.register_state_dict_pre_hook((() => Promise.reject(new Error('late'))) as never);
    expect(thrownBy(() => layer.state_dict())).toMatchObject({ parameter: 'the hook of register_state_dict_pre_hook' });
    expect(thrownBy(() => layer.register_state_dict_pre_hook(1 as never))).toMatchObject({ parameter: 'hook' });
  });
});

describe('the hooks of load_state_dict', () => {
  it('see what is missing and unexpected', () => {
    const model = network();
    const seen: unknown[] = [];
    for (const part of model.modules()) {
      part.register_load_state_dict_pre_hook((...args) => {
        const [module, state, prefix, metadata, strict, missing, unexpected, errors] = args;
        seen.push([
          module === part,
          Object.keys(state),
          prefix,
          metadata,
          strict,
          [...missing],
          [...unexpected],
          errors,
        ]);
      });
    }
    const state = model.state_dict();
    Object.assign(state, { '0.extra': torch.ones([1]), '1.extra': torch.ones([1]), 'other.x': torch.ones([1]) });
    Object.assign(state, { y: torch.ones([1]) });
    delete state['1.weight'];
    const keys = Object.keys(state);
    expect(thrownBy(() => model.load_state_dict(state))).toMatchObject({
      message:
        'Error(s) in loading state_dict for Sequential:\n\tMissing key(s) in state_dict: "1.weight".\n\t' +
        'Unexpected key(s) in state_dict: "other.x", "y", "0.extra", "1.extra".',
    });
    expect(Object.keys(state)).toEqual(keys);
    expect(seen).toEqual([
      [true, keys, '', { version: 1 }, true, [], [], []],
      [true, [...named('0.', BATCH_NORM), '0.extra'], '0.', { version: 2 }, true, [], ['other.x', 'y'], []],
      [true, ['1.bias', '1.extra'], '1.', { version: 1 }, true, [], ['other.x', 'y', '0.extra'], []],
    ]);
  });

  it('rename and remove entries before a module reads them, and add errors', () => {
    const layer = new nn.Linear(1, 1);
    const handle = layer.register_load_state_dict_pre_hook((_module, state, prefix) => {
      state[`${prefix}weight`] = state[`${prefix}w`];
      delete state[`${prefix}w`];
    });
    const given = { 'a.w': torch.full([1, 1], 3), 'a.bias': torch.zeros([1]) };
    const model = new nn.ModuleDict({ a: layer });
    expect(model.load_state_dict(given)).toEqual({ missing_keys: [], unexpected_keys: [] });
    expect([layer.weight.item(), Object.keys(given)]).toEqual([3, ['a.w', 'a.bias']]);
    handle.remove();
    layer.register_load_state_dict_pre_hook((...args) => void args[7].push('too old'));
    expect(thrownBy(() => model.load_state_dict({}, { strict: false }))).toMatchObject({
      message: 'Error(s) in loading state_dict for ModuleDict:\n\ttoo old',
    });
  });

  it('decide afterwards what may be missing', () => {
    const layer = new nn.Linear(1, 1);
    const seen: unknown[] = [];
    const handle = layer.register_load_state_dict_post_hook((module: torch.nn.Linear, incompatible) => {
      seen.push((module.weight as Tensor).item(), [...incompatible.missing_keys]);
      incompatible.missing_keys.length = 0;
    });
    const result = layer.load_state_dict({ weight: torch.full([1, 1], 3) });
    expect(seen).toEqual([3, ['bias']]);
    expect(result).toEqual({ missing_keys: [], unexpected_keys: [] });
    handle.remove();
    expect(thrownBy(() => layer.load_state_dict({ weight: torch.full([1, 1], 4) }))).toMatchObject({
      parameter: 'state_dict',
    });
    expect(layer.weight.item()).toBe(3);
  });

  it.each([{ assign: false }, { assign: true }])('leave the module as it was when they refuse (%o)', ({ assign }) => {
    const layer = new nn.Linear(1, 1);
    const before = layer.weight;
    const value = before.item();
    const state = { weight: torch.full([1, 1], 3), bias: torch.zeros([1]) };
    const refusals: [(keys: { missing_keys: string[] }) => unknown, object][] = [
      [
        () => {
          throw new RangeError('mine');
        },
        { message: 'mine' },
      ],
      [(keys) => void keys.missing_keys.push('more'), { message: expect.stringContaining('"more"') }],
      [() => 1, { parameter: 'the hook of register_load_state_dict_post_hook' }],
    ];
    for (const [hook, error] of refusals) {
      const handle = layer.register_load_state_dict_post_hook((_module, keys) => hook(keys) as never);
      expect(thrownBy(() => layer.load_state_dict(state, { assign }))).toMatchObject(error);
      expect([layer.weight === before, layer.weight.item()]).toEqual([true, value]);
      handle.remove();
    }
    layer.load_state_dict(state, { assign });
    expect(layer.weight.item()).toBe(3);
  });

  it('go with a copy of the module', () => {
    const layer = new nn.Linear(1, 1);
    layer.register_load_state_dict_post_hook((_module, keys) => void (keys.missing_keys.length = 0));
    expect(layer.clone().load_state_dict({})).toEqual({ missing_keys: [], unexpected_keys: [] });
  });
});
