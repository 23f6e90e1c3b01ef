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
dist.barrier()
print(json.dumps(results), flush=True)
dist.barrier()
dist.destroy_process_group()
