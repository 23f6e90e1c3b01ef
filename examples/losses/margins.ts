/** Losses with a margin: between two scores, between classes, between labels, between angles. */
import { torch } from 'torchloss';

torch.manual_seed(0);
const ranking = new torch.nn.MarginRankingLoss();
const first = torch.randn([3], { requires_grad: true });
const second = torch.randn([3], { requires_grad: true });
console.log(ranking(first, second, torch.tensor([1, -1, 1])));
// tensor(0.5238, grad_fn=<MeanBackward0>)

const scores = torch.tensor([[0.1, 0.2, 0.4, 0.8]]);

const multiLabel = new torch.nn.MultiLabelMarginLoss();
const labels = torch.tensor([[3n, 0n, -1n, 1n]]);
console.log(multiLabel(scores, labels).item().toFixed(4));
// 0.8500

const multiClass = new torch.nn.MultiMarginLoss();
console.log(
  multiClass(scores, torch.tensor([3n]))
    .item()
    .toFixed(4),
);
// 0.3250

torch.manual_seed(0);
const cosine = new torch.nn.CosineEmbeddingLoss();
const left = torch.randn([3, 5], { requires_grad: true });
const right = torch.randn([3, 5], { requires_grad: true });
console.log(cosine(left, right, torch.ones([3])));
// tensor(0.9023, grad_fn=<MeanBackward0>)
