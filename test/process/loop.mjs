// Training steps in one loop. The arguments are the package, how each step is freed, and the number of steps. Prints how much
// the process, its tensors and their bytes have grown since the first steps.
import { setImmediate } from 'node:timers/promises';

const [entry, way, count] = process.argv.slice(2);
const { torch } = await import(entry);
// With 4 by 10 elements, threads would only wait for each other.
torch.set_num_threads(1);
const weights = torch.randn([10, 10], { requires_grad: true });
const input = torch.randn([4, 10]);
const target = torch.tensor([1n, 2n, 3n, 4n]);

function step() {
  const output = input.matmul(weights);
  const loss = torch.nn.functional.cross_entropy(output, target);
  loss.backward();
  return [loss, output];
}

// A model, its optimizer and a scheduler: what they keep is made in a scope and outlives it.
const train = (() => {
  let made;
  const build = () => {
    const model = new torch.nn.Sequential(
      new torch.nn.Linear(10, 8),
      new torch.nn.BatchNorm1d(8),
      new torch.nn.Linear(8, 10),
    );
    const optimizer = new torch.optim.AdamW(model.parameters(), { lr: 0 });
    return [model, optimizer, new torch.optim.lr_scheduler.StepLR(optimizer, 1000)];
  };
  const lossOf = new torch.nn.CrossEntropyLoss({ weight: torch.ones([10]) });
  return (each) => {
    made ??= torch.scope(build);
    const [model, optimizer, scheduler] = made;
    return each(() => {
      optimizer.zero_grad();
      const loss = lossOf(model(input), target);
      loss.backward();
      torch.nn.utils.clip_grad_norm_(model.parameters(), 1);
      optimizer.step();
      scheduler.step();
      return loss.item();
    });
  };
})();

const ways = {
  train: () => train(torch.scope),
  forgotten: () => train((step) => step()),
  scope: () => torch.scope(() => step()[0].item()),
  dispose: () => {
    const made = step();
    const value = made[0].item();
    for (const tensor of made) tensor.dispose();
    return value;
  },
  await: () => step()[0].item(),
  nothing: () => step()[0].item(),
};
const run = ways[way];
const megabytes = () => process.memoryUsage.rss() / 2 ** 20;

for (let i = 0; i < 2000; i++) run();
if (way === 'await') await setImmediate();
const start = megabytes();
const before = torch.memory();
const expected = run();
let loss = 0;
for (let i = 0; i < Number(count); i++) {
  loss = run();
  if (way === 'await' && i % 100 === 0) await setImmediate();
}
const { tensors, bytes } = torch.memory();
console.log(
  JSON.stringify({
    growth: megabytes() - start,
    tensors: tensors - before.tensors,
    bytes: bytes.cpu - before.bytes.cpu,
    loss,
    expected,
  }),
);
