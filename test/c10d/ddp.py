"""Trains with DistributedDataParallel; ddp.mjs does the same in Node.

Prints the losses and a hash of the state for each variant that is named.
"""

import hashlib
import json
import struct
import sys

import torch
import torch.distributed as dist
from torch import nn

torch.set_num_threads(1)
dist.init_process_group("gloo")
rank = dist.get_rank()


class Unused(nn.Module):
    def __init__(self, used):
        super().__init__()
        self.used = used
        self.unused = nn.Linear(64, 10)
        self.sometimes = nn.Linear(64, 10)

    def forward(self, x):
        y = self.used(x)
        return {"y": y + self.sometimes(x) if rank == 0 else y}


class Static(nn.Module):
    def __init__(self, used):
        super().__init__()
        self.used = used
        self.unused = nn.Linear(64, 10)
        self.shared = nn.Linear(10, 10)

    def forward(self, x):
        return self.shared(self.shared(self.used(x)).relu())


OPTIONS = {
    "static": {"static_graph": True},
    "unused": {"find_unused_parameters": True},
    "views": {"gradient_as_bucket_view": True, "bucket_cap_mb": 1},
}


def draw():
    return torch.randn(8, 64), torch.randint(0, 10, (8,))


def hash_of(tensors):
    result = hashlib.sha256()
    for name, value in tensors:
        result.update(name.encode())
        result.update(struct.pack(f"<{value.numel()}d", *value.flatten().tolist()))
    return result.hexdigest()


def run(way, ddp, optimizer, losses, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        if way == "accumulate":
            with ddp.no_sync():
                x, target = draw()
                nn.functional.cross_entropy(ddp(x), target).backward()
        x, target = draw()
        output = ddp(x)
        loss = nn.functional.cross_entropy(output["y"] if way == "unused" else output, target)
        loss.backward()
        nn.utils.clip_grad_norm_(ddp.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())


def train(way):
    # Each rank begins with other values: rank 0's are used.
    torch.manual_seed(rank)
    model = nn.Sequential(
        nn.Linear(64, 640),
        nn.BatchNorm1d(640),
        nn.ReLU(),
        nn.Linear(640, 640),
        nn.Dropout(0.1),
        nn.ReLU(),
        nn.Linear(640, 10),
    )
    if way == "unused":
        model = Unused(model)
    if way == "static":
        model = Static(model)
    ddp = nn.parallel.DistributedDataParallel(model, **OPTIONS.get(way, {}))
    optimizer = torch.optim.Adam(ddp.parameters(), lr=0.01)
    torch.manual_seed(1000 + rank)
    losses = []
    if way == "uneven":
        with ddp.join():
            run(way, ddp, optimizer, losses, 20 - 4 * rank)
    else:
        run(way, ddp, optimizer, losses, 20)
    hashes = {"parameters": hash_of(ddp.named_parameters()), "state": hash_of(ddp.state_dict().items())}
    print(json.dumps({"way": way, "losses": losses, **hashes}), flush=True)


for way in sys.argv[1:]:
    train(way)
dist.barrier()
dist.destroy_process_group()
