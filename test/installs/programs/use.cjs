// A CommonJS module that computes a loss and its gradient.
const { mindspore, torch } = require('torchloss');
const { nn } = require('torchloss/mindspore');

const input = torch.tensor(
  [
    [1.5, 0.3, -0.8],
    [0.2, 2.1, 0.4],
  ],
  { requires_grad: true },
);
const loss = torch.nn.functional.cross_entropy(input, torch.tensor([0n, 1n]), { label_smoothing: 0.1 });
loss.backward();
console.log(JSON.stringify({ loss: loss.item(), grad: input.grad.tolist(), same: nn === mindspore.nn }));
