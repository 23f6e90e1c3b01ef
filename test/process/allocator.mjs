// Shows what happens to the memory of tensors, as JSON on standard output. The first argument is the package's folder of
// compiled modules, the second the task.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const MIB = 2 ** 20;
const [folder, task] = isMainThread ? process.argv.slice(2) : workerData;
const { torch } = await import(`${folder}index.js`);
const { native } = await import(`${folder}addon/native.js`);
const F = torch.nn.functional;

const stats = () => native().allocator_stats();
const resident = () => process.memoryUsage.rss() / MIB;
const filled = (mebibytes) => torch.ones([(mebibytes * MIB) / 4]);
const drop = (tensors) => tensors.forEach((tensor) => tensor.dispose());

/** Pseudorandom numbers from 0 to 1, the same in each run. */
function makeRandom(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const TASKS = {
  reuse() {
    const before = stats();
    const first = torch.zeros([512, 512]);
    const made = stats();
    first.dispose();
    const freed = stats();
    const second = torch.zeros([500, 512]);
    const reused = stats();
    const zero = second.sum().item();
    const other = torch.zeros([300, 512]);
    const small = torch.zeros([64]);
    const more = stats();
    drop([second, other, small]);
    return { before, made, freed, reused, zero, more };
  },
  cap() {
    torch.zeros([1]).dispose();
    const before = resident();
    drop(Array.from({ length: 10 }, () => filled(32)));
    const many = { grown: resident() - before, ...stats() };
    drop([filled(128)]);
    return { many, large: { grown: resident() - before, ...stats() } };
  },
  empty() {
    torch.zeros([1]).dispose();
    const before = resident();
    const held = filled(16);
    drop(Array.from({ length: 8 }, () => filled(16)));
    const { cached_bytes: cached } = stats();
    const kept = resident() - before;
    torch.empty_cache();
    return { cached, kept, left: resident() - before, held: held.sum().item(), ...stats() };
  },
  async idle() {
    drop([filled(64)]);
    const kept = resident();
    const start = performance.now();
    // A block that is reused in the meantime stays.
    let seconds = 0;
    while (stats().cached_blocks !== 1 || stats().cached_bytes > MIB) {
      drop([filled(1)]);
      await setTimeout(100);
      seconds = (performance.now() - start) / 1000;
      if (seconds > 30) break;
    }
    return { freed: kept - resident(), ...stats() };
  },
  async workers() {
    const workers = Array.from(
      { length: 4 },
      () => new Worker(fileURLToPath(import.meta.url), { workerData: [folder, 'work'] }),
    );
    const results = await Promise.all(
      workers.map((worker) => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))),
    );
    await Promise.all(workers.map((worker) => worker.terminate()));
    return { results, expected: TASKS.work(), ...stats() };
  },
  work() {
    const random = makeRandom(7);
    let sum = 0;
    for (let step = 0; step < 200; step++) {
      const size = 64 + Math.floor(random() * 400);
      const x = torch.arange(size * size, { dtype: 'float32' });
      const loss = F.mse_loss(x, torch.zeros([size * size]));
      sum += loss.item();
      drop([x, loss]);
    }
    return sum;
  },
  'too much'() {
    const errors = [2 ** 40, 2 ** 50].map((size) => {
      try {
        return torch.zeros([size]).shape;
      } catch ({ name, code, message }) {
        return { name, code, message };
      }
    });
    return { errors, after: filled(1).sum().item() };
  },
  short() {
    drop(Array.from({ length: 4 }, () => filled(64)));
    const kept = stats().cached_bytes;
    const pages = Number(execFileSync('cut', ['-d ', '-f1', `/proc/${process.pid}/statm`], { encoding: 'utf8' }));
    execFileSync('prlimit', [`--pid=${process.pid}`, `--as=${pages * 4096 + 200 * MIB}`]);
    const fits = filled(400).sum().item();
    const left = stats().cached_bytes;
    let error;
    try {
      filled(1024);
    } catch ({ code, message }) {
      error = { code, message };
    }
    return { kept, fits, left, error, after: filled(1).sum().item() };
  },
  stats,
  values() {
    torch.manual_seed(1);
    const hash = createHash('sha256');
    const labels = torch.randint(0, 1000, [256]);
    for (let round = 0; round < 3; round++) {
      for (const name of [
        'mse_loss',
        'l1_loss',
        'smooth_l1_loss',
        'binary_cross_entropy_with_logits',
        'cross_entropy',
      ]) {
        const x = torch.randn([256, 1000], { requires_grad: true });
        const target = name === 'cross_entropy' ? labels : torch.rand([256, 1000]);
        const loss = F[name](x, target);
        loss.backward();
        for (const tensor of [loss.detach(), x.grad]) hash.update(tensor.toTypedArray());
        drop([x.grad, loss, x]);
      }
    }
    return { hash: hash.digest('hex'), ...stats() };
  },
  async mixed() {
    const random = makeRandom(3);
    const held = [];
    for (let step = 0; step < 1000; step++) {
      const elements = Math.floor(2 ** (12 + 8 * random()));
      const x = torch.ones([elements], { requires_grad: random() < 0.5 });
      const target = torch.zeros([elements]);
      held.push(x, F.smooth_l1_loss(x, target, { reduction: 'none' }));
      target.dispose();
      while (held.length > 30 + 30 * Math.sin(step / 50)) drop(held.splice(Math.floor(random() * held.length), 1));
    }
    return { peak: process.resourceUsage().maxRSS / 1024, ...stats() };
  },
};

const result = await TASKS[task]();
if (isMainThread) console.log(JSON.stringify(result));
else {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window
  parentPort.postMessage(result);
}
