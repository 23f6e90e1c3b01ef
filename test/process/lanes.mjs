// Rounds of twenty worker threads that compute gradients on lanes, some of which are stopped in the middle. The argument is the
// package. Prints the result of each round and the MB that the process then takes.
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const entry = isMainThread ? process.argv[2] : workerData.entry;
const { torch } = await import(entry);
const { binary_cross_entropy_with_logits, cross_entropy } = torch.nn.functional;

async function gradient() {
  const x = torch.tensor([[0.5, -1, 2]], { requires_grad: true });
  const lane = new torch.Lane({ threads: 1 });
  for (let step = 0; step < 5; step++) {
    const loss = await cross_entropy.async(x, torch.tensor([1n]), { lane });
    await loss.backwardAsync({ lane });
  }
  lane.dispose();
  return x.grad.toTransferable().message;
}

if (!isMainThread) {
  const message = await gradient();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window
  parentPort.postMessage(message);
  if (workerData.endless) {
    const large = torch.ones([2000, 2000]);
    for (;;) await binary_cross_entropy_with_logits.async(large, large);
  }
}

if (isMainThread) {
  const rounds = [];
  const rss = [];
  for (let round = 0; round < 6; round++) {
    const workers = Array.from({ length: 20 }, (_, index) => {
      const endless = index % 10 === 0;
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { entry, endless } });
      const event = (name) => new Promise((resolve) => worker.once(name, resolve));
      const ended = event('exit');
      return event('message').then(async (message) => {
        if (endless) await worker.terminate();
        else if ((await ended) !== 0) throw new Error('a worker failed');
        return JSON.stringify(torch.tensor(message).tolist());
      });
    });
    rounds.push([...new Set(await Promise.all(workers))].join());
    // Memory cached for later tensors differs from round to round, and is not a leak.
    torch.empty_cache();
    rss.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
  }
  console.log(JSON.stringify({ rounds, rss }));
}
