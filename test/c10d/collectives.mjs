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
if (rank === 0) await dist.send(own(6), 1, null, 5);
if (rank === 1) {
  const received = torch.zeros([6]);
  await dist.recv(received, 0, { tag: 5 });
  results.recv = received.tolist();
}

// Groups of some ranks; rank 2 is in both, and starts its calls in another order than the other ranks.
const NONE = dist.GroupMember.NON_GROUP_MEMBER;
const outer = await dist.new_group([2, 0]);
const inner = await dist.new_group([1, 2], { timeout: 30 });
results.groups = [dist.group.WORLD, outer, inner].map((group) =>
  group === NONE
    ? [dist.get_rank(group), dist.get_world_size(group)]
    : [
        dist.get_rank(group),
        dist.get_world_size(group),
        dist.get_process_group_ranks(group),
        dist.get_group_rank(group, 2),
        dist.get_global_rank(group, 0),
      ],
);
const sums = [own(3), own(3)];
const works = [inner, outer].map((group, at) => dist.all_reduce(sums[at], { group, async_op: true }));
for (const work of works) await work?.wait();
results.sums = sums.map((sum, at) => (works[at] === null ? null : sum.tolist()));
const parted = own(2);
await dist.broadcast(parted, 2, inner);
results.parted = parted.tolist();
const both = rank === 2 ? [torch.zeros([2]), torch.zeros([2])] : null;
await dist.gather(own(2), { gather_list: both, dst: 2, group: outer });
results.both = both?.map((each) => each.tolist()) ?? null;

// Transfers in a circle, which would wait for each other for ever if each came to an end before the next began.
const next = (rank + 1) % size;
const previous = (rank + size - 1) % size;
const ring = torch.zeros([3]);
const transfers = [dist.isend(own(3), next, null, 7), dist.irecv(ring, { src: previous, tag: 7 })];
for (const work of transfers) await work.wait();
results.ring = [ring.tolist(), ...transfers.map((work) => [work.is_completed(), work.is_success()])];
const batch = torch.zeros([2]);
const ops = [new dist.P2POp(dist.irecv, batch, next), new dist.P2POp(dist.isend, own(2), previous)];
for (const work of dist.batch_isend_irecv(ops)) await work.wait();
results.batch = batch.tolist();
if (rank === 0) {
  const sources = [];
  const any = torch.zeros([2]);
  for (let count = 1; count < size; count++) {
    const source = await dist.recv(any, null, null, 9);
    sources.push([source, any.tolist()]);
  }
  results.any = sources.sort(([a], [b]) => a - b);
} else {
  await dist.send(own(2), 0, { tag: 9 });
}

const rows = Array.from({ length: size }, (_, other) => 1 + ((rank + other) % size));
const exchanged = torch.zeros([rows.reduce((sum, n) => sum + n), 2]);
await dist.all_to_all_single(exchanged, own(exchanged.shape[0], 2), rows, rows);
results.exchanged = exchanged.tolist();
const even = torch.zeros([size]);
await dist.all_to_all_single(even, own(size));
results.even = even.tolist();
async function attempt(call) {
  try {
    await call();
    return true;
  } catch {
    return false;
  }
}
// The Gloo of older versions lacks them.
const [whole, scattered, joined] = [own(2 * size), torch.zeros([2]), torch.zeros([2 * size])];
results.scattered = [await attempt(() => dist.reduce_scatter(scattered, [...whole.chunk(size)])), scattered.tolist()];
results['scattered tensor'] = [await attempt(() => dist.reduce_scatter_tensor(scattered, whole)), scattered.tolist()];
results.joined = [await attempt(() => dist.all_gather_into_tensor(joined, own(2))), joined.tolist()];
await dist.monitored_barrier();
for (const group of [outer, inner]) await dist.destroy_process_group(group);
try {
  const all = [];
  await dist.all_gather_object(all, { rank, of: new Map([[1n, new Date(0)]]) });
  const places = [rank === 1 ? 'one' : null, rank === 1 ? [1, undefined] : null];
  await dist.broadcast_object_list(places, 1);
  const list = rank === 2 ? [] : null;
  await dist.gather_object('x'.repeat(rank), list, 2);
  const mine = [null];
  await dist.scatter_object_list(mine, rank === 0 ? [0, 'long text', { c: 3 }] : null);
  results.objects = [all.map(({ rank: own, of }) => [own, of.get(1n).getTime()]), places, list, mine];
} catch (error) {
  results.objects = error.message;
}
await dist.barrier();
process.stdout.write(`${JSON.stringify(results)}\n`);
await dist.barrier();
await dist.destroy_process_group();
