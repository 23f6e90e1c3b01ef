// Prints measurements of memory, as JSON. The argument is the package's folder of compiled modules; run with --expose-gc.
import { setImmediate } from 'node:timers/promises';

const folder = process.argv[2];
const { torch } = await import(`${folder}index.js`);
const counted = () => torch.memory().bytes.cpu;
const bytes = 64 * 2 ** 20;
torch.zeros([1]).dispose();

const before = counted();
const large = torch.zeros([bytes / 4]);
const made = counted() - before;
const views = [large.detach(), large.reshape([-1, 4]), large.as_strided([4], [2])];
const viewed = counted() - before - made;
for (const view of views) view.dispose();
large.dispose();
const left = counted() - before;

// A view keeps the storage that it shares.
const base = torch.zeros([bytes / 4]);
const view = base.as_strided([4], [1]);
base.dispose();
const kept = counted() - before;
view.dispose();
const freed = counted() - before;

// The scalar of a reduction does not need its input.
const live = counted();
const x = torch.zeros([bytes / 4]);
const target = torch.zeros([bytes / 4]);
const loss = torch.nn.functional.smooth_l1_loss(x, target);
x.dispose();
target.dispose();
const scalar = counted() - live;
loss.dispose();

let most = 0;
const source = torch.zeros([2 ** 20]);
for (let step = 0; step < 2000; step++) {
  source.add(step);
  if (step % 10 === 0) {
    await setImmediate();
    most = Math.max(most, process.memoryUsage().rss);
  }
}
globalThis.gc();
await setImmediate();
console.log(JSON.stringify({ bytes, made, viewed, left, kept, freed, scalar, most, tensors: torch.memory().tensors }));
