/** Two sentences through one LSTM, in the style of a PyTorch program. */
import { type Tensor, torch } from '../../../lib/index.js';
const { nn, optim } = torch;
torch.manual_seed(15);
const config = {
  n_embed: 30,
  d_embed: 8,
  d_proj: 6,
  d_hidden: 5,
  n_layers: 2,
  birnn: true,
  dp_ratio: 0.2,
  d_out: 3,
  fix_emb: true,
  projection: true,
  n_cells: 4,
};
class Linear extends nn.Linear {
  override forward(input: Tensor): Tensor {
    if (input.dim() <= 2) return super.forward(input);
    const size = input.size().slice(0, 2);
    const out = super.forward(input.view(size[0]! * size[1]!, -1));
    return out.view(size[0], size[1], -1);
  }
}
class Encoder extends nn.Module {
  config: any;
  rnn: torch.nn.LSTM;
  constructor(config: any) {
    super();
    this.config = config;
    const input_size = config.projection ? config.d_proj : config.d_embed;
    const dropout = config.n_layers === 1 ? 0 : config.dp_ratio;
    this.rnn = new nn.LSTM({
      input_size,
      hidden_size: config.d_hidden,
      num_layers: config.n_layers,
      dropout,
      bidirectional: config.birnn,
    });
  }
  override forward(inputs: Tensor): Tensor {
    const batch_size = inputs.size()[1];
    const state_shape = [this.config.n_cells, batch_size, this.config.d_hidden];
    const h0 = inputs.new_zeros(state_shape),
      c0 = inputs.new_zeros(state_shape);
    const [, [ht]] = this.rnn(inputs, [h0, c0]);
    return !this.config.birnn ? ht.select(0, -1) : ht.slice(-2).transpose(0, 1).contiguous().view(batch_size, -1);
  }
}
class SNLIClassifier extends nn.Module {
  config: any;
  embed;
  projection;
  encoder;
  dropout;
  relu = new nn.ReLU();
  out;
  constructor(config: any) {
    super();
    this.config = config;
    this.embed = new nn.Embedding(config.n_embed, config.d_embed);
    this.projection = new Linear(config.d_embed, config.d_proj);
    this.encoder = new Encoder(config);
    this.dropout = new nn.Dropout({ p: config.dp_ratio });
    let seq_in_size = 2 * config.d_hidden;
    if (config.birnn) seq_in_size *= 2;
    const lin_config = [seq_in_size, seq_in_size] as const;
    this.out = new nn.Sequential(
      new Linear(...lin_config),
      this.relu,
      this.dropout,
      new Linear(...lin_config),
      this.relu,
      this.dropout,
      new Linear(seq_in_size, config.d_out),
    );
  }
  override forward(batch: { premise: Tensor; hypothesis: Tensor; label: Tensor }): Tensor {
    let prem_embed = this.embed(batch.premise),
      hypo_embed = this.embed(batch.hypothesis);
    if (this.config.fix_emb) {
      prem_embed = prem_embed.detach();
      hypo_embed = hypo_embed.detach();
    }
    if (this.config.projection) {
      prem_embed = this.relu(this.projection(prem_embed));
      hypo_embed = this.relu(this.projection(hypo_embed));
    }
    const premise = this.encoder(prem_embed),
      hypothesis = this.encoder(hypo_embed);
    return this.out(torch.cat([premise, hypothesis], 1));
  }
}
const model = new SNLIClassifier(config);
model.embed.weight.data.copy_(torch.randn([30, 8]));
const criterion = new nn.CrossEntropyLoss();
const opt = new optim.Adam(model.parameters(), { lr: 0.01 });
const L: number[] = [];
let n_correct = 0,
  n_total = 0;
for (let it = 0; it < 3; it++) {
  model.train();
  opt.zero_grad();
  const batch = {
    premise: torch.randint(0, 30, [6, 4]),
    hypothesis: torch.randint(0, 30, [5, 4]),
    label: torch.randint(0, 3, [4]),
  };
  const answer = model(batch);
  n_correct += torch.max(answer, 1)[1].view(batch.label.size()).eq(batch.label).sum().item();
  n_total += batch.label.size(0);
  const train_acc = (100 * n_correct) / n_total;
  const loss = criterion(answer, batch.label);
  loss.backward();
  opt.step();
  L.push(loss.item(), train_acc);
}
export const losses = L;
export const tensors: readonly Tensor[] = [...model.parameters()];
