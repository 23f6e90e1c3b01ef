// Runs each collective once and prints the results; collectives.py does the same in Python.
import { torch } from '../../dist/index.js';

const { distributed: dist } = torch;
await dist.init_process_group('gloo');
const rank = dist.get_rank();
const size = dist.get_world_size();
const results = {};

function own(...shape) {
  const count = shape.reduce((product, n) => product * n, 1);
  return torch.arange(count, { dtype: 'float32' }).reshape(shape).div(7).add(rank).sin();
}

const room = () => Array.from({ length: size }, () => torch.zeros([2]));

for (const name of ['SUM', 'PRODUCT', 'MIN', 'MAX']) {
  const tensor = own(3, 5);
  await dist.all_reduce(tensor, dist.ReduceOp[name]);
  results[`all_reduce ${name}`] = tensor.tolist();
}
const bits = torch.tensor([1n << BigInt(rank), 7n]);
await dist.all_reduce(bits, { op: dist.ReduceOp.BOR });
results['all_reduce BOR'] = bits.tolist().map(Number);
const long = own(100_003);
await dist.all_reduce(long);
results['all_reduce of many'] = long.tolist().filter((_, place) => place % 9973 === 0);
const sent = own(4);
await dist.broadcast(sent, 1);
results.broadcast = sent.tolist();
const gathered = room();
await dist.all_gather(gathered, own(2));
results.all_gather = gathered.map((each) => each.tolist());
const reduced = own(3);
await dist.reduce(reduced, 0);
results.reduce = rank === 0 ? reduced.tolist() : null;
const list = rank === 1 ? room() : null;
await dist.gather(own(2), list, 1);
results.gather = list?.map((each) => each.tolist()) ?? null;
const part = torch.zeros([2]);
const parts = Array.from({ length: size }, (_, place) => own(2).add(place));
await dist.scatter(part, rank === 0 ? parts : null, 0);
results.scatter = part.tolist();
if (rank === 0) await dist.send(own(6), 1, { tag: 5 });
if (rank === 1) {
  const received = torch.zeros([6]);
  await dist.recv(received, 0, 5);
  results.recv = received.tolist();
}
await dist.barrier();
process.stdout.write(`${JSON.stringify(results)}\n`);
await dist.barrier();
await dist.destroy_process_group();
