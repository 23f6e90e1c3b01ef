// Training runs that may be killed: prints a hash of each one's final state. Usage: node training.mjs FOLDER '[{ "killAt": N,
// "own": true, "schedule": "step", ... }, ...]'
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { torch } from '../../dist/index.js';
import { Accuracy, Trainer } from '../../dist/train/index.js';

const [folder, settings] = process.argv.slice(2);
const { nn, optim, utils } = torch;

torch.set_num_threads(1);
for (const [at, setting] of JSON.parse(settings).entries()) console.log(await run(join(folder, String(at)), setting));

async function run(place, setting) {
  const { killAt, own = false, schedule = 'epoch', accumulate = 1, every = 3, stream = false } = setting;
  torch.manual_seed(5);
  const x = torch.randn([46, 6]);
  const y = torch.randint(0, 3, [46]);
  const model = new nn.Sequential(
    new nn.Linear(6, 8),
    new nn.BatchNorm1d(8),
    new nn.ReLU(),
    new nn.Dropout(0.3),
    new nn.Linear(8, 3),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.02, amsgrad: true });
  const scheduler = new optim.lr_scheduler.StepLR(optimizer, { step_size: 2, gamma: 0.7 });
  const generator = own ? new torch.Generator().manual_seed(11) : undefined;
  const order = own ? new torch.Generator().manual_seed(12) : undefined;
  const data = new utils.data.TensorDataset(x, y);
  const loader = stream
    ? new utils.data.DataLoader(samplesOf(data), { batch_size: 8 })
    : new utils.data.DataLoader(data, { batch_size: 8, shuffle: true, ...(order && { generator: order }) });
  const trainer = new Trainer({
    model,
    loss: new nn.CrossEntropyLoss({ label_smoothing: 0.1 }),
    optimizer,
    scheduler,
    schedule,
    clip_grad_norm: 1,
    ...(generator && { generator }),
  });
  if (existsSync(place)) await trainer.restore(place);
  const { history, best } = await trainer.fit(loader, {
    epochs: 4,
    accumulate,
    validation: [[x, y]],
    metrics: { accuracy: new Accuracy() },
    checkpoint: place,
    every,
    onStep: ({ step }) => {
      if (step === killAt) process.kill(process.pid, 'SIGKILL');
    },
  });
  trainer.dispose();
  const hash = createHash('sha256');
  for (const [name, tensor] of Object.entries(model.state_dict())) hash.update(name).update(tensor.toTypedArray());
  hash.update(torch.get_rng_state().toTypedArray());
  if (generator) hash.update(generator.get_state().toTypedArray()).update(order.get_state().toTypedArray());
  const { state, param_groups } = optimizer.state_dict();
  for (const [, kept] of state) {
    for (const value of Object.values(kept)) {
      if (typeof value === 'number') hash.update(String(value));
      else hash.update(value.toTypedArray());
    }
  }
  const plain = history.map((record) => ({ ...record, seconds: 0 }));
  hash.update(JSON.stringify([param_groups, scheduler.state_dict(), plain, best]));
  return hash.digest('hex');
}

function samplesOf(data) {
  return {
    *[Symbol.iterator]() {
      for (let at = 0; at < data.length; at++) yield data.getItem(at);
    },
  };
}
