/** Cross entropy with class indices and with probabilities, and MindSpore's comparison of the two frameworks. */
import { mindspore, torch } from 'torchloss';

torch.manual_seed(0);
const loss = new torch.nn.CrossEntropyLoss();
const input = torch.randn([3, 5], { requires_grad: true });
torch.randint(0, 5, [3]);
const indices = torch.tensor([1n, 0n, 4n]);
const output = loss(input, indices);
output.backward();
console.log(output);
// tensor(2.7184, grad_fn=<NllLossBackward0>)

const probabilities = torch.randn([3, 5]).softmax({ dim: 1 });
console.log(loss(input, probabilities));
// tensor(1.6590, grad_fn=<DivBackward1>)

/** MindSpore's comparison page prints 2.764 for these in both frameworks. */
const scores = [
  [1.624, -0.611, -0.528, -1.072, 0.865],
  [-2.301, 1.744, -0.761, 0.319, -0.249],
  [1.462, -2.06, -0.322, -0.384, 1.133],
] as const;

const inTorch = torch.nn.functional.cross_entropy(torch.tensor(scores, { dtype: 'float64' }), indices);
console.log(inTorch);
// tensor(2.7643, dtype=torch.float64)

const crossEntropy = new mindspore.nn.CrossEntropyLoss();
const logits = mindspore.Tensor(scores, mindspore.float32);
const labels = mindspore.Tensor([1, 0, 4], mindspore.int32);
console.log(crossEntropy(logits, labels));
// tensor(2.7643)
