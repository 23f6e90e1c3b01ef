// Trains on two ranks that torchrun starts, with checkpoints. The first attempt dies at the given place, if any.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { torch } from '../../dist/index.js';
import { Trainer } from '../../dist/train/index.js';

const [, , folder, dies] = process.argv;
const { distributed: dist, nn, optim, utils } = torch;
torch.set_num_threads(1);
if (dist.is_torchelastic_launched()) await dist.init_process_group('gloo', { timeout: 30 });
const rank = dist.get_rank();

torch.manual_seed(5);
const x = torch.randn([64, 6]);
const target = torch.randint(0, 3, [64]);
const model = new nn.Sequential(
  new nn.Linear(6, 16),
  new nn.BatchNorm1d(16),
  new nn.ReLU(),
  new nn.Dropout(0.2),
  new nn.Linear(16, 3),
);
const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
torch.manual_seed(100 + rank);
const trainer = new Trainer({
  model,
  loss: new nn.CrossEntropyLoss(),
  optimizer,
  scheduler: new optim.lr_scheduler.ExponentialLR(optimizer, 0.9),
  clip_grad_norm: 1,
});
const data = new utils.data.TensorDataset(x, target);
const sampler = new utils.data.DistributedSampler(data);
const loader = new utils.data.DataLoader(data, { batch_size: 8, sampler });
const validation = new utils.data.DataLoader(data, { batch_size: 16 });
if (existsSync(folder)) await trainer.restore(folder);
const begun = trainer.steps;
const told = [];
// Within the second epoch, in the middle of an optimizer step.
let batches = 0;
const dying = dies !== undefined && process.env.TORCHELASTIC_RESTART_COUNT === '0' && rank === 1;
model.register_forward_pre_hook(() => {
  if (dying && model.training && ++batches === 6) process.kill(process.pid, 'SIGKILL');
});
await trainer.fit(loader, {
  epochs: 3,
  accumulate: 2,
  validation,
  checkpoint: folder,
  every: 1,
  onStep: ({ step }) => {
    told.push(step);
  },
  onEpoch: () => {
    if (rank !== 0) throw new Error('rank 0 alone is told of epochs');
  },
});
const state = createHash('sha256');
for (const [name, value] of Object.entries(model.state_dict())) {
  state.update(name);
  state.update(new Uint8Array(value.to('float64').toTypedArray().buffer));
}
const history = trainer.history.map((record) => ({ ...record, seconds: 0 }));
const rng = createHash('sha256').update(new Uint8Array(torch.get_rng_state().toTypedArray())).digest('hex');
process.stdout.write(
  `result ${JSON.stringify({ rank, begun, steps: trainer.steps, history, state: state.digest('hex'), rng, told })}\n`,
);
await dist.destroy_process_group();
