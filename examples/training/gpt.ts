// A small GPT: causal attention, parameter groups with and without weight decay, gradient accumulation, learning rate warm-up,
// clipping.
import { type Tensor, torch } from 'torchloss';

const { nn, optim } = torch;
const F = nn.functional;

class Block extends nn.Module {
  ln_1 = new nn.LayerNorm(16);
  c_attn = new nn.Linear(16, 48, { bias: false });
  c_proj = new nn.Linear(16, 16);
  ln_2 = new nn.LayerNorm(16);
  fc = new nn.Linear(16, 64);
  gelu = new nn.GELU();
  proj = new nn.Linear(64, 16);
  drop = new nn.Dropout(0.1);

  override forward(x: Tensor): Tensor {
    const [batch, time, features] = x.shape as [number, number, number];
    const [q, k, v] = this.c_attn(this.ln_1(x))
      .split(16, { dim: 2 })
      .map((part) => part.view([batch, time, 2, features / 2]).transpose(1, 2)) as [Tensor, Tensor, Tensor];
    const heads = F.scaled_dot_product_attention(q, k, v, { is_causal: true });
    const joined = heads.transpose(1, 2).contiguous().view([batch, time, features]);
    const attended = x.add(this.drop(this.c_proj(joined)));
    return attended.add(this.drop(this.proj(this.gelu(this.fc(this.ln_2(attended))))));
  }
}

class GPT extends nn.Module {
  wte = new nn.Embedding(50, 16);
  wpe = new nn.Embedding(8, 16);
  h = new nn.ModuleList([new Block(), new Block()]);
  ln_f = new nn.LayerNorm(16);
  lm_head = new nn.Linear(16, 50, { bias: false });

  constructor() {
    super();
    this.wte.weight = this.lm_head.weight;
  }

  override forward(tokens: Tensor, targets: Tensor): Tensor {
    const places = torch.arange(0, tokens.size(1), { dtype: 'int64' });
    let x = this.wte(tokens).add(this.wpe(places));
    for (const block of this.h) x = block(x);
    const logits = this.lm_head(this.ln_f(x));
    return F.cross_entropy(logits.view([-1, 50]), targets.view([-1]), { ignore_index: -1 });
  }
}

/** The loss of each step's last part, with the norm of the gradients. */
export function train(): { losses: number[]; tensors: Tensor[] } {
  torch.manual_seed(14);
  const model = new GPT();
  const parameters = model.parameters();
  const groups = [
    { params: parameters.filter((parameter) => parameter.dim() >= 2), weight_decay: 0.1 },
    { params: parameters.filter((parameter) => parameter.dim() < 2), weight_decay: 0 },
  ];
  const optimizer = new optim.AdamW(groups, { lr: 6e-4, betas: [0.9, 0.95] });
  const data = torch.randint(0, 50, [100]);
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    for (const group of optimizer.param_groups) group.lr = (6e-4 * (step + 1)) / 10;
    let last = 0;
    for (let part = 0; part < 2; part++) {
      const starts = Array.from(torch.randint(0, 91, [2]).toTypedArray(), Number);
      const tokens = torch.stack(starts.map((start) => data.slice(start, start + 8)));
      const targets = torch.stack(starts.map((start) => data.slice(start + 1, start + 9)));
      const loss = model(tokens, targets);
      loss.div(2).backward();
      last = loss.item();
    }
    losses.push(last, nn.utils.clip_grad_norm_(model.parameters(), 0.5).item());
    optimizer.step();
    optimizer.zero_grad();
  }
  return { losses, tensors: model.parameters() };
}
