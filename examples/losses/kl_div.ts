/** The Kullback-Leibler divergence, from probabilities and from log-probabilities. */
import { torch } from 'torchloss';

const F = torch.nn.functional;

torch.manual_seed(0);
const input = F.log_softmax(torch.randn([3, 5], { requires_grad: true }), { dim: 1 });
const target = F.softmax(torch.rand([3, 5]), { dim: 1 });
const divergence = new torch.nn.KLDivLoss({ reduction: 'batchmean' });
console.log(divergence(input, target));
// tensor(0.5356, grad_fn=<DivBackward0>)

const log_target = F.log_softmax(torch.rand([3, 5]), { dim: 1 });
const logDivergence = new torch.nn.KLDivLoss({ reduction: 'batchmean', log_target: true });
console.log(logDivergence(input, log_target));
// tensor(0.4157, grad_fn=<DivBackward0>)
