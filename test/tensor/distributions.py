"""Computes what distributions give in PyTorch, for cases in JSON.

Reads a list of cases and writes their results, or, given a file, records in it what its cases give in float64, but for
the samples: python test/tensor/distributions.py test/fixtures/distributions.json
"""

import json
import math
import sys

import torch
from torch import distributions


def read(value, dtype):
    """A number stays one; lists become tensors, and {"NAME": arguments} a distribution."""
    if isinstance(value, list):
        return torch.tensor(value, dtype=dtype)
    if isinstance(value, dict):
        ((name, arguments),) = value.items()
        return make(name, arguments, dtype)
    return value


def make(name, arguments, dtype):
    return getattr(distributions, name)(**{key: read(value, dtype) for key, value in arguments.items()})


def plain(value):
    """Nested lists, in which numbers that JSON lacks are words."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def computed(compute):
    try:
        result = compute()
        return plain(result.tolist() if isinstance(result, torch.Tensor) else result)
    except NotImplementedError:
        return "none"


def gradients(arguments, compute):
    """The gradients of the tensors among the arguments of a distribution."""
    leaves = [value for value in arguments.values() if isinstance(value, torch.Tensor)]
    for leaf in leaves:
        leaf.requires_grad_()
    result = compute()
    if not result.requires_grad:
        return "none"
    weights = torch.arange(1, result.numel() + 1, dtype=result.dtype).view(result.shape)
    (result * weights).sum().backward()
    return [plain(leaf.grad.tolist()) if leaf.grad is not None else None for leaf in leaves]


def results(case):
    dtype = getattr(torch, case["dtype"])
    name, arguments = case["name"], case["arguments"]
    value = torch.tensor(case["value"], dtype=dtype)
    m = make(name, arguments, dtype)
    found = {
        "batch_shape": list(m.batch_shape),
        "event_shape": list(m.event_shape),
        **{key: computed(lambda: getattr(m, key)) for key in ("mean", "variance", "stddev", "mode")},
        "entropy": computed(m.entropy),
        "log_prob": computed(lambda: m.log_prob(value)),
        "cdf": computed(lambda: m.cdf(value)),
    }
    if "kl" in case:
        found["kl"] = computed(lambda: distributions.kl_divergence(m, make(name, case["kl"], dtype)))
    if "share" in case:
        found["icdf"] = computed(lambda: m.icdf(torch.tensor(case["share"], dtype=dtype)))

    def of_leaves(call):
        given = {key: read(entry, dtype) for key, entry in arguments.items()}
        return computed(lambda: gradients(given, lambda: call(getattr(distributions, name)(**given))))

    if not case.get("nested"):
        found["log_prob.grad"] = of_leaves(lambda own: own.log_prob(value))
    torch.manual_seed(7)
    found["sample"] = computed(lambda: m.sample([3]))
    if m.has_rsample:
        found["rsample"] = computed(lambda: m.rsample([2]))
        if not case.get("nested"):
            found["rsample.grad"] = of_leaves(lambda own: own.rsample([2]))
    return found


torch.set_num_threads(1)
if len(sys.argv) > 1:
    with open(sys.argv[1]) as file:
        cases = json.load(file)["cases"]
    every = [results({**case, "dtype": "float64"}) for case in cases]
    kept = [{key: value for key, value in found.items() if "sample" not in key} for found in every]
    with open(sys.argv[1], "w") as file:
        json.dump({"version": torch.__version__.split("+")[0], "cases": cases, "results": kept}, file)
        file.write("\n")
else:
    json.dump([results(case) for case in json.load(sys.stdin)], sys.stdout)
