"""What `fixtures.py tensors` records: results of PyTorch by name, in one group per test file."""

import base64
import math
import struct

import torch
from torch.nn import functional

FLOATS = ["float16", "bfloat16", "float32", "float64"]
INTEGERS = ["int8", "uint8", "int16", "int32", "int64"]
DTYPES = [*FLOATS, *INTEGERS, "bool"]
CODES = {"float16": "f", "bfloat16": "f", "float32": "f", "float64": "d", "int8": "b", "uint8": "B",
         "int16": "h", "int32": "i", "int64": "q", "bool": "B"}
# Values that are hard to round to 16 bits: ties, limits, subnormals, infinities and NaN.
HARD = [0.0, -0.0, 1.1, -1.1, 0.1, 1 / 3, 1.00048828125, 1.000488281250001, 1.00146484375, 65504.0, 65519.9, 65520.0,
        1e5, 3.4e38, 6e-8, 2.98e-8, 2.9802322387695312e-08, 5.96e-8, 6.1e-5, 1.00390625, 1.01171875, 255.5, 256.5,
        257.0, 258.0, 2049.0, 2051.0, math.inf, -math.inf, math.nan]


def record(tensor):
    """A tensor as stored in the fixtures: the bytes of its elements in C order, 16-bit floats widened."""
    dtype = str(tensor.dtype).removeprefix("torch.")
    values = tensor.detach().reshape(-1).tolist()
    packed = struct.pack(f"<{len(values)}{CODES[dtype]}", *values)
    return {"shape": list(tensor.shape), "dtype": dtype, "data": base64.b64encode(packed).decode()}


def creation():
    yield "arange 5", torch.arange(5.0)
    yield "arange -1 2 0.3", torch.arange(-1, 2, 0.3)
    yield "arange 0 1 0.1 float64", torch.arange(0, 1, 0.1, dtype=torch.float64)
    yield "arange 10 0 -3 int32", torch.arange(10, 0, -3, dtype=torch.int32)
    yield "arange int64", torch.arange(4)
    yield "arange 3 3", torch.arange(3.0, 3.0)
    yield "linspace 0 1 7", torch.linspace(0, 1, 7)
    yield "linspace -3 10 5 float64", torch.linspace(-3, 10, 5, dtype=torch.float64)
    yield "linspace 2 9 1", torch.linspace(2, 9, 1)
    yield "linspace 0 10 4 int64", torch.linspace(0, 10, 4, dtype=torch.int64)
    yield "eye 3", torch.eye(3)
    yield "eye 2 4 int8", torch.eye(2, 4, dtype=torch.int8)
    for dtype in DTYPES:
        kind = getattr(torch, dtype)
        yield f"zeros {dtype}", torch.zeros(2, 3, dtype=kind)
        yield f"ones {dtype}", torch.ones(2, 3, dtype=kind)
        yield f"full {dtype}", torch.full([2, 2], 1 if dtype == "bool" else 7, dtype=kind)
        yield f"eye {dtype}", torch.eye(2, dtype=kind)
        yield f"nested {dtype}", torch.tensor([[0, 1, 2], [3, 4, 100]], dtype=kind)
    for dtype in FLOATS:
        yield f"hard {dtype}", torch.tensor(HARD, dtype=getattr(torch, dtype))
        yield f"hard from float32 {dtype}", torch.tensor(HARD).to(getattr(torch, dtype))
        yield f"hard from float64 {dtype}", torch.tensor(HARD, dtype=torch.float64).to(getattr(torch, dtype))
    for seed in (0, 1, 42, -7, 2**40 + 3):
        for count in (1, 5, 16, 100):
            torch.manual_seed(seed)
            yield f"rand {seed} {count}", torch.rand(count)
            yield f"randn {seed} {count}", torch.randn(count)
            yield f"randint {seed} {count}", torch.randint(-5, 100, [count])
    for dtype in FLOATS:
        torch.manual_seed(3)
        yield f"rand {dtype}", torch.rand(2, 9, dtype=getattr(torch, dtype))
        yield f"randn {dtype}", torch.randn(2, 9, dtype=getattr(torch, dtype))
    torch.manual_seed(3)
    yield "randint int32", torch.randint(0, 2**30, [3, 4], dtype=torch.int32)


def views():
    base = torch.arange(24.0).reshape(2, 3, 4)
    yield "transpose", base.transpose(0, 2)
    yield "permute", base.permute(2, 0, 1)
    yield "select", base.select(1, 1)
    yield "slice", base[:, ::2, 1:]
    yield "expand", torch.tensor([[1.0], [2.0]]).expand(2, 3)
    yield "flip", base.flip([2])
    yield "as_strided", base.as_strided([3, 2], [1, 5], 2)
    yield "half transpose", base.to(torch.float16).transpose(0, 1)
    yield "int64 transpose", base.to(torch.int64).transpose(0, 1)


def leaf(values, **options):
    return torch.tensor(values, requires_grad=True, **options)


