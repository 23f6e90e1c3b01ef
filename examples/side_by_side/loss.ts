/** A loss, its gradient and a step of gradient descent in torchloss; loss.py has the same in PyTorch. */
import { torch } from 'torchloss';

const input = torch.tensor(
  [
    [1.5, 0.3, -0.8],
    [0.2, 2.1, 0.4],
    [-0.5, 0.1, 0.9],
  ],
  { requires_grad: true },
);
const target = torch.tensor([0n, 1n, 2n]);
const weight = torch.tensor([1, 2, 0.5]);

const loss = new torch.nn.CrossEntropyLoss({ weight, label_smoothing: 0.1 });
const output = loss(input, target);
output.backward();
console.log(output);
console.log(input.grad);

const gradient = input.grad;
const stepped = torch.no_grad(() => input.sub(gradient.mul(0.5)));
console.log(stepped);
console.log(torch.nn.functional.cross_entropy(stepped, target, { reduction: 'none' }));

const anchor = torch.tensor(
  [
    [0.3, 0.7],
    [0.5, 0.5],
  ],
  { requires_grad: true },
);
const positive = torch.tensor([
  [0.4, 0.6],
  [0.4, 0.6],
]);
const negative = torch.tensor([
  [0.2, 0.9],
  [0.3, 0.7],
]);
const triplet = torch.nn.functional.triplet_margin_loss(anchor, positive, negative, { margin: 0.5, p: 1, swap: true });
triplet.backward();
console.log(triplet);
console.log(anchor.grad);
