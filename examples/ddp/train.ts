// Several processes train one model, each on its own samples. train.py is the same program in Python.
// Usage: torchrun --no-python --nproc-per-node 2 node train.ts
import { torch } from 'torchloss';

const { distributed, nn, optim, utils } = torch;
await distributed.init_process_group('gloo');
const rank = distributed.get_rank();

torch.manual_seed(0);
const x = torch.randn([256, 8]);
const y = x.sin().sum(1, { keepdim: true });
const data = new utils.data.TensorDataset(x, y);
const sampler = new utils.data.DistributedSampler(data, { seed: 1 });
const loader = new utils.data.DataLoader(data, { batch_size: 16, sampler });

const model = new nn.Sequential(new nn.Linear(8, 32), new nn.Tanh(), new nn.Linear(32, 1));
const ddp = await nn.parallel.DistributedDataParallel.create(model);
const optimizer = new optim.AdamW(ddp.parameters(), { lr: 0.01 });

for (let epoch = 0; epoch < 3; epoch++) {
  sampler.set_epoch(epoch);
  const total = torch.zeros([1]);
  for await (const [input, target] of loader) {
    optimizer.zero_grad();
    const loss = nn.functional.mse_loss(ddp(input), target);
    await loss.backwardAsync();
    optimizer.step();
    total.add_(loss.detach());
  }
  await distributed.all_reduce(total);
  if (rank === 0)
    console.log(`epoch ${epoch + 1}: loss ${total.item() / (loader.length * distributed.get_world_size())}`);
}
await distributed.destroy_process_group();
