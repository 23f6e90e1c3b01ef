/** A segmentation with a custom schedule, in the style of a PyTorch program. */
import { type Tensor, torch } from '../../../lib/index.js';
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(11);
class PolyLR extends optim.lr_scheduler.LRScheduler {
  max_iters: number;
  power: number;
  min_lr: number;
  constructor(optimizer: torch.optim.Optimizer, max_iters: number, power = 0.9, last_epoch = -1, min_lr = 1e-6) {
    super(optimizer, last_epoch);
    this.power = power;
    this.max_iters = max_iters;
    this.min_lr = min_lr;
  }
  get_lr() {
    return this.base_lrs.map((base_lr) =>
      Math.max(base_lr * (1 - this.last_epoch / this.max_iters) ** this.power, this.min_lr),
    );
  }
}
class Seg extends nn.Module {
  backbone = new nn.Sequential(
    new nn.Conv2d(3, 4, 3, { stride: 2, padding: 1, bias: false }),
    new nn.BatchNorm2d(4),
    new nn.ReLU({ inplace: true }),
    new nn.Conv2d(4, 8, 3, { padding: 2, dilation: 2 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU({ inplace: true }),
  );
  classifier = new nn.Sequential(new nn.Dropout(0.1), new nn.Conv2d(8, 5, 1));
  override forward(x: Tensor): Tensor {
    const input_shape = x.shape.slice(-2);
    x = this.classifier(this.backbone(x));
    return F.interpolate(x, { size: input_shape, mode: 'bilinear', align_corners: false });
  }
}
const model = new Seg();
for (const m of model.backbone.modules()) if (m instanceof nn.BatchNorm2d) m.momentum = 0.01;
const optimizer = new optim.SGD(
  [
    { params: model.backbone.parameters(), lr: 0.1 * 0.1 },
    { params: model.classifier.parameters(), lr: 0.1 },
  ],
  { lr: 0.1, momentum: 0.9, weight_decay: 1e-4 },
);
const scheduler = new PolyLR(optimizer, 10, 0.9);
const criterion = new nn.CrossEntropyLoss({ ignore_index: 255, reduction: 'mean' });
const L: number[] = [];
let interval_loss = 0;
for (let it = 0; it < 4; it++) {
  model.train();
  const images = torch.randn([2, 3, 8, 8]).to('cpu', { dtype: torch.float32 });
  const labels = torch.randint(0, 5, [2, 8, 8]).to('cpu', { dtype: torch.long });
  labels.index_put_([torch.rand([2, 8, 8]).lt(0.2)], 255);
  optimizer.zero_grad();
  const outputs = model(images);
  const loss = criterion(outputs, labels);
  loss.backward();
  optimizer.step();
  const np_loss = loss.detach().cpu().item();
  interval_loss += np_loss;
  L.push(np_loss, optimizer.param_groups[0]!.lr as number);
  scheduler.step();
  model.eval();
  torch.no_grad(() => {
    const preds = model(images).detach().max({ dim: 1 })[1].cpu();
    const mask = labels.ge(0).logical_and(labels.lt(5));
    const hist = torch
      .bincount(
        labels
          .index([mask])
          .mul(5)
          .add(preds.index([mask])),
        { minlength: 25 },
      )
      .view(5, 5)
      .double();
    const iu = hist.diag().div(
      hist
        .sum({ dim: 1 })
        .add(hist.sum({ dim: 0 }))
        .sub(hist.diag()),
    );
    L.push(torch.nanmean(iu).item());
  });
}
torch.save({
  cur_itrs: 4,
  model_state: model.state_dict(),
  optimizer_state: optimizer.state_dict(),
  scheduler_state: scheduler.state_dict(),
  best_score: 0.5,
});
export const losses = L;
export const tensors: readonly Tensor[] = Object.values(model.state_dict());
