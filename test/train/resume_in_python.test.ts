/** Training that begins here and continues in Python from a file of `torch.save`, with the bits of a run entirely in Python. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import { temporaryFolder } from '../helpers/libtorch.js';
import { findPython } from '../helpers/python.js';

const { nn, optim } = torch;
const { minor } = libtorch();
const python = findPython();

/** Optimizers with non-default options. Pairs are Python tuples. */
const OPTIMIZERS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  SGD: { lr: 0.1, momentum: 0.9, weight_decay: 0.01, nesterov: true },
  Adam: { lr: 0.01, betas: [0.8, 0.9], amsgrad: true },
  AdamW: {},
  Adamax: { betas: [0.7, 0.99] },
  NAdam: { weight_decay: 0.1 },
  RAdam: { lr: 0.02 },
  Adadelta: { rho: 0.8 },
  Adagrad: { lr_decay: 0.1, initial_accumulator_value: 0.5 },
  RMSprop: { centered: true, momentum: 0.5 },
  Rprop: { etas: [0.4, 1.3], step_sizes: [1e-5, 20] },
  ASGD: { t0: 2 },
  LBFGS: { lr: 0.5, max_iter: 4, history_size: 3 },
  ...(minor.startsWith('1.') ? {} : { Adafactor: { beta2_decay: -0.7, eps: [null, 0.01] }, Muon: { momentum: 0.9 } }),
};

/** Six steps in Python, compared with three here and three in Python. */
const PROGRAM = `
import json, sys, torch
torch.set_num_threads(1)
folder = sys.argv[1]
def build(name, options):
    torch.manual_seed(7)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2))
    x, y = torch.randn(8, 3), torch.arange(8) % 2
    params = [p for p in model.parameters() if name != 'Muon' or p.dim() == 2]
    optimizer = getattr(torch.optim, name)(params, **options)
    loss = torch.nn.CrossEntropyLoss()
    def closure():
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        return value
    return model, optimizer, lambda: optimizer.step(closure)
def describe(a, b):
    return [key for key in sorted(set(a) | set(b)) if a.get(key, 'none') != b.get(key, 'none')]
report = {}
for name, options in json.load(open(folder + '/optimizers.json')).items():
    options = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    model, optimizer, step = build(name, options)
    for _ in range(3): step()
    half = optimizer.state_dict()
    groups = [dict(group) for group in half['param_groups']]
    states = {number: {key: (type(value).__name__, str(getattr(value, 'dtype', ''))) for key, value in state.items()} for number, state in half['state'].items()}
    for _ in range(3): step()
    again, other, go_on = build(name, options)
    found = torch.load(f'{folder}/{name}.pt')
    kinds = {number: {key: (type(value).__name__, str(getattr(value, 'dtype', ''))) for key, value in state.items()} for number, state in found['optimizer']['state'].items()}
    again.load_state_dict(found['model'])
    other.load_state_dict(found['optimizer'])
    for _ in range(3): go_on()
    wanted, got = model.state_dict(), again.state_dict()
    report[name] = {
        'groups': [describe(a, b) for a, b in zip(groups, found['optimizer']['param_groups'])],
        'states': 'equal' if states == kinds else [states, kinds],
        'other': [key for key in wanted if not wanted[key].equal(got[key])],
    }
print(json.dumps(report))
`;

describe.runIf(python !== undefined)('a checkpoint after three steps', () => {
  const threads = torch.get_num_threads();
  beforeAll(() => torch.set_num_threads(1));
  afterAll(() => torch.set_num_threads(threads));

  it('continues in Python with the same bits', { timeout: 120_000 }, () => {
    const folder = temporaryFolder();
    for (const [name, options] of Object.entries(OPTIMIZERS)) {
      torch.manual_seed(7);
      const model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Linear(4, 2));
      const [x, y] = [torch.randn([8, 3]), torch.arange(8, { dtype: 'int64' }).remainder(2)];
      const params = model.parameters().filter((param) => name !== 'Muon' || param.dim() === 2);
      const Kind = Reflect.get(optim, name) as new (params: unknown, options: object) => torch.optim.Optimizer;
      const optimizer = new Kind(params, options);
      const loss = new nn.CrossEntropyLoss();
      for (let step = 0; step < 3; step++) {
        optimizer.step(() => {
          optimizer.zero_grad();
          const value = loss(model(x) as Tensor, y as never) as Tensor;
          value.backward();
          return value;
        });
      }
      torch.save({ model: model.state_dict(), optimizer: optimizer.state_dict() }, join(folder, `${name}.pt`));
    }
    writeFileSync(join(folder, 'optimizers.json'), JSON.stringify(OPTIMIZERS));
    const { stdout, stderr } = spawnSync(python as string, ['-c', PROGRAM, folder], {
      encoding: 'utf8',
      env: { ...process.env, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
    });
    const report = stdout === '' ? stderr : JSON.parse(stdout);
    const same = { groups: [[]], states: 'equal', other: [] };
    expect(report).toEqual(Object.fromEntries(Object.keys(OPTIMIZERS).map((name) => [name, same])));
  });
});
