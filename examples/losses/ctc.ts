/** CTC of a batch with padded and with concatenated targets, and of a single sequence. */
import { torch } from 'torchloss';

const T = 50; // time steps
const C = 20; // classes, the blank among them
const N = 16; // sequences
const S = 30; // the longest target
const loss = new torch.nn.CTCLoss();

torch.manual_seed(0);
const padded = torch.randn([T, N, C]).log_softmax({ dim: 2 }).detach().requires_grad_();
const targets = torch.randint(1, C, [N, S]);
const input_lengths = torch.full([N], T, { dtype: 'int64' });
const target_lengths = torch.randint(10, S, [N]);
const output = loss(padded, targets, input_lengths, target_lengths);
output.backward();
console.log(output);
// tensor(5.9660, grad_fn=<MeanBackward0>)

torch.manual_seed(0);
const batch = torch.randn([T, N, C]).log_softmax({ dim: 2 }).detach().requires_grad_();
const lengths = torch.randint(1, T, [N]);
const concatenated = torch.randint(1, C, [lengths.sum().item()]);
console.log(loss(batch, concatenated, input_lengths, lengths));
// tensor(10.8791, grad_fn=<MeanBackward0>)

torch.manual_seed(0);
const single = torch.randn([T, C]).log_softmax({ dim: 1 }).detach().requires_grad_();
const length = torch.randint(1, T, []).item();
const target = torch.randint(1, C, [length]);
console.log(loss(single, target, [T], [length]));
// tensor(8.6839, grad_fn=<MeanBackward0>)
