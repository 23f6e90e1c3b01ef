"""Runs each collective once and prints the results; collectives.mjs does the same in Node."""

import json

import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()
size = dist.get_world_size()
results = {}


def own(*shape):
    return torch.arange(float(torch.Size(shape).numel())).reshape(shape).div(7).add(rank).sin()


for name in ("SUM", "PRODUCT", "MIN", "MAX"):
    tensor = own(3, 5)
    dist.all_reduce(tensor, getattr(dist.ReduceOp, name))
    results[f"all_reduce {name}"] = tensor.tolist()
bits = torch.tensor([1 << rank, 7], dtype=torch.int64)
dist.all_reduce(bits, dist.ReduceOp.BOR)
results["all_reduce BOR"] = bits.tolist()
long = own(100_003)
dist.all_reduce(long)
results["all_reduce of many"] = long[::9973].tolist()
tensor = own(4)
dist.broadcast(tensor, 1)
results["broadcast"] = tensor.tolist()
tensors = [torch.zeros(2) for _ in range(size)]
dist.all_gather(tensors, own(2))
results["all_gather"] = [each.tolist() for each in tensors]
tensor = own(3)
dist.reduce(tensor, 0)
results["reduce"] = tensor.tolist() if rank == 0 else None
tensors = [torch.zeros(2) for _ in range(size)] if rank == 1 else None
dist.gather(own(2), tensors, 1)
results["gather"] = None if tensors is None else [each.tolist() for each in tensors]
tensor = torch.zeros(2)
dist.scatter(tensor, [own(2).add(place) for place in range(size)] if rank == 0 else None, 0)
results["scatter"] = tensor.tolist()
if rank == 0:
    dist.send(own(6), 1, tag=5)
if rank == 1:
    tensor = torch.zeros(6)
    dist.recv(tensor, 0, tag=5)
    results["recv"] = tensor.tolist()

# Groups of some ranks; rank 2 is in both.
NONE = dist.GroupMember.NON_GROUP_MEMBER
outer = dist.new_group([2, 0])
inner = dist.new_group([1, 2])
results["groups"] = [
    [dist.get_rank(group), dist.get_world_size(group)]
    if group == NONE
    else [
        dist.get_rank(group),
        dist.get_world_size(group),
        [dist.get_global_rank(group, each) for each in range(dist.get_world_size(group))],
        dist.get_group_rank(group, 2),
        dist.get_global_rank(group, 0),
    ]
    for group in (dist.group.WORLD, outer, inner)
]
sums = [own(3), own(3)]
groups = (outer, inner)
works = [dist.all_reduce(sum, group=group, async_op=True) for group, sum in zip(groups, reversed(sums))]
for work in works:
    if work is not None:
        work.wait()
results["sums"] = [None if group == NONE else sum.tolist() for group, sum in zip((inner, outer), sums)]
tensor = own(2)
if inner != NONE:
    dist.broadcast(tensor, 2, inner)
results["parted"] = tensor.tolist()
tensors = [torch.zeros(2), torch.zeros(2)] if rank == 2 else None
if outer != NONE:
    dist.gather(own(2), tensors, 2, outer)
results["both"] = None if tensors is None else [each.tolist() for each in tensors]

after = (rank + 1) % size
before = (rank + size - 1) % size
tensor = torch.zeros(3)
works = [dist.isend(own(3), after, tag=7), dist.irecv(tensor, before, tag=7)]
for work in works:
    work.wait()
results["ring"] = [tensor.tolist(), [True, True], [True, True]]
tensor = torch.zeros(2)
ops = [dist.P2POp(dist.irecv, tensor, after), dist.P2POp(dist.isend, own(2), before)]
for work in dist.batch_isend_irecv(ops):
    work.wait()
results["batch"] = tensor.tolist()
if rank == 0:
    sources = []
    tensor = torch.zeros(2)
    for _ in range(1, size):
        source = dist.recv(tensor, tag=9)
        sources.append([source, tensor.tolist()])
    results["any"] = sorted(sources)
else:
    dist.send(own(2), 0, tag=9)

rows = [1 + (rank + other) % size for other in range(size)]
tensor = torch.zeros(sum(rows), 2)
dist.all_to_all_single(tensor, own(sum(rows), 2), rows, rows)
results["exchanged"] = tensor.tolist()
tensor = torch.zeros(size)
dist.all_to_all_single(tensor, own(size))
results["even"] = tensor.tolist()


def attempt(call, *args):
    try:
        call(*args)
        return True
    except (RuntimeError, NotImplementedError):
        return False


whole, scattered, joined = own(2 * size), torch.zeros(2), torch.zeros(2 * size)
results["scattered"] = [attempt(dist.reduce_scatter, scattered, list(whole.chunk(size))), scattered.tolist()]
results["scattered tensor"] = [attempt(dist.reduce_scatter_tensor, scattered, whole), scattered.tolist()]
results["joined"] = [attempt(dist.all_gather_into_tensor, joined, own(2)), joined.tolist()]
dist.monitored_barrier()
for group in (outer, inner):
    if group != NONE:
        dist.destroy_process_group(group)
dist.barrier()
print(json.dumps(results), flush=True)
dist.barrier()
dist.destroy_process_group()
