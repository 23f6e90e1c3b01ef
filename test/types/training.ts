/** Typical training code, which the types must not get in the way of. */
import { type Shape, type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';

const F = torch.nn.functional;
// biome-ignore lint/suspicious/noExplicitAny: what an operator gives
declare const aten: Record<string, (...args: unknown[]) => any>;
declare const model: (x: Tensor) => Tensor;

// The loss of a model whose output is annotated as a plain Tensor is a number.
const losses: number[] = [];
const target = torch.randint(0, 10, [8]);
losses.push(F.cross_entropy(model(torch.randn([8, 3])), target).item());
losses.push(F.mse_loss(model(torch.randn([8, 3])), model(torch.randn([8, 3]))).item());
losses.push(
  model(torch.randn([8, 3]))
    .mul(2)
    .sum()
    .item(),
);

// The result of an operator goes into every loss.
const input_lengths = torch.full([4], 50, { dtype: torch.long });
const logProbs = F.log_softmax(aten.linear?.(torch.randn([50, 4, 8]), torch.randn([20, 8])), { dim: 2 });
losses.push(F.ctc_loss(logProbs, torch.ones([4, 12], { dtype: 'int32' }), input_lengths, [1, 2, 3, 4]).item());
losses.push(F.mse_loss(aten.relu?.(target), torch.randn([8])).item());

// Ranges take options after the end, like keywords in Python.
is<Tensor<readonly [number], 'int64'>>()(torch.arange(0, 8, { dtype: 'int64' }));
is<Tensor<readonly [number], 'int64'>>()(torch.arange(0, 8, 2, { dtype: torch.long }));
is<Tensor<readonly [number], 'int64'>>()(torch.arange(0n, 8n));
is<Tensor<readonly [number], 'float64'>>()(torch.arange(8, { dtype: torch.double }));

// Layers keep shapes, so that a variable can be reused; one with changing widths is annotated.
const w = torch.randn([12, 12]);
const b = torch.zeros([12]);
let x = torch.randn([4, 12]);
x = F.relu(F.linear(x, w, b));
x = F.softmax(x.matmul(w).add(b), { dim: -1 });
let hidden: Tensor = torch.randn([4, 12]);
hidden = F.relu(F.linear(hidden, torch.randn([16, 12])));
is<Tensor<readonly [4, 16], 'float32'>>()(F.linear(x, torch.randn([16, 12]), torch.randn([16])));
is<Tensor<readonly [2, 4, number, number], 'float32'>>()(
  F.conv2d(torch.randn([2, 1, 8, 8]), torch.randn([4, 1, 3, 3])),
);
is<Tensor<readonly [8, 16], 'float32'>>()(F.embedding(target, torch.randn([50, 16])));

// Results of broadcasting and of reductions keep their sizes.
is<Tensor<readonly [4, 3], 'float32'>>()(torch.randn([4, 1]).mul(torch.randn([3])));
is<Tensor<readonly [4], 'float32'>>()(torch.randn([4, 3]).mean({ dim: 1 }));
is<Tensor<readonly [4, 1], 'float32'>>()(torch.randn([4, 3]).mean({ dim: -1, keepdim: true }));
is<Tensor<readonly [3], 'float64'>>()(torch.randn([4, 3, 2], { dtype: 'float64' }).sum({ dim: [0, 2] }));
is<Tensor<readonly [], 'int64'>>()(torch.ones([4], { dtype: 'bool' }).sum());
is<Tensor<readonly [4], 'int64'>>()(torch.randn([4, 3]).argmax({ dim: 1 }));
is<Tensor<Shape, 'float32'>>()(torch.randn([4, 3] as number[]).mean({ dim: 1 }));

// Parameters of several shapes in one list.
const p1 = torch.randn([16], { requires_grad: true });
const p2 = torch.randn([16, 12], { requires_grad: true });
for (const p of [p1, p2]) {
  const step: Tensor<readonly [16] | readonly [16, 12], 'float32'> = p.grad.mul(0.5);
  p.sub(step).sum().item();
  p.add(1).matmul(torch.randn([12]));
}
// A gradient is read after a backward pass; before the first it is null, which can be tested and set.
p1.grad.mul(2);
if (p1.grad !== null) p1.grad = null;

// A loss chosen by its name.
const named = { mse: F.mse_loss, l1: F.l1_loss, huber: F.huber_loss };
declare const name: keyof typeof named;
losses.push(named[name](torch.randn([4]), torch.randn([4])).item());
const classes = { mse: new torch.nn.MSELoss(), l1: new torch.nn.L1Loss() };
declare const which: keyof typeof classes;
losses.push(classes[which](model(x), torch.randn([4])).item());
for (const loss of [F.mse_loss, F.smooth_l1_loss]) losses.push(loss(model(x), model(x)).item());
for (const loss of [F.binary_cross_entropy, F.soft_margin_loss]) losses.push(loss(x, x, { reduction: 'sum' }).item());

// Integers are numbers.
let correct = 0;
correct += torch.randn([4, 3]).argmax({ dim: 1 }).sum().item();
is<number[]>()(target.tolist().map((i) => i + 1));
