// The torchloss program of `npm run bench -- --training`: the models of training.py, trained through torchloss. It reads
// commands from standard input: `prepare NAME` makes a model, `run train COUNT` trains it. Node is started with --expose-gc.
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { torch } from '../dist/index.js';
import { trainStep } from '../dist/jit/train_step.js';

const { nn, optim } = torch;
const F = nn.functional;

class Perceptron extends nn.Module {
  first = new nn.Linear(784, 256);
  second = new nn.Linear(256, 128);
  out = new nn.Linear(128, 10);

  forward(x) {
    return this.out(F.relu(this.second(F.relu(this.first(x)))));
  }
}

class Convolutions extends nn.Module {
  conv1 = new nn.Conv2d(1, 8, 3);
  bn1 = new nn.BatchNorm2d(8);
  conv2 = new nn.Conv2d(8, 16, 3);
  pool = new nn.MaxPool2d(2);
  out = new nn.Linear(16 * 5 * 5, 10);

  forward(x) {
    const first = this.pool(F.relu(this.bn1(this.conv1(x))));
    const second = this.pool(F.relu(this.conv2(first)));
    return this.out(second.flatten(1));
  }
}

class Words extends nn.Module {
  embedding = new nn.Embedding(50, 32);
  lstm = new nn.LSTM(32, 64);
  out = new nn.Linear(64, 50);

  forward(tokens) {
    const [output] = this.lstm(this.embedding(tokens));
    return this.out(output).view(-1, 50);
  }
}

class Block extends nn.Module {
  ln_1 = new nn.LayerNorm(64);
  c_attn = new nn.Linear(64, 192);
  c_proj = new nn.Linear(64, 64);
  ln_2 = new nn.LayerNorm(64);
  fc = new nn.Linear(64, 256);
  gelu = new nn.GELU();
  proj = new nn.Linear(256, 64);
  drop = new nn.Dropout(0.1);

  forward(x) {
    const [batch, time, features] = x.shape;
    const [q, k, v] = this.c_attn(this.ln_1(x))
      .split(64, { dim: 2 })
      .map((part) => part.view(batch, time, 4, features / 4).transpose(1, 2));
    const heads = F.scaled_dot_product_attention(q, k, v, { is_causal: true });
    const joined = heads.transpose(1, 2).contiguous().view(batch, time, features);
    const attended = x.add(this.drop(this.c_proj(joined)));
    return attended.add(this.drop(this.proj(this.gelu(this.fc(this.ln_2(attended))))));
  }
}

class GPT extends nn.Module {
  wte = new nn.Embedding(50, 64);
  wpe = new nn.Embedding(32, 64);
  block = new Block();
  ln_f = new nn.LayerNorm(64);
  lm_head = new nn.Linear(64, 50, { bias: false });

  forward(tokens) {
    const places = torch.arange(0, tokens.size(1), { dtype: 'int64' });
    const x = this.block(this.wte(tokens).add(this.wpe(places)));
    return this.lm_head(this.ln_f(x)).view(-1, 50);
  }
}

const images = (rows) => [torch.randn([rows, 784]), torch.randint(0, 10, [rows])];
const pictures = (rows) => [torch.randn([rows, 1, 28, 28]), torch.randint(0, 10, [rows])];
const tokens = (...shape) => [torch.randint(0, 50, shape), torch.randint(0, 50, shape).view(-1)];
const lr = 1e-3;

const CASES = {
  mlp_traced: [Perceptron, () => images(64), (params) => new optim.Adam(params, { lr })],
  mlp_adam: [Perceptron, () => images(64), (params) => new optim.Adam(params, { lr })],
  mlp_fused: [Perceptron, () => images(64), (params) => new optim.Adam(params, { lr, fused: true })],
  cnn: [Convolutions, () => pictures(16), (params) => new optim.SGD(params, { lr, momentum: 0.9 })],
  lstm: [Words, () => tokens(16, 8), (params) => new optim.Adam(params, { lr }), 1],
  gpt_block: [GPT, () => tokens(4, 32), (params) => new optim.AdamW(params, { lr }), 1],
};

/** The function that trains for a number of steps and returns the last loss. */
function makeTrainer(name) {
  const [Model, makeData, makeOptimizer, clip] = CASES[name];
  torch.manual_seed(14);
  const model = new Model();
  const [x, y] = makeData();
  const optimizer = makeOptimizer(model.parameters());
  if (name.endsWith('_traced')) return makeTracedTrainer(model, optimizer, x, y);

  return (count) => {
    let last = 0;
    for (let step = 0; step < count; step++) {
      torch.scope(() => {
        optimizer.zero_grad();
        const loss = F.cross_entropy(model(x), y);
        loss.backward();
        if (clip !== undefined) nn.utils.clip_grad_norm_(model.parameters(), clip);
        optimizer.step();
        last = loss.item();
      });
    }
    return last;
  };
}

function makeTracedTrainer(model, optimizer, x, y) {
  const step = trainStep({ model: torch.jit.trace(model, x), loss: F.cross_entropy, optimizer });
  return (count) => {
    let last = 0;
    for (let at = 0; at < count; at++) last = step(x, y).loss;
    return last;
  };
}

let train;
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...words] = line.split(' ');
  if (command === 'prepare') {
    train = makeTrainer(words[0]);
    console.log('made');
    continue;
  }
  const cpu = process.cpuUsage();
  const elapsed = process.hrtime.bigint();
  const last = train(Number(words[1]));
  globalThis.gc({ type: 'minor' });
  await setImmediate();
  await setImmediate();
  const { user, system } = process.cpuUsage(cpu);
  console.log(`${(user + system) * 1000} ${process.hrtime.bigint() - elapsed} ${last}`);
}
