"""The time of linear_cross_entropy in Python, as bench/linear_cross_entropy.mjs measures it. PyTorch 2.13 or newer.

    python bench/linear_cross_entropy.py [rows features classes [rows of a chunk]]
"""
import sys
import time

import torch
from torch.nn import LinearCrossEntropyOptions
from torch.nn.functional import cross_entropy, linear, linear_cross_entropy

RUNS = 5
GIVEN = [4096, 1024, 50000, 1024]


def main():
    rows, features, classes, chunk = [int(word) for word in sys.argv[1:]] + GIVEN[len(sys.argv) - 1:]
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x = torch.randn(rows, features).requires_grad_()
    weight = torch.randn(classes, features).mul(0.02).requires_grad_()
    target = torch.randint(0, classes, (rows,))
    given = LinearCrossEntropyOptions(batch_chunk_size=chunk)
    ways = {
        "linear and cross_entropy": lambda: cross_entropy(linear(x, weight), target),
        "chunks of the given size": lambda: linear_cross_entropy(x, weight, target, options=given),
        "chunks of the default size": lambda: linear_cross_entropy(
            x, weight, target, options=LinearCrossEntropyOptions()),
    }
    whole = None
    for name, call in ways.items():
        best = float("inf")
        for _ in range(RUNS):
            start = time.process_time()
            call().backward()
            best = min(best, time.process_time() - start)
            x.grad = weight.grad = None
        whole = whole or best
        print(f"{name:28} {best:.3f} s  {best / whole:.2f} of the time")


if __name__ == "__main__":
    main()
