// One case of evaluate.mjs in torchloss: medians over the rounds, and the peak memory beyond the tensors.
import { readFileSync, writeFileSync } from 'node:fs';
import { evaluate, valueAndGrad } from '../dist/evaluate/index.js';
import { torch } from '../dist/index.js';
import { median } from './median.mjs';

const { name, shape, target: kind, pass, threads, rounds } = JSON.parse(process.argv[2]);
torch.set_num_threads(threads);
torch.manual_seed(1);
const loss = torch.nn.functional[name];
const input = torch.randn(shape);
const target =
  kind === 'classes'
    ? torch.randint(0, shape[1], [shape[0]])
    : kind === 'uniform'
      ? torch.rand(shape)
      : torch.randn(shape);

async function run() {
  if (pass === 'forward') return (await evaluate(loss, [input, target])).loss;
  const { value, grad } = await valueAndGrad(loss, input, target);
  grad.dispose();
  return value;
}

const status = (field) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))[1]);

// A small call first loads all code, so that only the large call's memory is measured.
const few = (tensor) => torch.ops.aten.narrow(tensor, 0, 0, 64);
await evaluate(loss, [few(input), few(target)]);
await valueAndGrad(loss, few(input), few(target));
globalThis.gc();
writeFileSync('/proc/self/clear_refs', '5');
const base = status('VmRSS');
let value = await run();
const mb = (status('VmHWM') - base) / 1024;
const times = [];
const cpus = [];
for (let round = 0; round < rounds; round++) {
  const start = performance.now();
  const usage = process.cpuUsage();
  value = await run();
  times.push(performance.now() - start);
  const { user, system } = process.cpuUsage(usage);
  cpus.push((user + system) / 1000);
}
console.log(JSON.stringify({ loss: value, ms: median(times), cpu: median(cpus), mb }));
