"""Records TorchScript modules of the PyTorch that runs this, for test/jit/files.test.ts: `python scripts/jit_fixtures.py`.

Writes test/fixtures/jit/VERSION.pt and VERSION.json, with what the module gives and how its loss falls.
"""

import json
import pathlib
import warnings
from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor, nn

warnings.simplefilter("ignore")
torch.set_num_threads(1)


class Block(nn.Module):
    scale: float
    calls: int

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 6)
        self.norm = nn.BatchNorm1d(6)
        self.scale = 0.5
        self.calls = 3

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.norm(self.linear(x))
        if self.training:
            hidden = hidden * self.scale
        return hidden.relu()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block()
        self.blocks = nn.ModuleList([nn.Linear(6, 6), nn.Linear(6, 3)])
        self.register_buffer("shift", torch.tensor([0.25, 0.5, -0.5]))

    def forward(self, x: Tensor) -> Tensor:
        x = self.block(x)
        for layer in self.blocks:
            x = layer(x)
        return x + self.shift

    @torch.jit.export
    def both(self, x: Tensor) -> Tuple[Tensor, Dict[str, Tensor], List[Tensor]]:
        out = self.forward(x)
        return out, {"least": out.min(), "most": out.max()}, [out, out.neg()]

    @torch.jit.export
    def join(self, parts: List[Tensor], by: Optional[Tensor] = None, times: int = 2) -> Tensor:
        joined = torch.cat(parts) * times
        return joined if by is None else joined + by

    @torch.jit.export
    def pick(self, table: Dict[str, Tensor], key: str) -> Tensor:
        return table[key]


def data(steps: int) -> Tuple[Tensor, Tensor]:
    x = torch.arange(32, dtype=torch.float32).reshape(8, 4).mul(0.37 + steps * 0.1).sin()
    y = torch.arange(8).remainder(3)
    return x, y


torch.manual_seed(3)
model = torch.jit.script(Net())
folder = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "jit"
version = ".".join(torch.__version__.split(".")[:2])
model.save(str(folder / f"{version}.pt"))

optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
losses = []
for step in range(6):
    x, y = data(step)
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    losses.append([loss.item(), norm.item()])
model.eval()
record = {
    "torch": torch.__version__.split("+")[0],
    "names": [name for name, _ in model.named_parameters()],
    "state": list(model.state_dict()),
    "steps": losses,
    "output": model(data(0)[0]).tolist(),
}
(folder / f"{version}.json").write_text(json.dumps(record) + "\n")
