// Trains in a worker: this thread only receives progress and, at the end, the weights.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type Tensor, torch } from 'torchloss';
import type { Sent } from './worker.ts';

const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { epochs: 20, seed: 1 } });
const state: Record<string, Tensor> = {};
worker.on('message', (message: Sent) => {
  if (message.kind === 'epoch') console.log(`epoch ${message.epoch}  loss ${message.loss.toFixed(4)}`);
  // The memory was moved here with the message, and the tensor uses it: nothing is copied.
  else for (const [name, { data, shape }] of message.state) state[name] = torch.frombuffer(data).reshape(shape);
});
await once(worker, 'exit');

const model = new torch.nn.Sequential(new torch.nn.Linear(4, 16), new torch.nn.ReLU(), new torch.nn.Linear(16, 1));
model.load_state_dict(state, { assign: true });
const output = torch.no_grad(() => model(torch.tensor([[0.1, 0.2, 0.3, 0.4]])));
console.log(`the model predicts ${output.item().toFixed(2)} for 1.00`);
