// Computes in two workers at once and in the main thread.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { torch } from 'torchloss';

const sum = torch.tensor([1.5, 2]).sum().item();
if (isMainThread) {
  const workers = [1, 2].map(() => new Worker(new URL(import.meta.url)));
  const sums = await Promise.all(workers.map((worker) => new Promise((done) => worker.once('message', done))));
  console.log(JSON.stringify([sum, ...sums]));
} else {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window
  parentPort.postMessage(sum);
}
