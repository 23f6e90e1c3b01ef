// Prints how many threads this process has after small calls and after a large one, as JSON. The argument is the compiled
// package.
import { readFileSync } from 'node:fs';

const { torch } = await import(process.argv[2]);
const { evaluate, valueAndGrad } = await import(new URL('evaluate/index.js', process.argv[2]));
const { libtorch } = await import(new URL('addon/native.js', process.argv[2]));
const F = torch.nn.functional;
// LibTorch 1.13 does not report the shapes of gradients, so its backward passes keep their threads and are left out.
const backwardIsSeen = !libtorch().version.startsWith('1.');
const aten = torch.ops.aten;

const threads = () => Number(/^Threads:\s+(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);

const x = torch.randn([256, 100], { requires_grad: true });
const y = torch.rand([256, 100]);
const labels = torch.randint(0, 100, [256]);
const logProbs = aten.log_softmax(torch.randn([20, 2, 10]), 2);
// The lane's own thread exists from the start.
await F.mse_loss.async(x, y);
const before = threads();

const losses = [
  F.l1_loss(x, y),
  F.mse_loss(x, y),
  F.huber_loss(x, y),
  F.smooth_l1_loss(x, y),
  F.cross_entropy(x, labels),
  F.cross_entropy(x, labels, { label_smoothing: 0.1 }),
  F.nll_loss(aten.log_softmax(x, 1), labels),
  F.poisson_nll_loss(x, y),
  F.gaussian_nll_loss(x, y, torch.ones([256, 100])),
  F.kl_div(x, y, { reduction: 'batchmean' }),
  F.binary_cross_entropy_with_logits(x, y),
  F.margin_ranking_loss(x, y, torch.ones([256, 100])),
  F.hinge_embedding_loss(x, torch.ones([256, 100])),
  F.cosine_embedding_loss(x, y, torch.ones([256])),
  F.soft_margin_loss(x, torch.ones([256, 100])),
  F.multilabel_soft_margin_loss(x, y),
  F.multilabel_margin_loss(x, torch.zeros([256, 100]).to('int64')),
  F.multi_margin_loss(x, labels),
  F.triplet_margin_loss(x, y, torch.zeros([256, 100])),
];
if (backwardIsSeen) for (const loss of losses) loss.backward();
F.ctc_loss(logProbs, torch.ones([2, 5]).to('int64'), [20, 20], [5, 5]);
for (const name of ['exp', 'log', 'sin', 'sqrt']) aten[name](y);
aten.nll_loss_nd(aten.softmax(x, 1), labels);
const loss = await F.cross_entropy.async(x, labels);
if (backwardIsSeen) await loss.backwardAsync();
await evaluate(
  F.cross_entropy,
  Array.from({ length: 8 }, () => ({ input: x.detach(), target: labels })),
);
if (backwardIsSeen) await valueAndGrad(F.cross_entropy, x.detach(), labels);
const small = threads() - before;

F.mse_loss(torch.zeros([2000, 2000]), torch.ones([2000, 2000]));
console.log(JSON.stringify({ threads: torch.get_num_threads(), small, large: threads() - before }));
