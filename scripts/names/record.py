"""Writes test/fixtures/spec/names.json: the public names of PyTorch's modules other than those in operators.json.

Run with the PyTorch to record: python scripts/names/record.py
"""

import inspect
import json
import os
import types

import torch
import torch.distributions
import torch.nn.utils.parametrizations
import torch.nn.utils.parametrize
import torch.optim.swa_utils
import torch.utils.data

NAMESPACES = {
    "torch.nn": torch.nn,
    "torch.nn.Module": torch.nn.Module,
    "torch.nn.init": torch.nn.init,
    "torch.nn.utils": torch.nn.utils,
    "torch.nn.utils.rnn": torch.nn.utils.rnn,
    "torch.nn.utils.parametrize": torch.nn.utils.parametrize,
    "torch.nn.utils.parametrizations": torch.nn.utils.parametrizations,
    "torch.optim": torch.optim,
    "torch.optim.Optimizer": torch.optim.Optimizer,
    "torch.optim.lr_scheduler": torch.optim.lr_scheduler,
    "torch.optim.swa_utils": torch.optim.swa_utils,
    "torch.utils.data": torch.utils.data,
    "torch.distributions": torch.distributions,
    "torch.autograd": torch.autograd,
    "torch.Generator": torch.Generator,
}


def is_own(namespace, holder, name):
    value = getattr(holder, name)
    if isinstance(value, types.ModuleType):
        return False
    if inspect.isclass(holder):
        return True
    home = getattr(value, "__module__", None) or ""
    return home.startswith(namespace) and (inspect.isroutine(value) or inspect.isclass(value))


names = {
    namespace: [name for name in dir(holder) if not name.startswith("_") and is_own(namespace, holder, name)]
    for namespace, holder in NAMESPACES.items()
}
path = os.path.join(os.path.dirname(__file__), "..", "..", "test", "fixtures", "spec", "names.json")
with open(path, "w") as file:
    json.dump({"version": torch.__version__.split("+")[0], "names": names}, file, indent=1)
    file.write("\n")
