// Trains with DistributedDataParallel; ddp.py does the same in Python. Prints the losses and a hash of the state for each
// variant that is named.
import { createHash } from 'node:crypto';
import { torch } from '../../dist/index.js';

const { distributed, nn, optim } = torch;
const { cross_entropy } = nn.functional;
torch.set_num_threads(1);
await distributed.init_process_group('gloo');
const rank = distributed.get_rank();

class Unused extends nn.Module {
  constructor(used) {
    super();
    this.used = used;
    this.unused = new nn.Linear(64, 10);
    this.sometimes = new nn.Linear(64, 10);
  }

  forward(x) {
    const y = this.used(x);
    return { y: rank === 0 ? y.add(this.sometimes(x)) : y };
  }
}

class Static extends nn.Module {
  constructor(used) {
    super();
    this.used = used;
    this.unused = new nn.Linear(64, 10);
    this.shared = new nn.Linear(10, 10);
  }

  forward(x) {
    return this.shared(this.shared(this.used(x)).relu());
  }
}

const OPTIONS = {
  static: { static_graph: true },
  unused: { find_unused_parameters: true },
  views: { gradient_as_bucket_view: true, bucket_cap_mb: 1 },
};

const draw = () => [torch.randn([8, 64]), torch.randint(0, 10, [8])];

function hashOf(tensors) {
  const result = createHash('sha256');
  for (const [name, value] of tensors) {
    result.update(name);
    result.update(new Uint8Array(value.detach().to('float64').toTypedArray().buffer));
  }
  return result.digest('hex');
}

async function run(way, ddp, optimizer, losses, steps) {
  for (let step = 0; step < steps; step++) {
    optimizer.zero_grad();
    if (way === 'accumulate') {
      ddp.no_sync(() => {
        const [x, target] = draw();
        cross_entropy(ddp(x), target).backward();
      });
    }
    const [x, target] = draw();
    const asynchronous = step % 2 === 1;
    if (asynchronous) await ddp.synchronize();
    const output = ddp(x);
    const loss = cross_entropy(way === 'unused' ? output.y : output, target);
    if (asynchronous) await loss.backwardAsync();
    else loss.backward();
    nn.utils.clip_grad_norm_(ddp.parameters(), 1);
    optimizer.step();
    losses.push(loss.item());
  }
}

async function train(way) {
  // Each rank begins with other values: rank 0's are used.
  torch.manual_seed(rank);
  let model = new nn.Sequential(
    new nn.Linear(64, 640),
    new nn.BatchNorm1d(640),
    new nn.ReLU(),
    new nn.Linear(640, 640),
    new nn.Dropout(0.1),
    new nn.ReLU(),
    new nn.Linear(640, 10),
  );
  if (way === 'unused') model = new Unused(model);
  if (way === 'static') model = new Static(model);
  const ddp = new nn.parallel.DistributedDataParallel(model, OPTIONS[way]);
  const optimizer = new optim.Adam(ddp.parameters(), { lr: 0.01 });
  torch.manual_seed(1000 + rank);
  const losses = [];
  if (way === 'uneven') await ddp.join(() => run(way, ddp, optimizer, losses, 20 - 4 * rank));
  else await run(way, ddp, optimizer, losses, 20);
  const hashes = { parameters: hashOf(ddp.named_parameters()), state: hashOf(Object.entries(ddp.state_dict())) };
  process.stdout.write(`${JSON.stringify({ way, losses, ...hashes })}\n`);
  ddp.dispose();
}

for (const way of process.argv.slice(2)) await train(way);
await distributed.barrier();
await distributed.destroy_process_group();
