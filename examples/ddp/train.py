# Several processes train one model, each on its own samples. train.ts is the same program in TypeScript.
# Usage: torchrun --nproc-per-node 2 train.py
import torch
import torch.distributed as distributed
from torch import nn, optim, utils
from torch.utils.data.distributed import DistributedSampler

distributed.init_process_group("gloo")
rank = distributed.get_rank()

torch.manual_seed(0)
x = torch.randn(256, 8)
y = x.sin().sum(1, keepdim=True)
data = utils.data.TensorDataset(x, y)
sampler = DistributedSampler(data, seed=1)
loader = utils.data.DataLoader(data, batch_size=16, sampler=sampler)

model = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 1))
ddp = nn.parallel.DistributedDataParallel(model)
optimizer = optim.AdamW(ddp.parameters(), lr=0.01)

for epoch in range(3):
    sampler.set_epoch(epoch)
    total = torch.zeros(1)
    for input, target in loader:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(ddp(input), target)
        loss.backward()
        optimizer.step()
        total += loss.detach()
    distributed.all_reduce(total)
    if rank == 0:
        print(f"epoch {epoch + 1}: loss {total.item() / (len(loader) * distributed.get_world_size())}")
distributed.destroy_process_group()
