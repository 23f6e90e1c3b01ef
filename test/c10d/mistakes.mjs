// Makes calls on two ranks that must be refused, and prints the errors. The last call shows that the group stays usable.
import { torch } from '../../dist/index.js';

const { distributed: dist, nn } = torch;
await dist.init_process_group('gloo', { timeout: 30 });
const rank = dist.get_rank();
const refused = {};

async function attempt(name, call) {
  try {
    await call();
    refused[name] = null;
  } catch (error) {
    refused[name] = [error.name, error.code, error.message];
  }
}

const kept = torch.ones([rank === 0 ? 16 : 4]);
await attempt('sizes', () => dist.all_reduce(kept));
await attempt('dtypes', () => dist.all_reduce(torch.ones([4], { dtype: rank === 0 ? 'float64' : 'float32' })));
await attempt('calls', () => (rank === 0 ? dist.barrier() : dist.broadcast(torch.ones([4]), 0)));
await attempt('roots', () => dist.broadcast(torch.ones([4]), rank));
await attempt('operations', () => dist.all_reduce(torch.ones([4]), rank === 0 ? 'SUM' : 'MAX'));
await attempt('transfers', () =>
  rank === 0 ? dist.send(torch.ones([4]), 1) : dist.recv(torch.ones([2], { dtype: 'float64' }), 0),
);
await attempt('modules', () => new nn.parallel.DistributedDataParallel(new nn.Linear(2, rank + 1)));
await attempt('options', () =>
  nn.parallel.DistributedDataParallel.create(new nn.Linear(2, 2), { find_unused_parameters: rank === 0 }),
);
await attempt('rank', () => dist.broadcast(torch.ones([4]), 2));
await attempt('AVG', () => dist.all_reduce(torch.ones([4]), dist.ReduceOp.AVG));
await attempt('list', () => dist.all_gather([torch.ones([4])], torch.ones([4])));
await attempt('contiguous', () => dist.all_reduce(torch.ones([2, 3]).t()));
await attempt('tag', () => dist.send(torch.ones([4]), 1 - rank, 5));
await attempt('peers', () => dist.send(torch.ones([4]), 1 - rank, { group_dst: 1 - rank }));
await attempt('itself', () => dist.recv(torch.ones([4]), rank));
await attempt('groups', () => dist.new_group([rank]));
await attempt('ranks', () => dist.new_group([0, 2]));
await attempt('synchronization', () => dist.new_group([0], { use_local_synchronization: true }));
await attempt('splits', () => {
  const [output, input] = [torch.zeros([2]), torch.ones([2])];
  return dist.all_to_all_single(output, input, [1, 1], rank === 0 ? [2, 0] : [1, 1]);
});
await attempt('rows', () => dist.all_to_all_single(torch.zeros([3]), torch.ones([3])));
await attempt('work', async () => {
  const work = dist.all_reduce(torch.ones([4 + rank]), { async_op: true });
  try {
    await work.wait();
  } finally {
    if (work.is_success() || work.exception()?.code !== 'ERR_MISMATCH') process.exit(1);
  }
});
let thrown;
try {
  dist.broadcast(torch.ones([4]), { async_op: true });
} catch (error) {
  thrown = error;
}
refused.thrown = [thrown.name, thrown.code, thrown.message];
await attempt('objects', () => dist.all_gather_object([], torch.ones([1])));
await attempt('places', () => dist.scatter_object_list([], [1], rank));
for (const [name, value] of Object.entries({ device_ids: [0], mixed_precision: {}, forward_sync_buffers: 1 }))
  await attempt(name, () => new nn.parallel.DistributedDataParallel(new nn.Linear(2, 2), { [name]: value }));
const alone = await dist.new_group([0]);
if (rank === 1) await attempt('stranger', () => dist.get_backend(alone));
else await attempt('stranger', () => dist.broadcast(torch.ones([4]), 1, alone));
await dist.destroy_process_group(alone);
if (rank === 0) await attempt('left', () => dist.barrier(alone));
await attempt('twice', () => dist.init_process_group('gloo'));
const model = new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2));
const ddp = new nn.parallel.DistributedDataParallel(model);
const pending = dist.barrier();
await attempt('busy', () => ddp(torch.ones([4, 2])));
await pending;
// With an extra forward pass on one rank, it would broadcast while the other reduces.
if (rank === 0) await attempt('forward', () => ddp(torch.ones([4, 2])));
else await attempt('forward', () => dist.all_reduce(torch.ones([4])));
const uneven = new nn.parallel.DistributedDataParallel(new nn.Linear(2, 2));
const passes = () => {
  for (let count = 0; count <= rank; count++)
    uneven(torch.ones([4, 2]))
      .sum()
      .backward();
};
await attempt('early', () => uneven.join(passes, { throw_on_early_termination: true }));
const sum = torch.ones([2]);
await dist.all_reduce(sum);
await dist.destroy_process_group();
await attempt('destroyed', () => dist.barrier());
await attempt('disposed', () => ddp(torch.ones([4, 2])));
process.stdout.write(`${JSON.stringify({ refused, kept: kept.tolist(), sum: sum.tolist() })}\n`);
