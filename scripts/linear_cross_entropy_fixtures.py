"""Records calls of torch.nn.functional.linear_cross_entropy with random arguments, and their results in PyTorch.

    python scripts/linear_cross_entropy_fixtures.py SEED COUNT > test/fixtures/linear_cross_entropy.json

PyTorch 2.13 or newer is needed. The tests replay what is recorded, and run the script again where they find such a Python.
"""
import json
import math
import random
import sys

import torch
from torch.nn import LinearCrossEntropyOptions
from torch.nn.functional import linear_cross_entropy

HALVES = ("float16", "bfloat16")


def number(value):
    return value if math.isfinite(value) else str(value)


def plain(tensor):
    """A tensor as its shape and its elements."""
    if tensor is None:
        return None
    values = tensor.detach().flatten().tolist()
    return {"shape": list(tensor.shape), "data": [number(value) for value in values]}


def draw(choose):
    """The arguments of a call."""
    dtype = choose.choice(["float32", "float64", "float16", "bfloat16"])
    kind = getattr(torch, dtype)
    features, classes = choose.randint(1, 24), choose.randint(2, 40)
    batch = [] if choose.random() < 0.1 else [choose.choice([0, 1, 2, 5, 16, 17, 40, 90])]
    ignored = choose.choice([None, -100, choose.randrange(classes)])
    target = torch.randint(0, classes, batch)
    if ignored is not None and batch and choose.random() < 0.7:
        target[torch.rand(batch) < 0.2] = ignored
    options = {
        "acc_policy": choose.choice(["auto", "accurate", "balanced", "compact"]),
        "allow_retain_graph": choose.random() < 0.5,
    }
    if choose.random() < 0.5:
        options["batch_chunk_size"] = choose.randint(1, 20)
    else:
        options["chunking_method"] = choose.choice(["auto", "aspect_ratio", "aspect_ratio:2", "aspect_ratio:3", None])
    if choose.random() < 0.5:
        options["acc_dtype"] = "float32" if dtype in HALVES else dtype
    scale = choose.choice([1, 1, 4])
    return {
        "dtype": dtype,
        "input": (torch.randn([*batch, features]) * scale).to(kind).requires_grad_(choose.random() < 0.9),
        "linear_weight": torch.randn(classes, features).to(kind).requires_grad_(choose.random() < 0.9),
        "target": target,
        "linear_bias": torch.randn(classes).to(kind).requires_grad_() if choose.random() < 0.6 else None,
        "weight": (torch.rand(classes) + 0.1).to(kind) if choose.random() < 0.5 else None,
        "reduction": choose.choice(["mean", "sum", "none"]),
        "ignore_index": ignored,
        "options": options if choose.random() < 0.85 else None,
    }


def record(case):
    """A call with its output and gradients."""
    given = dict(case)
    dtype, options = given.pop("dtype"), given.pop("options")
    if options is not None:
        named = {key: getattr(torch, value) if key == "acc_dtype" else value for key, value in options.items()}
        options = LinearCrossEntropyOptions(**named)
    output = linear_cross_entropy(**given, options=options)
    cotangent = torch.randn(output.shape).to(output.dtype)
    if output.requires_grad:
        output.backward(cotangent)
    tensors = {name: value for name, value in given.items() if isinstance(value, torch.Tensor)}
    return {
        **{name: value for name, value in case.items() if name not in tensors},
        "tensors": {name: plain(value) for name, value in tensors.items()},
        "learned": [name for name, value in tensors.items() if value.requires_grad],
        "cotangent": plain(cotangent),
        "output": plain(output),
        "gradients": {name: plain(value.grad) for name, value in tensors.items() if value.requires_grad},
    }


def main():
    seed, count = (int(word) for word in sys.argv[1:3])
    torch.manual_seed(seed)
    choose = random.Random(seed)
    cases = [json.dumps(record(draw(choose))) for _ in range(count)]
    print("[\n" + ",\n".join(cases) + "\n]")


main()
