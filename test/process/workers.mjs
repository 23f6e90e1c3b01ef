// Rounds of worker threads that compute gradients at the same time as the main thread. The argument is the package.
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const entry = isMainThread ? process.argv[2] : workerData.entry;
const { torch } = await import(entry);

function gradient(steps) {
  const x = torch.tensor([[0.5, -1, 2]], { requires_grad: true });
  const target = torch.tensor([1n]);
  for (let step = 0; step < steps; step++) {
    x.zero_grad();
    torch.nn.functional.cross_entropy(x, target).backward();
  }
  return x.grad.tolist();
}

function answer(message) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window
  parentPort.postMessage(message);
}

function start(steps) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { entry, steps } });
  const event = (name) => new Promise((resolve) => worker.once(name, resolve));
  return { worker, message: event('message'), exit: event('exit') };
}

if (isMainThread) {
  const expected = JSON.stringify(gradient(1));
  for (let round = 0; round < 3; round++) {
    const workers = Array.from({ length: 4 }, () => start(200));
    gradient(200);
    for (const { message, exit } of workers) {
      const given = JSON.stringify(await message);
      if (given !== expected) throw new Error(`${given} instead of ${expected}`);
      const code = await exit;
      if (code !== 0) throw new Error(`a worker ended with ${code}`);
    }
  }
  // Workers that are stopped while they load the addon, and in the middle of their work.
  for (let round = 0; round < 24; round++) {
    const { worker, message } = start(Number.POSITIVE_INFINITY);
    await message;
    await new Promise((resolve) => setTimeout(resolve, 2.5 * round));
    await worker.terminate();
  }
  if (JSON.stringify(gradient(1)) !== expected) throw new Error('the main thread was disturbed');
  console.log('done');
} else if (workerData.steps === Number.POSITIVE_INFINITY) {
  answer('started');
  gradient(Number.POSITIVE_INFINITY);
} else {
  // Each thread has its own grad mode.
  torch.no_grad(() => answer(torch.enable_grad(() => gradient(workerData.steps))));
}