def autograd():
    values = [[0.5, -1.25, 2.0], [3.0, 0.125, -0.75]]
    x = leaf(values)
    (x * x * x).sum().backward()
    yield "cube", x.grad
    (x * 2).sum().backward()
    yield "cube and double", x.grad
    x = leaf(values)
    (x.exp() * x).backward(gradient=torch.tensor([[1.0, 0.0, -1.0], [0.5, 2.0, 3.0]]))
    yield "gradient", x.grad
    x = leaf(values)
    loss = x.sigmoid().sum()
    loss.backward(retain_graph=True)
    loss.backward()
    yield "retained", x.grad
    x = leaf(1.5, dtype=torch.float64)
    y = x.pow(4)
    first, = torch.autograd.grad(y, x, create_graph=True)
    second, = torch.autograd.grad(first, x, create_graph=True)
    third, = torch.autograd.grad(second, x)
    yield "first derivative", first
    yield "second derivative", second
    yield "third derivative", third
    x = leaf(values)
    y = leaf([1.0, 2.0, 3.0])
    for name, result in zip("xy", torch.autograd.grad([(x * y).sum(), x.exp().sum()], [x, y])):
        yield f"two outputs {name}", result
    seed = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    for name, result in zip("xy", torch.autograd.grad(x * y, [x, y], grad_outputs=seed)):
        yield f"grad_outputs {name}", result
    x = leaf([0.1, 0.2])
    x.pow(3).sum().backward(create_graph=True)
    with_graph = x.grad
    yield "create_graph", with_graph
    yield "through create_graph", torch.autograd.grad(with_graph.sum(), x)[0]


def operands():
    torch.manual_seed(11)
    yield "x", torch.randn(3, 4)
    yield "y", torch.randn(3, 4)
    yield "positive", torch.rand(3, 4) + 0.1
    yield "weight", torch.randn(5, 4)
    yield "bias", torch.randn(5)
    yield "image", torch.randn(2, 4, 6, 6)
    yield "kernel", torch.randn(6, 2, 3, 3)
    yield "table", torch.randn(7, 3)
    yield "indices", torch.tensor([[0, 6, 2], [2, 2, 5]])


def operators(inputs):
    """Results, and the gradient of each result's weighted sum with respect to its float inputs."""
    calls = {
        "add": (lambda x, y: x + y, "x", "y"),
        "sub": (lambda x, y: x - y, "x", "y"),
        "mul": (lambda x, y: x * y, "x", "y"),
        "div": (lambda x, y: x / y, "x", "positive"),
        "pow": (lambda x, y: x**y, "positive", "y"),
        "pow 3": (lambda x: x**3, "x"),
        "neg": (lambda x: -x, "x"),
        "abs": (torch.abs, "x"),
        "exp": (torch.exp, "x"),
        "log": (torch.log, "positive"),
        "sigmoid": (torch.sigmoid, "x"),
        "relu": (torch.relu, "x"),
        "softmax": (lambda x: x.softmax(1), "x"),
        "log_softmax": (lambda x: x.log_softmax(0), "x"),
        "matmul": (lambda x, w: x.matmul(w.reshape(4, 5)), "x", "weight"),
        "linear": (functional.linear, "x", "weight", "bias"),
        "linear without bias": (functional.linear, "x", "weight"),
        "conv2d": (lambda i, k: functional.conv2d(i, k, stride=2, padding=1, groups=2), "image", "kernel"),
        "conv2d pairs": (lambda i, k: functional.conv2d(i, k, padding=[2, 1], dilation=[2, 1], groups=2), "image",
                         "kernel"),
        "embedding": (functional.embedding, "indices", "table"),
        "pairwise_distance": (functional.pairwise_distance, "x", "y"),
        "pairwise_distance p=1": (lambda x, y: functional.pairwise_distance(x, y, p=1.0, eps=1e-3, keepdim=True), "x",
                                  "y"),
        "cosine_similarity": (functional.cosine_similarity, "x", "y"),
        "cosine_similarity dim=0": (lambda x, y: functional.cosine_similarity(x, y, dim=0), "x", "y"),
        "sum": (torch.sum, "x"),
        "sum dim": (lambda x: x.sum(dim=0, keepdim=True), "x"),
        "mean": (torch.mean, "x"),
        "mean dims": (lambda x: x.mean(dim=[0, -1]), "image"),
        "reshape": (lambda x: x.reshape(2, -1), "x"),
        "logsumexp": (lambda x: x.logsumexp(1, keepdim=True), "x"),
        "cat": (lambda x, y: torch.cat([x, y], 1), "x", "y"),
        "stack": (lambda x, y: torch.stack([x, y], 2), "x", "y"),
        "cumsum": (lambda x: x.cumsum(1), "x"),
        "huber_loss": (lambda x, y: functional.huber_loss(x, y, delta=0.5), "x", "y"),
    }
    for name, (function, *names) in calls.items():
        values = [inputs[key].clone().requires_grad_(inputs[key].is_floating_point()) for key in names]
        result = function(*values)
        yield name, result
        (result * torch.arange(1.0, result.numel() + 1).reshape(result.shape)).sum().backward()
        for key, value in zip(names, values):
            if value.grad is not None:
                yield f"{name} d {key}", value.grad
    yield "argmax", inputs["x"].argmax()
    yield "argmax dim", inputs["x"].argmax(1)
    yield "argmax keepdim", inputs["x"].argmax(dim=0, keepdim=True)
    for name, result in zip(["values", "indices"], inputs["x"].max(1)):
        yield f"max {name}", result
    for index, result in enumerate(inputs["x"].split([1, 3], 1)):
        yield f"split {index}", result


def promotions():
    """The dtype of `tensor + scalar` and of `tensor * tensor` for every pair."""
    scalars = {"1": 1, "1.5": 1.5, "True": True}
    for dtype in DTYPES:
        one = torch.ones(2, dtype=getattr(torch, dtype))
        for name, scalar in scalars.items():
            yield f"{dtype} + {name}", one + scalar
        for other in DTYPES:
            yield f"{dtype} * {other}", one * torch.ones(2, dtype=getattr(torch, other))
        yield f"{dtype} / 2", one / 2


def groups():
    """Every group by name, each a dictionary of recorded tensors by name."""
    inputs = dict(operands())
    results = {"creation": creation(), "views": views(), "autograd": autograd(), "operands": inputs.items(),
               "operators": operators(inputs), "promotions": promotions()}
    return {group: {name: record(tensor) for name, tensor in named} for group, named in results.items()}
