"""Trains with DistributedDataParallel; ddp.mjs does the same in Node. Prints the losses and a hash of the state."""

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
kind = sys.argv[1]

# Each rank begins with other values: those of rank 0 count.
torch.manual_seed(rank)
model = nn.Sequential(
    nn.Linear(64, 640), nn.BatchNorm1d(640), nn.ReLU(), nn.Linear(640, 640), nn.Dropout(0.1), nn.ReLU(), nn.Linear(640, 10)
)


class Unused(nn.Module):
    def __init__(self):
        super().__init__()
        self.used = model
        self.unused = nn.Linear(64, 10)
        self.sometimes = nn.Linear(64, 10)

    def forward(self, x):
        y = self.used(x)
        return {"y": y + self.sometimes(x) if rank == 0 else y}


options = {}
if kind == "unused":
    model = Unused()
    options = {"find_unused_parameters": True}
if kind == "views":
    options = {"gradient_as_bucket_view": True, "bucket_cap_mb": 1}
ddp = nn.parallel.DistributedDataParallel(model, **options)
optimizer = torch.optim.Adam(ddp.parameters(), lr=0.01)
torch.manual_seed(1000 + rank)


def draw():
    return torch.randn(8, 64), torch.randint(0, 10, (8,))


losses = []
for step in range(20):
    optimizer.zero_grad()
    if kind == "accumulate":
        with ddp.no_sync():
            x, target = draw()
            nn.functional.cross_entropy(ddp(x), target).backward()
    x, target = draw()
    output = ddp(x)
    loss = nn.functional.cross_entropy(output["y"] if kind == "unused" else output, target)
    loss.backward()
    nn.utils.clip_grad_norm_(ddp.parameters(), 1.0)
    optimizer.step()
    losses.append(loss.item())
state = hashlib.sha256()
for name, value in ddp.state_dict().items():
    state.update(name.encode())
    state.update(struct.pack(f"<{value.numel()}d", *value.flatten().tolist()))
print(json.dumps({"rank": rank, "losses": losses, "state": state.hexdigest()}), flush=True)
dist.barrier()
dist.destroy_process_group()
