/** Mixed precision: Python's bits, in synchronous calls and on lanes. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { trainStep } from '../../lib/jit/train_step.js';
import { Trainer } from '../../lib/train/index.js';
import { findPython } from '../helpers/python.js';

const { nn, optim } = torch;
const python = findPython();

const PROGRAM = `
import json, torch
from torch import nn
torch.set_num_threads(1)
torch.manual_seed(3)
model = nn.Sequential(nn.Linear(6, 16), nn.GELU(), nn.Tanh(), nn.Linear(16, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
report = []
for step in range(6):
    x, y = torch.randn(8, 6), torch.randint(0, 3, (8,))
    optimizer.zero_grad()
    with torch.autocast('cpu', dtype=torch.bfloat16):
        loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    report.append(loss.item())
model.eval()
with torch.no_grad(), torch.autocast('cpu', dtype=torch.bfloat16):
    output = model(x)
    report += [nn.functional.cross_entropy(output.float(), y).item(), output.float().tolist()]
print(json.dumps([report, [t.double().flatten().tolist() for t in model.state_dict().values()]]))
`;

/** How a model is trained: by calls, by one native step, or by a Trainer that has to run parts in JavaScript. */
type Kind = 'calls' | 'step' | 'lane' | 'option' | 'trainer' | 'own loss' | 'traced trainer' | 'traced, own loss';

async function trained(kind: Kind): Promise<unknown> {
  torch.manual_seed(3);
  const model = new nn.Sequential(new nn.Linear(6, 16), new nn.GELU(), new nn.Tanh(), new nn.Linear(16, 3));
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  // A traced module records the operators, not the casts.
  const traced = torch.jit.trace(model, torch.zeros([8, 6]));
  const loss = new nn.CrossEntropyLoss();
  const own = (output: Tensor, target: Tensor) => nn.functional.cross_entropy(output, target as never) as Tensor;
  const step = trainStep({
    model: traced,
    loss,
    optimizer,
    ...(kind === 'option' && { autocast: { dtype: 'bfloat16' as const } }),
  });
  using trainer = new Trainer({
    model: kind.startsWith('traced') ? traced : model,
    loss: kind.endsWith('own loss') ? own : loss,
    optimizer,
    lane: new torch.Lane({ threads: 1 }),
    autocast: 'bfloat16',
  });
  const isTrainer = kind.endsWith('trainer') || kind.endsWith('own loss');
  const losses: unknown[] = [];
  let x: Tensor = torch.zeros([0]);
  let y: Tensor = torch.zeros([0]);
  for (let at = 0; at < 6; at++) {
    x = torch.randn([8, 6]);
    y = torch.randint(0, 3, [8]);
    if (isTrainer) {
      losses.push((await trainer.step(x, y)).loss);
    } else if (kind === 'lane') {
      const made = torch.autocast('cpu', () => step.async(x, y));
      losses.push((await made).loss);
    } else if (kind === 'step') {
      losses.push(torch.autocast('cpu', () => step(x, y)).loss);
    } else if (kind === 'option') {
      losses.push(step(x, y).loss);
    } else {
      optimizer.zero_grad();
      const value = torch.autocast('cpu', { dtype: 'bfloat16' }, () => loss(model(x) as Tensor, y as never) as Tensor);
      value.backward();
      optimizer.step();
      losses.push(value.item());
    }
  }
  const output = isTrainer
    ? ((await trainer.predict(x)) as Tensor)
    : torch.no_grad(() => torch.autocast('cpu', () => model(x) as Tensor));
  expect(output.dtype).toBe('bfloat16');
  const evaluated = isTrainer ? (await trainer.evaluate([[x, y]])).loss : own(output.float(), y).item();
  losses.push(Math.fround(evaluated), output.float().tolist());
  return [losses, Object.values(model.state_dict()).map((tensor) => tensor.double().flatten().tolist())];
}

describe('torch.autocast', () => {
  it('computes products in the lower precision, losses in float32', () => {
    const layer = new nn.Linear(4, 2);
    const x = torch.ones([1, 4]);
    const [output, loss] = torch.autocast('cpu', () => {
      expect(torch.is_autocast_enabled('cpu')).toBe(true);
      const made = layer(x);
      expect(torch.autocast('cpu', { enabled: false }, () => layer(x)).dtype).toBe('float32');
      return [made, nn.functional.mse_loss(made, torch.zeros([1, 2])) as Tensor];
    });
    expect([output.dtype, loss.dtype]).toEqual(['bfloat16', 'float32']);
    expect(torch.is_autocast_enabled('cpu')).toBe(false);
    expect(layer(x).dtype).toBe('float32');
  });

  it('applies to a call on a lane and no further', async () => {
    const [a, b] = [torch.ones([2, 3]), torch.ones([3, 2])];
    const cast = torch.autocast('cpu', () => torch.ops.aten.matmul.async(a, b));
    expect(((await cast) as Tensor).dtype).toBe('bfloat16');
    expect(((await torch.ops.aten.matmul.async(a, b)) as Tensor).dtype).toBe('float32');
  });

  it('restores the mode after an error, and refuses what it does not support', () => {
    expect(() =>
      torch.autocast('cpu', () => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(torch.is_autocast_enabled('cpu')).toBe(false);
    expect(() => torch.autocast('cpu', async () => 1)).toThrow(/fn: expected a synchronous function/);
    expect(() => torch.autocast('cpu', { dtype: 'float64' as never }, () => 1)).toThrow(
      /dtype: expected 'bfloat16' or 'float16'/,
    );
    expect(() => torch.autocast('tpu' as never, () => 1)).toThrow(/device_type/);
    expect(() => torch.autocast('cpu', {}, 5 as never)).toThrow(/fn: expected a function/);
  });

  it.each<Kind>(['step', 'lane', 'option', 'trainer', 'own loss', 'traced trainer', 'traced, own loss'])(
    'trains with the bits of the calls: %s',
    async (kind) => {
      expect(await trained(kind)).toEqual(await trained('calls'));
    },
  );

  it('is refused as an option if unsupported', () => {
    const model = new nn.Linear(2, 1);
    const make = (autocast: unknown) => () =>
      new Trainer({
        model,
        loss: new nn.MSELoss(),
        optimizer: new optim.SGD(model.parameters()),
        autocast: autocast as 'bfloat16',
      });
    expect(make('float64')).toThrow("autocast: expected 'bfloat16' or 'float16', got 'float64'");
    expect(make(true)).toThrow('autocast: expected a dtype, or the options of torch.autocast, got true');
    expect(make({ device_type: 'tpu' })).toThrow("device_type: expected 'cpu' or 'cuda', got 'tpu'");
    expect(make({ dytpe: 'bfloat16' })).toThrow("did you mean 'dtype'?");
  });

  it.runIf(python !== undefined)('trains with the bits of a live Python', { timeout: 120_000 }, async () => {
    const threads = torch.get_num_threads();
    torch.set_num_threads(1);
    try {
      const { stdout, stderr } = spawnSync(python as string, ['-W', 'ignore', '-c', PROGRAM], {
        encoding: 'utf8',
        env: { ...process.env, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
      });
      for (const kind of ['calls', 'trainer', 'traced trainer'] as const)
        expect(await trained(kind), kind).toEqual(stdout === '' ? stderr : JSON.parse(stdout));
    } finally {
      torch.set_num_threads(threads);
    }
  });
});
