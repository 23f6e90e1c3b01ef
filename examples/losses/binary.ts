/** Binary cross entropy: after a sigmoid, and with the sigmoid built in and weighted positive samples. */
import { torch } from 'torchloss';

torch.manual_seed(0);
const bce = new torch.nn.BCELoss();
const input = torch.randn([3, 2], { requires_grad: true });
const target = torch.rand([3, 2]);
const output = bce(input.sigmoid(), target);
output.backward();
console.log(output);
// tensor(1.0275, grad_fn=<BinaryCrossEntropyBackward0>)

const labels = torch.ones([10, 64]);
const logits = torch.full([10, 64], 1.5);
const pos_weight = torch.ones([64]);
const withLogits = new torch.nn.BCEWithLogitsLoss({ pos_weight });
console.log(withLogits(logits, labels));
// tensor(0.2014)
