import { torch } from '../../lib/index.js';
import { is } from './equal.js';

const { distributed: dist, nn } = torch;
const { GroupMember, ReduceOp } = dist;
const tensor = torch.zeros([4]);
const group = await dist.new_group([0, 1], { timeout: 5 });
const async_op = Math.random() < 0.5;

type Work = InstanceType<typeof dist.Work>;

is<InstanceType<typeof dist.ProcessGroup> | -100>()(group);
is<Promise<void>>()(dist.all_reduce(tensor));
is<Promise<void>>()(dist.all_reduce(tensor, ReduceOp.MAX, { group }));
is<Promise<void>>()(dist.all_reduce(tensor, { op: 'MAX', group, async_op: false }));
is<Work | null>()(dist.all_reduce(tensor, { async_op: true }));
is<Work | null>()(dist.all_reduce(tensor, undefined, group, true));
is<Work | Promise<void> | null>()(dist.all_reduce(tensor, { async_op }));
is<Promise<void>>()(dist.broadcast(tensor, 0, group));
is<Work | null>()(dist.broadcast(tensor, { group_src: 0, group, async_op: true }));
is<Promise<void>>()(dist.reduce(tensor, 0, 'SUM', group));
is<Work | null>()(dist.reduce(tensor, 0, { op: 'SUM', async_op: true }));
is<Promise<void>>()(dist.gather(tensor, [tensor], 0, { group }));
is<Promise<void>>()(dist.scatter(tensor, { src: 1 }));
is<Work | null>()(dist.all_to_all_single(tensor, tensor, [1, 3], [2, 2], { async_op: true }));
is<Work | null>()(dist.barrier(group, true));
is<Promise<void>>()(dist.barrier());
is<Promise<void>>()(dist.send(tensor, 1, group, 3));
is<Promise<number>>()(dist.recv(tensor));
is<Work | null>()(dist.irecv(tensor, 1, { tag: 3 }));
is<Work[]>()(dist.batch_isend_irecv([new dist.P2POp(dist.isend, tensor, 1)]));
is<-100>()(GroupMember.NON_GROUP_MEMBER);
is<Promise<string>>()(new nn.parallel.DistributedDataParallel(new nn.Linear(1, 1)).join(async () => 'done'));

// @ts-expect-error a tag where Python has the group
void dist.send(tensor, 1, 3);
// @ts-expect-error no such operation
void dist.all_reduce(tensor, 'SQUARE');
// @ts-expect-error no such option
void dist.barrier({ tag: 1 });
