/** Negative log-likelihoods: of classes, of classes for every pixel, of counts and of normal distributions. */
import { torch } from 'torchloss';

const F = torch.nn.functional;

torch.manual_seed(0);
const nll = new torch.nn.NLLLoss();
const scores = torch.randn([3, 5], { requires_grad: true });
console.log(nll(F.log_softmax(scores, { dim: 1 }), torch.tensor([1n, 0n, 4n])));
// tensor(2.7184, grad_fn=<NllLossBackward0>)

torch.manual_seed(0);
const images = torch.randn([5, 16, 10, 10]);
const kernel = torch.randn([4, 16, 3, 3]);
const bias = torch.randn([4]);
const pixels = torch.randint(0, 4, [5, 8, 8]);
console.log(nll(F.log_softmax(F.conv2d(images, kernel, bias), { dim: 1 }), pixels));
// tensor(13.0668)

torch.manual_seed(0);
const poisson = new torch.nn.PoissonNLLLoss();
console.log(poisson(torch.randn([5, 2], { requires_grad: true }), torch.randn([5, 2])));
// tensor(0.8999, grad_fn=<MeanBackward0>)

torch.manual_seed(0);
const gaussian = new torch.nn.GaussianNLLLoss();
const input = torch.randn([5, 2], { requires_grad: true });
const target = torch.randn([5, 2]);
const heteroscedastic = torch.ones([5, 2], { requires_grad: true });
console.log(gaussian(input, target, heteroscedastic));
// tensor(0.5775, grad_fn=<MeanBackward0>)
const homoscedastic = torch.ones([5, 1], { requires_grad: true });
console.log(gaussian(input, target, homoscedastic));
// tensor(0.5775, grad_fn=<MeanBackward0>)
