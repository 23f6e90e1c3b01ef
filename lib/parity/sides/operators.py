"""The Python side of `torchloss parity --operators`: reads calls as JSON from standard input, makes them with PyTorch,
and writes what came out, one line a call."""

import base64
import json
import os
import sys

import torch

DTYPES = {"float32": torch.float32, "float64": torch.float64, "int64": torch.int64, "bool": torch.bool}


def library():
    if not os.path.exists("/proc/self/maps"):
        return None
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return next((line.split()[-1] for line in maps if "/libtorch_cpu.so" in line), None)


def read(value):
    if isinstance(value, list):
        return [read(item) for item in value]
    if not isinstance(value, dict):
        return value
    data = bytearray(base64.b64decode(value["data"]))
    dtype = DTYPES[value["dtype"]]
    tensor = torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
    tensor = tensor.clone().reshape(value["shape"])
    return tensor.requires_grad_(value.get("requires_grad", False))


def write(value):
    if isinstance(value, torch.Tensor):
        plain = value.detach().contiguous()
        dtype = str(plain.dtype).removeprefix("torch.")
        raw = bytes(plain.reshape(-1).view(torch.uint8).tolist()) if plain.numel() else b""
        return {"dtype": dtype, "shape": list(plain.shape), "data": base64.b64encode(raw).decode()}
    if isinstance(value, (list, tuple)):
        return [write(item) for item in value]
    return value


def find(name):
    holder = torch
    for part in name.split(".")[1:] if name.startswith("torch.") else name.split("."):
        holder = getattr(holder, part)
    return holder


def first_tensors(value):
    found = value if isinstance(value, (list, tuple)) else [value]
    return [item for item in found if isinstance(item, torch.Tensor) and item.requires_grad]


def call(case):
    args, kwargs = read(case["args"]), {key: read(item) for key, item in case["kwargs"].items()}
    for key in ("dtype",):
        if key in kwargs:
            kwargs[key] = DTYPES[kwargs[key]]
    torch.manual_seed(case["seed"])
    result = find(case["name"])(*args, **kwargs)
    inputs = [item for item in args if isinstance(item, torch.Tensor) and item.requires_grad]
    outputs = first_tensors(result)
    gradients = []
    if inputs and outputs:
        ones = [torch.ones_like(output) for output in outputs]
        gradients = torch.autograd.grad(outputs, inputs, ones, allow_unused=True)
    return {"result": write(result), "gradients": write(gradients)}


request = json.load(sys.stdin)
torch.set_num_threads(request["threads"])
print(json.dumps({"version": torch.__version__, "library": library()}))
for one in request["cases"]:
    try:
        print(json.dumps(call(one)))
    except Exception as error:  # any of PyTorch's: the other side has to refuse the call, too
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
