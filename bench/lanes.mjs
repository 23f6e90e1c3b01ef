// What a call on a lane costs, and how much it delays the event loop: `npm run bench -- --lanes`.
import { existsSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { torch } from '../dist/index.js';
import { trainStep } from '../dist/jit/train_step.js';
import { median } from './median.mjs';

const { cross_entropy } = torch.nn.functional;
const CLASSES = 2000;
/** How long each loss beside the event loop takes, and for how long they run, in ms. */
const LOSS_TIME = 200;
const RUN_TIME = 4000;
const TINY_CALLS = 5000;
const ROUNDS = 7;

/** Prints the delay of the event loop while losses run back to back, and the time of tiny calls. */
export async function benchLanes() {
  const { input, target, time } = lossOf(LOSS_TIME);
  console.log(`Delay of the event loop in ms, while losses of ${Math.round(time)} ms run back to back`);
  console.table({
    'at once': await delays(() => cross_entropy(input, target).dispose()),
    'on a lane': await delays(async () => (await cross_entropy.async(input, target)).dispose()),
  });

  const { train, time: stepTime } = trainingOf(LOSS_TIME);
  console.log(`The same, while training steps of ${Math.round(stepTime)} ms of a traced module run back to back`);
  const pause = () => setTimeout(stepTime);
  console.table({
    'at once': await delays(train),
    'on a lane': await delays(train.async),
    'no steps': await delays(pause),
  });

  // With more threads LibTorch 2.13 splits even these calls, and waiting for its threads takes longer than all the rest.
  torch.set_num_threads(1);
  const tiny = torch.randn([4, 10]);
  const labels = torch.tensor([1n, 2n, 3n, 4n]);
  const rounds = Array.from({ length: ROUNDS }, () => ({}));
  for (const round of rounds) {
    round['at once'] = await perCall(() => cross_entropy(tiny, labels));
    round['awaited one by one'] = await perCall(() => cross_entropy.async(tiny, labels));
    round['fifty at a time'] = await perCall(
      () => Promise.all(Array.from({ length: 50 }, () => cross_entropy.async(tiny, labels))),
      50,
    );
  }
  console.log('Time of a cross entropy of 4x10 on one thread by the clock in microseconds, medians');
  console.table(
    Object.fromEntries(
      Object.keys(rounds[0]).map((way) => [way, Number(median(rounds.map((round) => round[way])).toFixed(1))]),
    ),
  );
  return 0;
}

/** A cross entropy that takes about `wanted` ms. */
function lossOf(wanted) {
  for (let rows = 512; ; rows *= 2) {
    const input = torch.randn([rows, CLASSES]);
    const target = torch.randint(0, CLASSES, [rows]);
    cross_entropy(input, target);
    const start = performance.now();
    cross_entropy(input, target);
    const time = performance.now() - start;
    if (time >= wanted / 2) return { input, target, time };
  }
}

/** Steps of training that take about `wanted` ms each. */
function trainingOf(wanted) {
  const { nn, optim, jit } = torch;
  const net = new nn.Sequential(new nn.Linear(784, 1024), new nn.ReLU(), new nn.Linear(1024, 10));
  const model = jit.trace(net, torch.randn([2, 784]));
  const step = trainStep({ model, loss: cross_entropy, optimizer: new optim.Adam(model.parameters()) });
  for (let rows = 256; ; rows *= 2) {
    const input = torch.randn([rows, 784]);
    const target = torch.randint(0, 10, [rows]);
    step(input, target);
    const start = performance.now();
    step(input, target);
    const time = performance.now() - start;
    const train = Object.assign(() => step(input, target), { async: () => step.async(input, target) });
    if (time >= wanted / 2) return { train, time };
  }
}

async function delays(run) {
  const monitor = monitorEventLoopDelay({ resolution: 1 });
  await run();
  const waitedBefore = waited();
  monitor.enable();
  const end = performance.now() + RUN_TIME;
  while (performance.now() < end) {
    await run();
    await setImmediate();
  }
  monitor.disable();
  // The monitor's own timer fires every millisecond.
  const ms = (ns) => Number((ns / 1e6 - 1).toFixed(2));
  return {
    p50: ms(monitor.percentile(50)),
    p99: ms(monitor.percentile(99)),
    max: ms(monitor.max),
    'waited for a core': Number(((waited() - waitedBefore) / 1e6).toFixed(1)),
  };
}

/** How long the thread of JavaScript has waited for a core, in nanoseconds, where Linux tells. */
function waited() {
  const file = `/proc/self/task/${process.pid}/schedstat`;
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split(' ')[1]) : Number.NaN;
}

async function perCall(run, calls = 1) {
  const start = performance.now();
  for (let done = 0; done < TINY_CALLS; done += calls) await run();
  return ((performance.now() - start) / TINY_CALLS) * 1000;
}
