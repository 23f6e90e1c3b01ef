"""The Python side of `torchloss parity --training`: runs recorded layers, optimizers and schedules with PyTorch.

Reads {"folder", "threads", "ids"} as JSON from standard input; the folder has layers.json.gz, optim.json.gz, schedulers.json.gz
and their tensors. Writes a digest of every bit that each case gives, one line a case.
"""

import ctypes
import gzip
import hashlib
import json
import os
import struct
import sys
import warnings

import torch
import torch.nn.utils.parametrizations

warnings.simplefilter("ignore")
REQUEST = json.load(sys.stdin)
torch.set_num_threads(REQUEST["threads"])
FOLDER = REQUEST["folder"]


def read_file(name):
    path = os.path.join(FOLDER, name)
    if os.path.exists(path):
        with open(path, "rb") as file:
            return file.read()
    with gzip.open(f"{path}.gz") as file:
        return file.read()


RAW = read_file("tensors.safetensors")
LENGTH = struct.unpack("<Q", RAW[:8])[0]
HEADER = json.loads(RAW[8 : 8 + LENGTH])
DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
          "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}


def stored(key):
    entry = HEADER[key]
    begin, end = (8 + LENGTH + offset for offset in entry["data_offsets"])
    if begin == end:
        return torch.empty(entry["shape"], dtype=DTYPES[entry["dtype"]])
    return torch.frombuffer(bytearray(RAW[begin:end]), dtype=DTYPES[entry["dtype"]]).reshape(entry["shape"]).clone()


def value(item, inputs=None):
    if isinstance(item, list):
        return [value(part, inputs) for part in item]
    if not isinstance(item, dict):
        return item
    if "tensor" in item:
        tensor = stored(item["tensor"])
        if item.get("requires_grad"):
            tensor.requires_grad_()
        if inputs is not None:
            inputs.append(tensor)
        return tensor
    if "randn" in item or "randint" in item:
        drawn = torch.randn(item["randn"]) if "randn" in item else torch.randint(*item["randint"])
        if item.get("requires_grad"):
            drawn.requires_grad_()
        if inputs is not None:
            inputs.append(drawn)
        return drawn
    if "tuple" in item:
        return tuple(value(part, inputs) for part in item["tuple"])
    if "float" in item:
        return float(item["float"])
    if "int" in item:
        return int(item["int"])
    if "dtype" in item:
        return getattr(torch, item["dtype"])
    if "generator" in item:
        return torch.Generator().manual_seed(item["generator"])
    if "pack_padded_sequence" in item:
        given = item["pack_padded_sequence"]
        lengths = given["lengths"] if isinstance(given["lengths"], list) else value(given["lengths"])
        return torch.nn.utils.rnn.pack_padded_sequence(value(given["input"], inputs), lengths, given["batch_first"], given["enforce_sorted"])
    if "function" in item:
        kwargs = item["kwargs"]
        return {
            "power": lambda x: kwargs["rate"] ** x,
            "warmup": lambda x: min(1, (x + 1) / kwargs["steps"]),
            "inverse": lambda x: 1 / (1 + kwargs["rate"] * x),
            "constant": lambda x: kwargs["value"],
        }[item["function"]]
    return {key: value(part, inputs) for key, part in item.items()}


def options(kwargs, inputs=None):
    return {key: value(part, inputs) for key, part in kwargs.items()}


def add(digest, item):
    if isinstance(item, torch.Tensor):
        item = item.detach().to_dense() if item.layout != torch.strided else item.detach()
        item = item.float() if item.dtype in (torch.bfloat16, torch.float16) else item
        if item.dtype.is_floating_point:
            # Any NaN is like any other.
            item = torch.where(torch.isnan(item), torch.full_like(item, float("nan")), item)
        item = item.contiguous()
        digest.update(ctypes.string_at(item.data_ptr(), item.numel() * item.element_size()) if item.numel() else b"")
    elif isinstance(item, torch.nn.utils.rnn.PackedSequence):
        add(digest, item.data)
    elif isinstance(item, (list, tuple)):
        for part in item:
            add(digest, part)
    elif isinstance(item, (int, float)):
        digest.update(struct.pack("<d", item))


def tensors(output):
    if isinstance(output, torch.Tensor):
        return [output]
    if isinstance(output, torch.nn.utils.rnn.PackedSequence):
        return [output.data]
    return [tensor for part in output for tensor in tensors(part)] if isinstance(output, (list, tuple)) else []


