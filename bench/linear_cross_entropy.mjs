// Memory and time of linear_cross_entropy in chunks against linear and cross_entropy: forward and backward pass of one large
// batch, each variant in its own process.
//
//   node bench/linear_cross_entropy.mjs [rows features classes [rows of a chunk]]
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { torch } from '../dist/index.js';

const RUNS = 2;
const WAYS = ['linear and cross_entropy', 'linear_cross_entropy in chunks'];
const MIB = 2 ** 20;

const [way, ...words] = process.argv.slice(2);
if (WAYS.includes(way)) console.log(JSON.stringify(measure(way, words.map(Number))));
else compare(way === undefined ? [] : [way, ...words]);

/** Runs both variants and prints them with their ratio. */
function compare(words) {
  const sizes = words.length > 0 ? words : ['4096', '1024', '50000', '1024'];
  const found = WAYS.map((name) => {
    const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), name, ...sizes], {
      encoding: 'utf8',
    });
    return JSON.parse(output);
  });
  for (const [at, { peak, seconds, loss }] of found.entries()) {
    console.log(`${WAYS[at].padEnd(32)} ${peak.toFixed(0)} MiB  ${seconds.toFixed(2)} s  loss ${loss.toFixed(5)}`);
  }
  const [whole, chunks] = found;
  const ratio = (name) => (chunks[name] / whole[name]).toFixed(2);
  console.log(`in chunks: ${ratio('peak')} of the memory, ${ratio('seconds')} of the time`);
}

/** The peak memory beyond the inputs, and the best time of a few runs. */
function measure(way, [rows, features, classes, batch_chunk_size]) {
  torch.manual_seed(0);
  const input = torch.randn([rows, features]).requires_grad_();
  const linear_weight = torch.randn([classes, features]).mul(0.02).detach().requires_grad_();
  const target = torch.randint(0, classes, [rows]);
  const { linear, cross_entropy, linear_cross_entropy } = torch.nn.functional;
  const options = new torch.nn.LinearCrossEntropyOptions({ batch_chunk_size });
  const lossOf = () =>
    way === WAYS[0]
      ? torch.scope(() => cross_entropy(linear(input, linear_weight), target))
      : linear_cross_entropy(input, linear_weight, target, { options });
  const before = process.memoryUsage.rss();
  let seconds = Number.POSITIVE_INFINITY;
  let loss;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    const output = lossOf();
    output.backward();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
    loss = output.item();
    output.dispose();
    for (const leaf of [input, linear_weight]) {
      leaf.grad.dispose();
      leaf.grad = null;
    }
  }
  return { peak: (process.resourceUsage().maxRSS * 1024 - before) / MIB, seconds, loss };
}
