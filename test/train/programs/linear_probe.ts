/** A linear head on frozen features, in the style of a PyTorch program. */
import { type Tensor, torch } from '../../../lib/index.js';
const { nn, optim } = torch;
torch.manual_seed(13);
class LinearClassifier extends nn.Module {
  num_labels: number;
  linear: torch.nn.Linear;
  constructor(dim: number, num_labels = 10) {
    super();
    this.num_labels = num_labels;
    this.linear = new nn.Linear(dim, num_labels);
    this.linear.weight.data.normal_({ mean: 0.0, std: 0.01 });
    this.linear.bias.data.zero_();
  }
  override forward(x: Tensor) {
    x = x.view(x.size(0), -1);
    return this.linear(x);
  }
}
const backbone = new nn.Sequential(new nn.Linear(8, 16), new nn.LayerNorm(16), new nn.GELU(), new nn.Linear(16, 6));
backbone.eval();
for (const p of backbone.parameters()) p.requires_grad = false;
const linear_classifier = new LinearClassifier(12, 5);
const optimizer = new optim.SGD(linear_classifier.parameters(), 0.1, { momentum: 0.9, weight_decay: 0 });
const scheduler = new optim.lr_scheduler.CosineAnnealingLR(optimizer, 4, { eta_min: 0 });
const loader = new torch.utils.data.DataLoader(
  new torch.utils.data.TensorDataset(torch.randn([10, 2, 8]), torch.randint(0, 5, [10])),
  { batch_size: 4, shuffle: true, drop_last: false },
);
const L: number[] = [];
function accuracy(output: Tensor, target: Tensor, topk = [1]) {
  const maxk = Math.max(...topk),
    batch_size = target.size(0);
  const { indices } = output.topk(maxk, { dim: 1, largest: true, sorted: true });
  const pred = indices.t();
  const correct = pred.eq(target.reshape(1, -1).expand_as(pred));
  return topk.map((k) =>
    correct
      .index([torch.slice(k)])
      .reshape(-1)
      .float()
      .sum(0)
      .mul(100)
      .div(batch_size),
  );
}
for (let epoch = 0; epoch < 2; epoch++) {
  linear_classifier.train();
  for (const [inp, target] of loader) {
    const output = torch.no_grad(() => {
      const intermediate = [inp.select(1, 0), inp.select(1, 1)].map((x) => backbone(x));
      return torch.cat(intermediate, { dim: -1 });
    });
    const logits = linear_classifier(output);
    const loss = new nn.CrossEntropyLoss()(logits, target);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    const [acc1, acc3] = accuracy(logits, target, [1, 3]);
    L.push(loss.item(), acc1!.item(), acc3!.item());
  }
  scheduler.step();
  L.push(optimizer.param_groups[0]!.lr as number);
}
const save_dict = {
  epoch: 2,
  state_dict: linear_classifier.state_dict(),
  optimizer: optimizer.state_dict(),
  scheduler: scheduler.state_dict(),
  best_acc: 12.5,
};
const back = torch.load<typeof save_dict>(torch.save(save_dict));
linear_classifier.load_state_dict(back.state_dict);
optimizer.load_state_dict(back.optimizer);
scheduler.load_state_dict(back.scheduler);
export const losses = L;
export const tensors: readonly Tensor[] = [...backbone.parameters(), ...linear_classifier.parameters()];