def layer(case, digest):
    torch.manual_seed(case["seed"])
    kind = getattr(torch.nn, case["name"])
    kind = getattr(kind, case["method"]) if "method" in case else kind
    module = kind(*value(case["args"]), **options(case["kwargs"]))
    for path, given in case.get("wrap", []):
        function = torch.nn.utils
        for name in path.split("."):
            function = getattr(function, name)
        module = function(module, **given)
    if not case.get("lazy"):
        add(digest, list(module.state_dict().values()))
    module.train(case.get("mode") == "train")
    torch.manual_seed(case.get("forward_seed", 0))
    dtype = case.get("to")
    dtype = getattr(torch, dtype) if isinstance(dtype, str) else value(dtype)
    if dtype is not None:
        module.to(dtype)
    for call in case.get("calls", []):
        module.zero_grad()
        inputs = []
        args, kwargs = value(call["args"], inputs), options(call["kwargs"], inputs)
        with torch.set_grad_enabled(not call.get("no_grad", False)):
            output = module(*args, **kwargs)
        add(digest, output)
        pairs = [(o, c) for o, c in zip(tensors(output), call.get("cotangents", [])) if c is not None]
        for at, (one, cotangent) in enumerate(pairs):
            one.backward(value(cotangent), retain_graph=at < len(pairs) - 1)
        add(digest, [tensor.grad for tensor in inputs if tensor.grad is not None])
        add(digest, [parameter.grad for parameter in module.parameters() if parameter.grad is not None])
        add(digest, list(module.state_dict().values()))


def optimizer(case, digest):
    # In float32, where the order of operations shows.
    params = [torch.nn.Parameter(stored(item["tensor"]).float()) for item in case["params"]]
    grads = [stored(item["tensor"]).float() for item in case.get("grads", [])]
    groups = [{"params": [params[at] for at in group["params"]], **options(group["options"])} for group in case["groups"]]
    made = getattr(torch.optim, case["name"])(groups, **options(case["kwargs"]))
    problem = {key: [stored(item["tensor"]).float() for item in items] for key, items in case.get("problem", {}).items()}

    def closure():
        total = 0
        for at, parameter in enumerate(params):
            a, b, c = (problem[key][at] for key in "abc")
            parameter.grad = None
            total = total + ((a * (parameter - b).pow(2) / 2).sum() + torch.tanh(c * parameter).sum())
        total.backward()
        return total

    for step in range(case["steps"]):
        if problem:
            add(digest, made.step(closure))
            add(digest, params)
            continue
        for change in case.get("changes", []):
            if change["after"] == step:
                made.param_groups[change["group"]][change["option"]] = value(change["value"])
        for at, parameter in enumerate(params):
            skipped = [at, step] in case.get("no_grad", [])
            parameter.grad = None if skipped else grads[at][step].clone()
        made.step()
        add(digest, params)


def training(case, digest):
    torch.manual_seed(case["seed"])
    given = case["layer"]
    model = getattr(torch.nn, given["name"])(*given["args"], **given.get("kwargs", {}))
    input, target = value(case["input"]), value(case["target"])
    params = list(model.parameters())
    made = getattr(torch.optim, case["optimizer"])(params, **case["kwargs"])

    def closure():
        made.zero_grad()
        loss = torch.nn.functional.mse_loss(model(input), target)
        loss.backward()
        return loss

    for _ in range(case["steps"]):
        add(digest, made.step(closure))
        add(digest, params)


def make_scheduler(item, made):
    def read(part):
        if isinstance(part, list):
            return [read(inner) for inner in part]
        return make_scheduler(part, made) if isinstance(part, dict) and "scheduler" in part else value(part)

    kind = getattr(torch.optim.lr_scheduler, item["scheduler"], None) or getattr(torch.optim.swa_utils, item["scheduler"])
    first = [] if item["scheduler"] == "ChainedScheduler" else [made]
    return kind(*first, *[read(part) for part in item["args"]], **{key: read(part) for key, part in item["kwargs"].items()})


def scheduler(case, digest):
    given = case["optimizer"]
    groups = []
    for own in given["groups"]:
        parameter = torch.nn.Parameter(torch.zeros(1))
        parameter.grad = torch.zeros(1)
        groups.append({"params": [parameter], **options(own)})
    made = getattr(torch.optim, given["name"])(groups, **options(given["kwargs"]))
    schedule = make_scheduler(case, made)
    for epoch in range(case["epochs"]):
        made.step()
        argument = [case[name][epoch] for name in ("metrics", "step_args") if name in case and case[name][epoch] is not None]
        schedule.step(*value(argument))
        add(digest, [group["lr"] for group in made.param_groups])


print(json.dumps({"version": torch.__version__}))
wanted = set(REQUEST["ids"])
sources = [(REQUEST["drawn"], layer), (REQUEST["trainings"], training)]
sources += [(json.loads(read_file(f"{name}.json")), run) for name, run in [("layers", layer), ("optim", optimizer), ("schedulers", scheduler)]]
for cases, run in sources:
    for case in cases:
        if case["id"] not in wanted:
            continue
        result = hashlib.sha256()
        try:
            run(case, result)
            print(json.dumps({"id": case["id"], "digest": result.hexdigest()}))
        except Exception as error:  # any of PyTorch's: the other side has to refuse the case, too
            print(json.dumps({"id": case["id"], "error": f"{type(error).__name__}: {error}"}))
