"""The Python program of the benchmark: the same calls through PyTorch. It reads commands from standard input; README.md
in this folder describes them."""

import math
import os
import sys
import time
from functools import partial

import torch
from torch import nn
from torch.nn import functional as F


def scores(*shape):
    return torch.arange(math.prod(shape), dtype=torch.float32).mul_(0.7).sin_().reshape(shape)


def signs(*shape):
    return scores(*shape).cos_().sub_(0.8).sign_()


def label_sets(rows, columns):
    column = torch.arange(rows * columns).remainder_(columns).reshape(rows, columns)
    return column.masked_fill(column.ge(3), -1)


def make_tensor(kind, rows, columns, steps, batch, length):
    return {
        "scores": lambda: scores(rows, columns),
        "values": lambda: scores(rows, columns).cos_(),
        "columns_first": lambda: scores(rows, columns).cos_().t().contiguous(),
        "opposites": lambda: scores(rows, columns).neg_(),
        "log_probabilities": lambda: scores(rows, columns).log_softmax(1),
        "probabilities": lambda: scores(rows, columns).softmax(1),
        "shares": lambda: scores(rows, columns).cos_().softmax(1),
        "signs": lambda: signs(rows, columns),
        "row_signs": lambda: signs(rows),
        "bits": lambda: signs(rows, columns).clamp_min_(0),
        "labels": lambda: torch.arange(rows).remainder_(columns),
        "label_sets": lambda: label_sets(rows, columns),
        "steps": lambda: scores(steps, batch, columns).log_softmax(2),
        "sequences": lambda: torch.arange(batch * length).remainder_(columns - 1).add_(1).reshape(batch, length),
        "input_lengths": lambda: torch.full((batch,), steps),
        "target_lengths": lambda: torch.full((batch,), length),
    }[kind]()


def make_call(which, name, reduction, shape, kinds):
    """The loss as a function without arguments."""
    tensors = [int(kind) if kind.isdigit() else make_tensor(kind, *shape) for kind in kinds]
    tensors[0].requires_grad_(which == "backward")
    if "." in name:
        return partial(getattr(torch.Tensor, name.split(".")[1]), *tensors)
    options = {} if reduction == "mean" else {"reduction": reduction}
    if name[0].isupper():
        return partial(getattr(nn, name)(**options), *tensors)
    return partial(getattr(F, name), *tensors, **options)


def run_forward(call, count):
    for _ in range(count):
        call()


def run_backward(call, count):
    for _ in range(count):
        call().backward()


def loaded_library():
    """The libtorch_cpu of this process, or nothing if it cannot be found."""
    if not os.path.exists("/proc/self/maps"):
        return ""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return next((line.split()[-1] for line in maps if "/libtorch_cpu.so" in line), "")


RUN = {"forward": run_forward, "backward": run_backward}
print("ready", loaded_library(), flush=True)
call = None
for line in sys.stdin:
    command, which, *words = line.split()
    if command == "prepare":
        name, _, reduction = words[:3]
        call = None
        call = make_call(which, name, reduction, [int(word) for word in words[3:8]], words[8:])
        print(call().sum().item(), flush=True)
        continue
    run, count = RUN[which], int(words[0])
    os.getpriority(os.PRIO_PROCESS, 0)  # callgrind's mark
    cpu, elapsed = time.process_time_ns(), time.monotonic_ns()
    run(call, count)
    cpu, elapsed = time.process_time_ns() - cpu, time.monotonic_ns() - elapsed
    os.getpriority(os.PRIO_PROCESS, 0)
    print(cpu, elapsed, flush=True)
