/** TorchScript exchanged with a live Python: the same bits on both sides. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { trainStep } from '../../lib/jit/train_step.js';
import { temporaryFolder } from '../helpers/libtorch.js';
import { findPython } from '../helpers/python.js';

const { jit, nn, optim } = torch;
const python = findPython();

function run(program: string, folder: string): string {
  // Python can only script code whose source it can read.
  const file = join(folder, 'program.py');
  const write = 'import sys; open(sys.argv[1], "w").write(sys.argv[2])';
  spawnSync(python as string, ['-c', write, file, program]);
  const { stdout, stderr, status } = spawnSync(python as string, ['-W', 'ignore', file, folder], {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

const MODELS = `
import json, sys, torch
from torch import nn
torch.set_num_threads(1)
folder = sys.argv[1]

class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm, self.drop, self.last = nn.Linear(6, 16), nn.BatchNorm1d(16), nn.Dropout(0.25), nn.Linear(16, 3)
        self.register_buffer('shift', torch.ones(3))
    def forward(self, x):
        return self.last(self.drop(self.norm(self.first(x)).relu())) + self.shift

class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn, self.conv, self.out = nn.Embedding(20, 8), nn.LSTM(8, 8, batch_first=True), nn.Conv1d(8, 6, 3), nn.Linear(6, 3)
    def forward(self, x):
        hidden, _ = self.rnn(self.embed(x.abs().mul(5).long().remainder(20)))
        return self.out(self.conv(hidden.transpose(1, 2)).amax(2))

OPTIMIZERS = {
    'SGD': dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    'Adam': dict(lr=0.01),
    'AdamW': dict(lr=0.01),
    'RMSprop': dict(lr=0.01),
    'Adagrad': dict(lr=0.05),
}

def train(model, name):
    optimizer = getattr(torch.optim, name)(model.parameters(), **OPTIMIZERS[name])
    report = []
    for step in range(20):
        x, y = torch.randn(8, 6), torch.randint(0, 3, (8,))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y, label_smoothing=0.1)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        report.append([loss.item(), norm.item()])
    return report, [t.double().flatten().tolist() for t in model.state_dict().values()]
`;

/** Scripts and traces models, and trains each for twenty steps. */
const SCRIPTED = `${MODELS}
report = {}
kinds = {'mlp': lambda: torch.jit.script(Mlp()), 'text': lambda: torch.jit.script(Text()),
         'traced': lambda: torch.jit.trace(Mlp(), torch.randn(8, 6), check_trace=False)}
for kind, make in kinds.items():
    for name in OPTIMIZERS:
        torch.manual_seed(1)
        make().save(f'{folder}/{kind}_{name}.pt')
        model = torch.jit.load(f'{folder}/{kind}_{name}.pt')
        torch.manual_seed(2)
        report[f'{kind}_{name}'] = train(model, name)
json.dump(report, open(folder + '/report.json', 'w'))
`;

const OPTIMIZERS: Readonly<Record<string, (params: Tensor[]) => torch.optim.Optimizer>> = {
  SGD: (params) => new optim.SGD(params, { lr: 0.05, momentum: 0.9, nesterov: true, weight_decay: 0.01 }),
  Adam: (params) => new optim.Adam(params, { lr: 0.01 }),
  AdamW: (params) => new optim.AdamW(params, { lr: 0.01 }),
  RMSprop: (params) => new optim.RMSprop(params, { lr: 0.01 }),
  Adagrad: (params) => new optim.Adagrad(params, { lr: 0.05 }),
};

type Report = [steps: [number, number][], state: number[][]];

describe.runIf(python !== undefined)('with a live Python', () => {
  const threads = torch.get_num_threads();
  beforeAll(() => torch.set_num_threads(1));
  afterAll(() => torch.set_num_threads(threads));

  it('trains what Python scripted and traced, with the same bits', { timeout: 240_000 }, async () => {
    const folder = temporaryFolder();
    run(SCRIPTED, folder);
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Record<string, Report>;
    const own: Record<string, Report> = {};
    for (const key of Object.keys(report)) {
      const model = jit.load(join(folder, `${key}.pt`));
      const optimizer = OPTIMIZERS[key.split('_')[1] as string]?.(model.parameters()) as torch.optim.Optimizer;
      const loss = new nn.CrossEntropyLoss({ label_smoothing: 0.1 });
      const step = trainStep({ model, loss, optimizer, clip_grad_norm: 1 });
      const steps: [number, number][] = [];
      torch.manual_seed(2);
      for (let at = 0; at < 20; at++) {
        const [x, y] = [torch.randn([8, 6]), torch.randint(0, 3, [8])];
        // The first half on a lane, the second half synchronously.
        const made = at < 10 ? await step.async(x, y) : step(x, y);
        steps.push([made.loss, made.grad_norm as number]);
      }
      const state = Object.values(model.state_dict()).map((tensor) => tensor.double().flatten().tolist() as number[]);
      own[key] = [steps, state];
    }
    expect(own).toEqual(report);
  });

  it('opens modules traced here: the same names, outputs, gradients and steps', { timeout: 240_000 }, () => {
    const folder = temporaryFolder();
    class Mlp extends nn.Module {
      first = new nn.Linear(6, 16);
      norm = new nn.BatchNorm1d(16);
      drop = new nn.Dropout(0.25);
      last = new nn.Linear(16, 3);
      override forward(x: Tensor): Tensor {
        const [batch] = x.shape as [number];
        return this.last(this.drop(this.norm(this.first(x)).relu())).reshape([batch, 3]);
      }
    }
    torch.manual_seed(1);
    const net = new Mlp();
    jit.save(jit.trace(net, torch.randn([4, 6])), join(folder, 'model.pt'));
    const program = `${MODELS}
model = torch.jit.load(folder + '/model.pt')
names = [[n for n, _ in model.named_parameters()], [n for n, _ in model.named_buffers()], list(model.state_dict()), model.training, model.original_name]
with torch.jit.optimized_execution(False):
    torch.manual_seed(2)
    report = train(model, 'AdamW')
json.dump([names, report], open(folder + '/report.json', 'w'))
`;
    run(program, folder);
    const [names, report] = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as [unknown, Report];
    expect(names).toEqual([
      net.named_parameters().map(([name]) => name),
      net.named_buffers().map(([name]) => name),
      Object.keys(net.state_dict()),
      true,
      'Mlp',
    ]);
    torch.manual_seed(2);
    const optimizer = new optim.AdamW(net.parameters(), { lr: 0.01 });
    const step = trainStep({
      model: net,
      loss: new nn.CrossEntropyLoss({ label_smoothing: 0.1 }),
      optimizer,
      clip_grad_norm: 1,
    });
    const steps = Array.from({ length: 20 }, () => {
      const { loss, grad_norm } = step(torch.randn([8, 6]), torch.randint(0, 3, [8]));
      return [loss, grad_norm];
    });
    const state = Object.values(net.state_dict()).map((tensor) => tensor.double().flatten().tolist());
    expect([steps, state]).toEqual(report);
  });
});
