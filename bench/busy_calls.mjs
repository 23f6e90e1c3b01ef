// Times small calls for busy.mjs: microseconds per call, as JSON on standard output.
import { torch } from '../dist/index.js';
import { evaluate } from '../dist/evaluate/index.js';

const F = torch.nn.functional;
const { aten } = torch.ops;
const logits = torch.randn([64, 20]);
const traced = torch.randn([64, 20], { requires_grad: true });
const labels = torch.randint(0, 20, [64]);
const wide = torch.randn([256, 100]);
const wideTarget = torch.rand([256, 100]);
const wideLabels = torch.randint(0, 100, [256]);
const batches = Array.from({ length: 200 }, () => ({
  input: torch.randn([64, 100]),
  target: torch.randint(0, 100, [64]),
}));

const CALLS = {
  'cross_entropy 64×20': () => F.cross_entropy(logits, labels),
  'cross_entropy 64×20 and backward': () => F.cross_entropy(traced, labels).backward(),
  'cross_entropy 256×100': () => F.cross_entropy(wide, wideLabels),
  'mse_loss 256×100': () => F.mse_loss(wide, wideTarget),
  'binary_cross_entropy_with_logits 256×100': () => F.binary_cross_entropy_with_logits(wide, wideTarget),
  'aten.nll_loss_nd 256×100': () => aten.nll_loss_nd(wide, wideLabels).dispose(),
  'aten.exp 256×100': () => aten.exp(wide).dispose(),
};

const times = {};
for (const [name, call] of Object.entries(CALLS)) {
  for (let i = 0; i < 50; i++) call();
  const start = performance.now();
  let count = 0;
  // At least a quarter of a second, so that the scheduler's effects show.
  while (performance.now() - start < 250) {
    call();
    count++;
  }
  times[name] = ((performance.now() - start) * 1000) / count;
}
const start = performance.now();
await evaluate(F.cross_entropy, batches);
times['evaluate, a batch of 64×100'] = ((performance.now() - start) * 1000) / batches.length;
console.log(JSON.stringify(times));
