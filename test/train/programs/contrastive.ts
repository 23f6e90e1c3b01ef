/** Contrastive losses of SimCLR and CLIP, in the style of a PyTorch program. */
import { type Tensor, torch } from '../../../lib/index.js';
const { nn, optim } = torch;
const F = torch.nn.functional;
torch.manual_seed(12);
const n_views = 2,
  B = 4,
  temperature = 0.07;
class Encoder extends nn.Module {
  backbone = new nn.Sequential(new nn.Flatten(), new nn.Linear(12, 16), new nn.BatchNorm1d(16), new nn.ReLU());
  fc = new nn.Sequential(new nn.Linear(16, 16), new nn.ReLU(), new nn.Linear(16, 8));
  override forward(x: Tensor) {
    return this.fc(this.backbone(x));
  }
}
const model = new Encoder();
const optimizer = new optim.Adam(model.parameters(), 0.003, { weight_decay: 1e-4 });
const scheduler = new optim.lr_scheduler.CosineAnnealingLR(optimizer, { T_max: 3, eta_min: 0, last_epoch: -1 });
const criterion = new nn.CrossEntropyLoss();
function info_nce_loss(features: Tensor): [Tensor, Tensor] {
  let labels: Tensor = torch.cat(
    Array.from({ length: n_views }, () => torch.arange(B)),
    { dim: 0 },
  );
  labels = labels.unsqueeze(0).eq(labels.unsqueeze(1)).float();
  features = F.normalize(features, { dim: 1 });
  let similarity_matrix = torch.matmul(features, features.T);
  const mask = torch.eye(labels.shape[0], { dtype: torch.bool });
  labels = labels.index([mask.logical_not()]).view(labels.shape[0], -1);
  similarity_matrix = similarity_matrix.index([mask.bitwise_not()]).view(similarity_matrix.shape[0], -1);
  const positives = similarity_matrix.index([labels.bool()]).view(labels.shape[0], -1);
  const negatives = similarity_matrix.index([labels.bool().logical_not()]).view(similarity_matrix.shape[0], -1);
  let logits = torch.cat([positives, negatives], { dim: 1 });
  labels = torch.zeros(logits.shape[0], { dtype: torch.long });
  logits = logits.div(temperature);
  return [logits, labels];
}
function accuracy(output: Tensor, target: Tensor, topk: number[] = [1]): number[] {
  return torch.no_grad(() => {
    const maxk = Math.max(...topk);
    const batch_size = target.size(0);
    let [, pred] = output.topk(maxk, 1, true, true);
    pred = pred.t();
    const correct = pred.eq(target.view(1, -1).expand_as(pred));
    return topk.map((k) =>
      correct
        .slice(0, k)
        .reshape(-1)
        .float()
        .sum(0, { keepdim: true })
        .mul_(100.0 / batch_size)
        .item(),
    );
  });
}
const L: number[] = [];
for (let it = 0; it < 3; it++) {
  const images = torch.cat([torch.randn([B, 3, 2, 2]), torch.randn([B, 3, 2, 2])], { dim: 0 });
  const features = model(images);
  const [logits, labels] = info_nce_loss(features);
  const loss = criterion(logits, labels);
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
  const [top1, top5] = accuracy(logits, labels, [1, 5]);
  L.push(loss.item(), top1!, top5!, scheduler.get_last_lr()[0]!);
  scheduler.step();
}
// CLIP
class CLIP extends nn.Module {
  visual = new nn.Linear(12, 8);
  text = new nn.Embedding(20, 8);
  logit_scale = new nn.Parameter(torch.ones([]).mul(Math.log(1 / 0.07)));
  override forward(image: Tensor, text: Tensor): [Tensor, Tensor, Tensor] {
    const image_features = F.normalize(this.visual(image), { dim: -1 });
    const text_features = F.normalize(this.text(text).mean({ dim: 1 }), { dim: -1 });
    return [image_features, text_features, this.logit_scale.exp()];
  }
}
const clip = new CLIP();
const exclude = (n: string, p: Tensor) =>
  p.ndim < 2 || n.includes('bn') || n.includes('ln') || n.includes('bias') || n.includes('logit_scale');
const named = [...clip.named_parameters()];
const opt2 = new optim.AdamW(
  [
    { params: named.filter(([n, p]) => exclude(n, p) && p.requires_grad).map(([, p]) => p), weight_decay: 0 },
    { params: named.filter(([n, p]) => !exclude(n, p) && p.requires_grad).map(([, p]) => p), weight_decay: 0.2 },
  ],
  { lr: 0.01, betas: [0.9, 0.98], eps: 1e-6 },
);
for (let it = 0; it < 3; it++) {
  opt2.zero_grad();
  const [image_features, text_features, logit_scale] = clip(torch.randn([4, 12]), torch.randint(0, 20, [4, 3]));
  const logits_per_image = logit_scale.mul(image_features).matmul(text_features.T);
  const logits_per_text = logit_scale.mul(text_features).matmul(image_features.T);
  const labels = torch.arange(logits_per_image.shape[0], { dtype: torch.long });
  const total_loss = F.cross_entropy(logits_per_image, labels).add(F.cross_entropy(logits_per_text, labels)).div(2);
  total_loss.backward();
  opt2.step();
  torch.no_grad(() => clip.logit_scale.clamp_(0, Math.log(100)));
  L.push(total_loss.item(), clip.logit_scale.item());
}
export const losses = L;
export const tensors: readonly Tensor[] = [...Object.values(model.state_dict()), ...clip.parameters()];
