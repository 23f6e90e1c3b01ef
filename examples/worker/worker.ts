// The whole training loop in its own thread, data and forward passes included.
import { parentPort, workerData } from 'node:worker_threads';
import { type Tensor, torch } from 'torchloss';
import { Trainer } from 'torchloss/train';

/** What the worker sends. */
export type Sent =
  | { readonly kind: 'epoch'; readonly epoch: number; readonly loss: number }
  | {
      readonly kind: 'weights';
      readonly state: readonly [name: string, tensor: ReturnType<Tensor['toTransferable']>['message']][];
    };

const { nn, optim, utils } = torch;
const { epochs, seed } = workerData as { epochs: number; seed: number };
const send = (message: Sent, transferList: ArrayBuffer[] = []) => parentPort?.postMessage(message, transferList);

// Its own generator: the default one is shared by all threads of the process.
const generator = new torch.Generator().manual_seed(seed);
const input = torch.rand([512, 4], { generator });
const target = input.sum(1, true);
const model = new nn.Sequential(new nn.Linear(4, 16), new nn.ReLU(), new nn.Linear(16, 1));
using trainer = new Trainer({
  model,
  loss: new nn.MSELoss(),
  optimizer: new optim.Adam(model.parameters(), { lr: 0.01 }),
});
const loader = new utils.data.DataLoader(new utils.data.TensorDataset(input, target), {
  batch_size: 32,
  shuffle: true,
  generator,
});
await trainer.fit(loader, { epochs, onEpoch: ({ epoch, loss }) => send({ kind: 'epoch', epoch, loss }) });

// A copy, since this thread keeps the model's memory; the message moves the copy to the other thread.
const weights = Object.entries(model.state_dict()).map(([name, tensor]) => [name, tensor.toTransferable()] as const);
send(
  { kind: 'weights', state: weights.map(([name, { message }]) => [name, message]) },
  weights.flatMap(([, { transferList }]) => transferList),
);
