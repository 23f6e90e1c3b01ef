"""Records what PyTorch does, as fixtures for the tests.

    python scripts/fixtures.py repr [FILE]
    python scripts/fixtures.py tensors [FILE]

`repr` writes test/fixtures/repr.json: tensors and what Python's repr gives for each. `tensors` writes
test/fixtures/tensors.json: results of making tensors, of operators and of gradients. Both need PyTorch
only (recorded with 2.13.0). An entry's `data` is the base64 of little-endian elements in C order, in the type
that torchloss hands them out in: float32 for the 16-bit floats, a byte for bool. Where there are fewer
elements than the shape needs, they repeat.
"""

import argparse
import base64
import json
import math
import pathlib
import struct
import sys

import recorded_tensors
import torch

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "test" / "fixtures"

FLOATS = ["float16", "bfloat16", "float32", "float64"]
INTEGERS = ["int8", "uint8", "int16", "int32", "int64"]
CODES = {"float16": "f", "bfloat16": "f", "float32": "f", "float64": "d", "int8": "b", "uint8": "B",
         "int16": "h", "int32": "i", "int64": "q", "bool": "B"}
# The length of a repeated pattern, chosen so that the rows of a large tensor differ.
PERIOD = 37


def entry(name, values, shape, dtype, *, requires_grad=False, grad_fn=None):
    """One fixture: the values (repeated to fill the shape) as a tensor of this dtype, and its repr."""
    count = math.prod(shape)
    pattern = torch.tensor(values, dtype=getattr(torch, dtype))
    flat = pattern if len(values) >= count else pattern.repeat(-(-count // len(values)))
    tensor = flat[:count].reshape(shape).clone()
    if requires_grad:
        tensor.requires_grad_()
    if grad_fn is not None:
        tensor = grad_fn(tensor.requires_grad_())
        pattern = tensor.detach().reshape(-1)
    kept = pattern[: min(len(pattern), count)].tolist()
    packed = struct.pack(f"<{len(kept)}{CODES[dtype]}", *kept)
    return {
        "name": name,
        "shape": list(tensor.shape),
        "dtype": dtype,
        "requires_grad": tensor.requires_grad,
        "grad_fn": None if tensor.grad_fn is None else type(tensor.grad_fn).__name__,
        "data": base64.b64encode(packed).decode(),
        "repr": repr(tensor),
    }


def repr_entries():
    torch.manual_seed(0)
    inf, nan = math.inf, math.nan
    float_values = {
        "integers": [1.0, 2.0, -3.0, 40.0],
        "fractions": [0.5, -1.25, 2.0, 3.14159],
        "zeros": [0.0, -0.0, 0.0],
        "negative zero": [-0.0, 1.5, 0.0, 2.0],
        "negative zero among integers": [-0.0, 1.0, 12.0],
        "not finite": [nan, inf, -inf],
        "not finite among integers": [1.0, nan, -inf, 1000.0],
        "not finite among fractions": [1.5, nan, -inf, 0.25],
        "not finite among exponents": [1e-5, nan, inf, -inf, -0.0, 2.5],
        "small": [1e-5, 2e-5],
        "just small": [1e-4, 9e-5],
        "wide range": [0.001, 2.5, 60000.0],
        "wide range of integers": [1.0, 1002.0, -30000.0],
        "range of 1000": [1.0, 1000.0],
        "range of 1000 and zero": [0.0, 1.0, 1000.0],
        "ties of four decimals": [0.03125, 0.09375, 0.15625, -0.21875, 2.03125],
        "rounds to zero": [-0.0001, 0.0002, 0.00014],
    }
    wide_values = {
        "large": [1e8, 1e5, 2e8],
        "large limit": [1e8, 1e6],
        "huge": [1e21, 3e30, -2.5e38],
        "tiny": [1e-38, 2.5e-30, -1e-20],
        "ties of an exponent": [100005.0, 100015.0, 100025.0, 1000050.0, 1000150.0, -2.0000450e7],
        "carry": [99999.5, 999995.0, 0.99996],
    }
    double_values = {
        "three exponent digits": [1e-300, 1e300, -2.5e100, 1.0],
        "subnormal": [5e-324, 1.0],
        "maximum": [1.7976931348623157e308, -1.7976931348623157e308],
    }
    for dtype in FLOATS:
        for name, values in float_values.items():
            yield entry(f"{dtype} {name}", values, [len(values)], dtype)
    for dtype in ["float32", "float64", "bfloat16"]:
        for name, values in wide_values.items():
            yield entry(f"{dtype} {name}", values, [len(values)], dtype)
    for name, values in double_values.items():
        yield entry(f"float64 {name}", values, [len(values)], "float64")
    limits = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767), "int32": (-(2**31), 2**31 - 1),
              "int64": (-(2**63), 2**63 - 1)}
    for dtype in INTEGERS:
        yield entry(f"{dtype} limits", [*limits[dtype], 0, 5], [4], dtype)
        yield entry(f"{dtype} matrix", list(range(12)), [3, 4], dtype)
        yield entry(f"{dtype} scalar", [7], [], dtype)
    for values in ([1, 0, 1], [1, 1], [0]):
        yield entry(f"bool {values}", [bool(v) for v in values], [len(values)], "bool")
    yield entry("bool scalar", [True], [], "bool")
    yield entry("bool matrix", [True, False, False, True, True], [3, 4], "bool")
    for dtype in [*FLOATS, *INTEGERS, "bool"]:
        for shape in ([0], [0, 3], [2, 0], [2, 0, 4]):
            yield entry(f"{dtype} empty {shape}", [1], shape, dtype)
    yield entry("empty with gradient", [1.0], [0, 3], "float32", requires_grad=True)
    for value in (0.0, -0.0, 1.0, -2.0, 0.5, 1e-5, 123456789.0, 1e8, nan, inf, -inf, 3.14159265, 1e30):
        yield entry(f"float32 scalar {value}", [value], [], "float32")
        yield entry(f"float64 scalar {value}", [value], [], "float64")
    for dtype in FLOATS:
        for shape in ([5], [2, 3], [2, 3, 4], [2, 1, 3, 2], [1, 1], [30], [3, 25]):
            values = torch.randn(math.prod(shape), dtype=torch.float64).tolist()
            yield entry(f"{dtype} random {shape}", values, shape, dtype)
    for shape in ([40], [2, 40], [1000], [2, 2, 30]):
        yield entry(f"float32 wrapped integers {shape}", [float(v) for v in range(PERIOD)], shape, "float32")
        yield entry(f"int64 wrapped {shape}", [v * 1001 - 5 for v in range(PERIOD)], shape, "int64")
        yield entry(f"float64 wrapped exponents {shape}", [1.1 * 7.0 ** v for v in range(PERIOD)], shape, "float64")
        yield entry(f"bool wrapped {shape}", [v % 3 == 0 for v in range(PERIOD)], shape, "bool")
    random = torch.randn(PERIOD, dtype=torch.float64).tolist()
    large_shapes = ([1001], [6, 200], [7, 200], [200, 6], [200, 7], [40, 40], [12, 12, 12], [2, 600, 1], [1, 1, 1001],
                    [3, 4, 10, 10], [7, 7, 7, 7], [500, 2, 2])
    for shape in large_shapes:
        yield entry(f"float32 summarised {shape}", random, shape, "float32")
        yield entry(f"int64 summarised {shape}", list(range(PERIOD)), shape, "int64")
        yield entry(f"float64 summarised exponents {shape}", [v * 1e-7 for v in random], shape, "float64")
        yield entry(f"float16 summarised integers {shape}", [float(v - 9) for v in range(PERIOD)], shape, "float16")
        yield entry(f"bool summarised {shape}", [v % 5 != 0 for v in range(PERIOD)], shape, "bool")
    # The hidden elements would change the format if it took them into account.
    hidden = [1.0, 2.0, 3.0, *[1e-9] * 1000, 4.0, 5.0, 6.0]
    yield entry("summarised with other values inside", hidden, [len(hidden)], "float32")
    for shape in ([3], [2, 2], [], [40, 40], [17], [18]):
        for dtype in ("float32", "float64", "bfloat16"):
            yield entry(f"{dtype} leaf {shape}", random, shape, dtype, requires_grad=True)
    functions = {
        "mul": lambda t: t * 2, "add": lambda t: t + 1, "sum": lambda t: t.sum(), "mean": lambda t: t.mean(),
        "exp": lambda t: t.exp(), "reshape": lambda t: t.reshape(-1), "transpose": lambda t: t.t(),
        "mse": lambda t: torch.nn.functional.mse_loss(t, torch.zeros_like(t), reduction="none"),
        "smooth": lambda t: torch.nn.functional.smooth_l1_loss(t, torch.zeros_like(t)),
        "clone": lambda t: t.clone(), "log_softmax": lambda t: t.log_softmax(1),
        "bce": lambda t: torch.nn.functional.binary_cross_entropy_with_logits(t, torch.ones_like(t), reduction="none"),
    }
    for name, function in functions.items():
        for shape in ([2, 2], [3, 7]):
            for dtype in ("float32", "float64"):
                values = torch.randn(math.prod(shape), dtype=torch.float64).tolist()
                yield entry(f"{dtype} {name} {shape}", values, shape, dtype, grad_fn=function)


def write_repr(file):
    entries = list(repr_entries())
    lines = ",\n".join(json.dumps(item, separators=(",", ":")) for item in entries)
    head = json.dumps({"pytorch": torch.__version__.split("+")[0]})[:-1]
    file.write_text(f'{head}, "tensors": [\n{lines}\n]}}\n')
    return len(entries)


def write_tensors(file):
    groups = recorded_tensors.groups()
    version = json.dumps(torch.__version__.split("+")[0])
    parts = [f'"pytorch": {version}']
    for group, tensors in groups.items():
        lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(item, separators=(',', ':'))}"
                           for name, item in tensors.items())
        parts.append(f'"{group}": {{\n{lines}\n}}')
    file.write_text("{" + ", ".join(parts) + "}\n")
    return sum(len(tensors) for tensors in groups.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    writers = {"repr": (write_repr, "tensors and their repr"), "tensors": (write_tensors, "results of PyTorch")}
    for name, (_, text) in writers.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("file", nargs="?", type=pathlib.Path, default=FIXTURES / f"{name}.json")
    options = parser.parse_args()
    count = writers[options.command][0](options.file)
    print(f"{options.file}: {count} tensors", file=sys.stderr)


if __name__ == "__main__":
    main()
