/** Absolute and squared errors, as PyTorch's pages of L1Loss and MSELoss show them. */
import { torch } from 'torchloss';

torch.manual_seed(0);
const input = torch.randn([3, 5], { requires_grad: true });
const target = torch.randn([3, 5]);

const absolute = new torch.nn.L1Loss();
const output = absolute(input, target);
output.backward();
console.log(output);
// tensor(1.0676, grad_fn=<MeanBackward0>)
console.log(input.grad);
// tensor([[ 0.0667,  0.0667, -0.0667,  0.0667,  0.0667],
//         [-0.0667, -0.0667, -0.0667, -0.0667, -0.0667],
//         [-0.0667,  0.0667, -0.0667,  0.0667, -0.0667]])

const squared = new torch.nn.MSELoss();
console.log(squared(input, target));
// tensor(1.6508, grad_fn=<MseLossBackward0>)
