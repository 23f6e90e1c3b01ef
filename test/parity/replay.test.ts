import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replay } from '../../lib/parity/replay/replay.js';

/** Flat float32 tensors of a recorded file, by key. smooth_l1_loss of [1, 3] and [0, 0] is [0.5, 2.5]. */
const TENSORS = { input: [1, 3], target: [0, 0], losses: [0.5, 2.5], gradient: [1, 1], wrong: [0.5, 2.25] };

const file = 'tensors.safetensors';
const args = [
  { name: 'input', tensor: { file, key: 'input' }, requires_grad: true },
  { name: 'target', tensor: { file, key: 'target' }, requires_grad: false },
];
const good = {
  loss: 'smooth_l1_loss',
  api: 'torch.nn.functional',
  name: 'smooth_l1_loss',
  dtype: 'float32',
  args,
  kwargs: { reduction: 'none' },
  expect: {
    output: { file, key: 'losses' },
    cotangent: { file, key: 'gradient' },
    grads: { input: { file, key: 'gradient' } },
  },
};
const { expect: expected } = good;
const error = { type: 'ValueError', message: 'abc is not a valid value for reduction', layer: 'python' };

/** Cases that must fail, with a part of the reason. */
const BAD: [string, object, string][] = [
  ['a wrong output', { ...good, expect: { ...expected, output: { file, key: 'wrong' } } }, 'output: 1 of 2'],
  [
    'a wrong gradient',
    { ...good, expect: { ...expected, grads: { input: { file, key: 'wrong' } } } },
    'gradient of input: 2 of 2',
  ],
  ['a gradient where none is expected', { ...good, expect: { ...expected, grads: { input: null } } }, 'expected none'],
  [
    'no gradient where one is expected',
    { ...good, expect: { ...expected, grads: { target: { file, key: 'gradient' } } } },
    'gradient of target: expected one',
  ],
  [
    'another shape',
    { ...good, kwargs: { reduction: 'sum' }, expect: { output: expected.output } },
    'expected shape [2]',
  ],
  [
    'a backward pass that should fail',
    { ...good, expect: { ...expected, grads: undefined, grad_error: {} } },
    'got a result',
  ],
  ['a result instead of an error', { ...good, expect: { error } }, 'expected ValueError'],
  ['an error instead of a result', { ...good, kwargs: { reduction: 'abc' } }, 'RangeError'],
  [
    'another kind of error',
    { ...good, kwargs: { reduction: 'abc' }, expect: { error: { ...error, type: 'RuntimeError' } } },
    'expected TorchError for RuntimeError',
  ],
  [
    'another message of LibTorch',
    {
      ...good,
      kwargs: { reduction: 'abc' },
      expect: { error: { ...error, layer: 'native', regex: 'size of tensor' } },
    },
    'expected a message like size of tensor',
  ],
  [
    'a loss that does not exist, where an error is expected',
    { ...good, name: 'no_such_loss', expect: { error: { ...error, type: 'RuntimeError' } } },
    'no_such_loss is not in torch.nn.functional',
  ],
];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'torchloss-replay-'));
  const entries = Object.keys(TENSORS).map((key, index) => [
    key,
    { dtype: 'F32', shape: [2], data_offsets: [8 * index, 8 * index + 8] },
  ]);
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const data = new Float32Array(Object.values(TENSORS).flat());
  writeFileSync(join(folder, file), Buffer.concat([length, header, new Uint8Array(data.buffer)]));
});

afterAll(() => rmSync(folder, { recursive: true }));

function replayOne(recorded: object) {
  writeFileSync(join(folder, 'cases.json'), JSON.stringify([{ id: 'one', ...recorded }]));
  return replay(folder);
}

describe('replay', () => {
  it('passes a correct case, as a function and as a class', () => {
    const passed = { id: 'one', loss: 'smooth_l1_loss', passed: true, max_abs_error: 0, max_rel_error: 0 };
    expect(replayOne(good)).toEqual([passed]);
    expect(replayOne({ ...good, api: 'torch.nn', name: 'SmoothL1Loss' })).toEqual([passed]);
  });

  it('passes a view with a gradient of its own shape', () => {
    const strided = { storage: { file, key: 'target' }, strides: [0], offset: 1 };
    const view = { name: 'input', tensor: { file, key: 'target' }, strided, requires_grad: true };
    const output = { file, key: 'target' };
    const recorded = { ...good, args: [view, args[1]], expect: { ...expected, output, grads: { input: output } } };
    expect(replayOne(recorded)).toMatchObject([{ passed: true }]);
  });

  it('passes the expected error', () => {
    expect(replayOne({ ...good, kwargs: { reduction: 'abc' }, expect: { error } })).toMatchObject([{ passed: true }]);
  });

  it.each(BAD)('fails %s', (_, recorded, reason) => {
    expect(replayOne(recorded)).toMatchObject([{ passed: false, error: expect.stringContaining(reason) }]);
  });

  it('refuses a folder that names a missing tensor', () => {
    const missing = { ...good, expect: { output: { file, key: 'absent' } } };
    expect(() => replayOne(missing)).toThrow(
      expect.objectContaining({ code: 'ERR_FILE_FORMAT', message: expect.stringContaining('absent') }),
    );
  });
});
