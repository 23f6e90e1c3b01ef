"""The Python side of `torchloss parity`: calls losses of PyTorch or MindSpore, and records calls.

    python peer.py serve pytorch|mindspore [--threads N] [--device DEVICE]

answers frames on its standard input with frames on its standard output; lib/parity/wire/protocol.ts tells what they are.
It ends when its input does, even in the middle of a call.

    from peer import Recorder
    recorder = Recorder("pytorch")
    loss = recorder.call("torch.nn.functional", "cross_entropy", [logits, labels], {"label_smoothing": 0.1})
    recorder.save("fixtures")

records calls of a program of your own, with their gradients, as a folder that `torchloss parity replay` checks
without Python. Needs nothing but PyTorch or MindSpore; runs on Python 3.8 and newer.
"""

import argparse
import ctypes
import inspect
import json
import linecache
import math
import os
import queue
import struct
import sys
import threading
import warnings

PROTOCOL = 1
MAGIC = b"TLP1"
SIZES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1,
         "uint8": 1, "bool": 1}
SAFETENSORS = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64",
               "int32": "I32", "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL"}
# What a backward pass starts from, repeated over the elements, as in lib/parity/cases/cases.ts.
COTANGENT = [1, -0.5, 0.25, 2, 0, -1, 1.5]


class PyTorch:
    """Tensors and losses of PyTorch."""

    name = "pytorch"

    def __init__(self, threads=None, device="cpu"):
        import torch

        self.torch = torch
        self.device = device
        if threads:
            torch.set_num_threads(threads)
        if device != "cpu" and not torch.cuda.is_available():
            raise RuntimeError("CUDA is not available to this PyTorch")
        torch.zeros(1, device=device)
        self.settle()

    def settle(self):
        """Calls what MKL computes once, as binding/tensor/vector_math.h does and tells why."""
        for name in ["acos", "asin", "atan", "cos", "erf", "erfc", "erfinv", "exp", "log", "log10", "log2", "sin",
                     "sqrt", "tan", "tanh", "trunc"]:
            for dtype in [self.torch.float32, self.torch.float64]:
                getattr(self.torch, name)(self.torch.ones(1, dtype=dtype))

    def versions(self):
        library = os.path.join(os.path.dirname(self.torch.__file__), "lib", "libtorch_cpu.so")
        return {"version": self.torch.__version__, "threads": self.torch.get_num_threads(),
                "library": loaded_library("libtorch_cpu") or library}

    def tensor(self, data, dtype, shape, strided=None, requires_grad=False):
        made = self.flat(data, dtype).reshape(shape)
        if strided is not None:
            storage, strides, offset = strided
            made = self.flat(storage, dtype).as_strided(shape, strides, offset)
        return made.requires_grad_() if requires_grad else made

    def flat(self, data, dtype):
        dtype = getattr(self.torch, dtype)
        if len(data) == 0:
            return self.torch.zeros(0, dtype=dtype, device=self.device)
        return self.torch.frombuffer(bytearray(data), dtype=dtype).to(self.device)

    def is_tensor(self, value):
        return isinstance(value, self.torch.Tensor)

    def describe(self, tensor):
        return str(tensor.dtype).replace("torch.", ""), list(tensor.shape)

    def wants_gradient(self, tensor):
        return tensor.requires_grad

    def read(self, tensor):
        """The dtype, the shape and the bytes of a tensor, in C order."""
        plain = tensor.detach().cpu().contiguous()
        size = plain.numel() * plain.element_size()
        return (*self.describe(plain), ctypes.string_at(plain.data_ptr(), size) if size else b"")

    def layout(self, tensor):
        """The whole storage, the strides and the offset of a tensor that is not contiguous, else None."""
        if tensor.is_contiguous() or tensor.numel() == 0:
            return None
        storage = tensor.untyped_storage() if hasattr(tensor, "untyped_storage") else tensor.storage()
        flat = tensor.detach().as_strided((storage.nbytes() // tensor.element_size(),), (1,), 0)
        return flat, list(tensor.stride()), tensor.storage_offset()

    def call(self, api, name, args, kwargs):
        if api == "torch.nn":
            return getattr(self.torch.nn, name)(**kwargs)(*args)
        return getattr(self.torch.nn.functional, name)(*args, **kwargs)

    def gradients(self, api, name, args, kwargs, wanted):
        """Calls; gives the output and a function that gives the gradients, the cotangent taken."""
        output = self.call(api, name, args, kwargs)

        def backward(seed):
            if not output.requires_grad:
                return [None for _ in wanted]
            return self.torch.autograd.grad(output, wanted, seed, retain_graph=True, allow_unused=True)

        return output, backward

    def cotangent(self, output):
        """What the backward pass of an output starts from; None for one number."""
        if output.dim() == 0 or not output.is_floating_point():
            return None
        count = output.numel()
        pattern = self.torch.tensor(COTANGENT, dtype=output.dtype, device=output.device)
        return pattern.repeat(count // len(COTANGENT) + 1)[:count].reshape(output.shape)

    def distance(self, function, kwargs):
        functional = self.torch.nn.functional
        if function == "pairwise_distance":
            return lambda a, b: functional.pairwise_distance(a, b, **kwargs)
        if function == "cosine_distance":
            return lambda a, b: 1 - functional.cosine_similarity(a, b, dim=1, eps=1e-8)
        return lambda a, b: (a - b).abs().max(dim=1)[0]

    def object(self, name, kwargs):
        named = {key: getattr(self.torch, value) if key.endswith("dtype") else value for key, value in kwargs.items()}
        return getattr(self.torch.nn, name)(**named)


class MindSpore:
    """Tensors and losses of MindSpore, on the CPU."""

    name = "mindspore"

    def __init__(self, threads=None, device="cpu"):
        import mindspore
        import numpy

        self.mindspore, self.numpy = mindspore, numpy
        self.wanted = set()
        if device != "cpu":
            raise RuntimeError("MindSpore is compared on the CPU only")
        mindspore.set_context(mode=mindspore.PYNATIVE_MODE)
        # Otherwise an error of one call can show up in a later one.
        mindspore.set_context(pynative_synchronize=True)

    def versions(self):
        return {"version": self.mindspore.__version__, "threads": 0}

    def tensor(self, data, dtype, shape, strided=None, requires_grad=False):
        numpy = self.numpy
        if dtype == "bfloat16":
            # The upper half of a float32.
            wide = (numpy.frombuffer(data, numpy.uint16).astype(numpy.uint32) << 16).view(numpy.float32)
            made = self.mindspore.Tensor(wide.reshape(shape)).astype(self.mindspore.bfloat16)
        else:
            made = self.mindspore.Tensor(numpy.frombuffer(data, numpy.dtype(dtype)).reshape(shape).copy())
        if requires_grad:
            self.wanted.add(id(made))
        return made

    def is_tensor(self, value):
        return isinstance(value, self.mindspore.Tensor)

    def layout(self, tensor):
        return None

    def describe(self, tensor):
        return str(tensor.dtype).lower().replace("mindspore.", ""), list(tensor.shape)

    def wants_gradient(self, tensor):
        return id(tensor) in self.wanted

    def read(self, tensor):
        numpy = self.numpy
        dtype, shape = self.describe(tensor)
        if dtype == "bfloat16":
            wide = tensor.astype(self.mindspore.float32).asnumpy()
            return dtype, shape, (wide.view(numpy.uint32) >> 16).astype(numpy.uint16).tobytes()
        return dtype, shape, numpy.ascontiguousarray(tensor.asnumpy()).tobytes()

    def call(self, api, name, args, kwargs):
        space = self.mindspore.nn if api == "mindspore.nn" else self.mindspore.ops
        result = getattr(space, name)(**kwargs)(*args) if api == "mindspore.nn" else getattr(space, name)(*args, **kwargs)
        # ctc_loss gives a pair, of which the loss comes first.
        return result[0] if isinstance(result, tuple) else result

    def gradients(self, api, name, args, kwargs, wanted):
        places = [index for index, value in enumerate(args) if any(value is tensor for tensor in wanted)]
        output = self.call(api, name, args, kwargs)
        self.read(output)

        def loss(*inputs):
            given = list(args)
            for place, value in zip(places, inputs):
                given[place] = value
            return self.call(api, name, given, kwargs)

        def backward(seed):
            inputs = [args[place] for place in places]
            seed = self.mindspore.ops.ones_like(output) if seed is None else seed
            _, vjp = self.mindspore.vjp(loss, *inputs)
            found = vjp(seed)
            return list(found) if isinstance(found, (tuple, list)) else [found]

        return output, backward

    def cotangent(self, output):
        if len(output.shape) == 0 or not output.is_floating_point():
            return None
        values = self.numpy.resize(self.numpy.array(COTANGENT, self.numpy.float32), output.shape)
        return self.mindspore.Tensor(values).astype(output.dtype)

    def distance(self, function, kwargs):
        ops = self.mindspore.ops
        if function == "pairwise_distance":
            return lambda a, b: ops.sqrt(ops.square(a - b + 1e-6).sum(-1))
        if function == "cosine_distance":
            return lambda a, b: 1 - ops.cosine_similarity(a, b, dim=1, eps=1e-8)
        return lambda a, b: ops.abs(a - b).max(axis=1)


FRAMEWORKS = {"pytorch": PyTorch, "mindspore": MindSpore}


def loaded_library(name):
    """The path of a library that this process has loaded, where the system tells."""
    try:
        with open("/proc/self/maps") as maps:
            return next((line.split()[-1] for line in maps if name in line), None)
    except OSError:
        return None


def describe_error(error):
    """An exception as JSON: its type, the first line of its message, and where that comes from."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    file = trace.tb_frame.f_code.co_filename
    line = linecache.getline(file, trace.tb_lineno).strip()
    # What is raised by a statement, or by the call of a Python function with wrong arguments, is not the library's.
    by_python = line.startswith("raise") or file == __file__
    kinds = [kind.__name__ for kind in type(error).__mro__]
    known = ["TypeError", "AttributeError", "ValueError", "IndexError", "NotImplementedError", "RuntimeError"]
    kind = next((kind for kind in known if kind in kinds), kinds[0])
    # MindSpore draws lines between the parts of a message, and above them.
    message = next((line.strip() for line in str(error).splitlines() if line.strip("- ")), "")
    return {"type": kind, "message": message[:500], "layer": "python" if by_python else "native"}


def execute(framework, api, name, args, kwargs):
    """Calls a loss. Gives what came out: the output, the cotangent and the gradients of the wanted arguments."""
    wanted = {index: value for index, value in enumerate(args)
              if framework.is_tensor(value) and framework.wants_gradient(value)}
    try:
        output, backward = framework.gradients(api, name, args, kwargs, list(wanted.values()))
        found = {"output": output, "cotangent": None, "gradients": {}}
        framework.read(output)
    except Exception as error:
        return {"error": describe_error(error)}
    if not wanted:
        return found
    try:
        found["cotangent"] = framework.cotangent(output)
        found["gradients"] = dict(zip(wanted, backward(found["cotangent"])))
        for gradient in found["gradients"].values():
            if gradient is not None:
                framework.read(gradient)
    except Exception as error:
        found.update(gradients={}, grad_error=describe_error(error))
    return found


class Recorder:
    """Collects calls of losses and writes them as a folder of recorded cases."""

    def __init__(self, framework="pytorch"):
        self.framework = FRAMEWORKS[framework]() if isinstance(framework, str) else framework
        self.cases = []
        self.tensors = {}

    def call(self, api, name, args, kwargs=None, **described):
        """Calls `api.name` with positional `args` and keywords, records that, and gives the output.

        In PyTorch the gradients of the tensors that require one are recorded; `wanted`, a list of tensors, names
        them in MindSpore. A call that raises is recorded as one that must, and None is given.
        """
        kwargs = dict(kwargs or {})
        for tensor in described.pop("wanted", []):
            self.framework.wanted.add(id(tensor))
        found = execute(self.framework, api, name, args, kwargs)
        self.add(api, name, args, kwargs, found, **described)
        return found.get("output")

    def add(self, api, name, args, kwargs, found, names=None, values=None, **described):
        """Records a call that was made. `values` are the keywords as JSON where they are no plain values."""
        names = names or self.names_of(api, name)
        arguments = [self.argument(names[index], value) for index, value in enumerate(args)]
        first = next((value for value in args if self.framework.is_tensor(value)), None)
        case = {"id": f"{api}.{name}/{len(self.cases)}", "loss": name, "api": api, "name": name,
                "dtype": self.framework.describe(first)[0] if first is not None else None, **described}
        case["args"] = arguments
        case["kwargs"] = {key: (values or {}).get(key) or self.keyword(value) for key, value in kwargs.items()}
        case["expect"] = self.expectation(found, names)
        self.cases.append(case)

    def names_of(self, api, name):
        space = sys.modules[api]
        function = getattr(space, name)
        if inspect.isclass(function):
            function = getattr(function, "construct" if api == "mindspore.nn" else "forward")
        return [parameter for parameter in inspect.signature(function).parameters if parameter != "self"]

    def argument(self, name, value):
        if not self.framework.is_tensor(value):
            return {"name": name, "value": value}
        return {"name": name, **self.reference(value)}

    def keyword(self, value):
        if self.framework.is_tensor(value):
            return self.reference(value)
        if isinstance(value, list):
            return [self.keyword(item) for item in value]
        if isinstance(value, float) and not math.isfinite(value):
            return {"float": str(value)}
        return value

    def expectation(self, found, names):
        if "error" in found:
            return {"error": found["error"]}
        expect = {"output": self.keep(found["output"])}
        if found["cotangent"] is not None:
            expect["cotangent"] = self.keep(found["cotangent"])
        if "grad_error" in found:
            expect["grad_error"] = found["grad_error"]
        elif found["gradients"]:
            expect["grads"] = {names[index]: None if gradient is None else self.keep(gradient)
                               for index, gradient in found["gradients"].items()}
        return expect

    def reference(self, tensor):
        reference = {"tensor": self.keep(tensor), "requires_grad": self.framework.wants_gradient(tensor)}
        layout = self.framework.layout(tensor)
        if layout is not None:
            storage, strides, offset = layout
            reference["strided"] = {"storage": self.keep(storage), "strides": strides, "offset": offset}
        return reference

    def keep(self, tensor):
        """Keeps a tensor's elements as they are now; the same elements are kept once."""
        content = self.framework.read(tensor)
        content = (content[0], tuple(content[1]), content[2])
        key = self.tensors.setdefault(content, f"t{len(self.tensors)}")
        return {"file": "tensors.safetensors", "key": key}

    def save(self, folder):
        """Writes `cases.json` and `tensors.safetensors` into the folder, which is made if it is not there."""
        os.makedirs(folder, exist_ok=True)
        version = self.framework.versions()["version"]
        header = {"__metadata__": {self.framework.name: version}}
        # The widest elements first, so that each tensor is aligned to its own.
        ordered = sorted(self.tensors.items(), key=lambda item: -SIZES[item[0][0]])
        end = 0
        for (dtype, shape, data), key in ordered:
            header[key] = {"dtype": SAFETENSORS[dtype], "shape": list(shape), "data_offsets": [end, end + len(data)]}
            end += len(data)
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with open(os.path.join(folder, "tensors.safetensors"), "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for (_, _, data), _ in ordered:
                file.write(data)
        lines = ",\n".join(json.dumps(case) for case in self.cases)
        with open(os.path.join(folder, "cases.json"), "w") as file:
            file.write(f"[\n{lines}\n]\n")
        return len(self.cases)


class Frames:
    """The two ends of the pipes. Frames are read by a thread, which ends the process when the input ends."""

    def __init__(self):
        # What libraries print must not come between the frames.
        self.output = os.dup(1)
        os.dup2(2, 1)
        self.input = os.fdopen(os.dup(0), "rb")
        self.frames = queue.Queue()
        threading.Thread(target=self.read_all, daemon=True).start()

    def read_all(self):
        try:
            while True:
                magic, head_length, body_length = struct.unpack("<4sIQ", self.read(16))
                if magic != MAGIC:
                    break
                self.frames.put((json.loads(self.read(head_length).decode()), self.read(body_length)))
        except EOFError:
            pass
        os._exit(0)

    def read(self, length):
        data = self.input.read(length)
        if len(data) < length:
            raise EOFError
        return data

    def send(self, head, tensors=()):
        listed = [{"dtype": dtype, "shape": shape} for dtype, shape, _ in tensors]
        body = b"".join(data for _, _, data in tensors)
        text = json.dumps({**head, "tensors": listed}).encode()
        data = memoryview(struct.pack("<4sIQ", MAGIC, len(text), len(body)) + text + body)
        while len(data) > 0:
            data = data[os.write(self.output, data):]


def split_tensors(head, body):
    """The tensors of a frame as (dtype, shape, bytes)."""
    tensors, at = [], 0
    for entry in head["tensors"]:
        size = math.prod(entry["shape"]) * SIZES[entry["dtype"]]
        tensors.append((entry["dtype"], entry["shape"], body[at:at + size]))
        at += size
    return tensors


def make_value(framework, value, tensors):
    """An argument of a case: a tensor by its number, a list, a distance function, or a plain value."""
    if isinstance(value, list):
        return [make_value(framework, item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        dtype, shape, data = tensors[value["tensor"]]
        strided = value.get("strided")
        if strided is not None:
            strided = (tensors[strided["storage"]][2], strided["strides"], strided["offset"])
        return framework.tensor(data, dtype, shape, strided, value.get("requires_grad", False))
    if "function" in value:
        return framework.distance(value["function"], value["kwargs"])
    if "class" in value:
        return framework.object(value["class"], value["kwargs"])
    return float(value["float"])


def answer(framework, case, found):
    """What a case gave, as a frame."""
    if "error" in found:
        return {"error": found["error"]}, []
    tensors = [framework.read(found["output"])]
    gradients = {}
    for index, gradient in found["gradients"].items():
        gradients[case["args"][index]["name"]] = None if gradient is None else len(tensors)
        if gradient is not None:
            tensors.append(framework.read(gradient))
    head = {"gradients": gradients}
    if "grad_error" in found:
        head["grad_error"] = found["grad_error"]
    return head, tensors


def serve(name, threads, device):
    frames = Frames()
    hello = {"type": "hello", "protocol": PROTOCOL, "framework": name, "python": sys.version.split()[0],
             "executable": sys.executable}
    warnings.simplefilter("ignore")
    try:
        framework = FRAMEWORKS[name](threads, device)
        hello.update(framework.versions())
    except Exception as error:
        frames.send({**hello, "error": f"{type(error).__name__}: {error}"})
        return
    frames.send(hello)
    recorder = Recorder(framework)
    while True:
        head, body = frames.frames.get()
        if head["type"] == "save":
            try:
                frames.send({"type": "saved", "count": recorder.save(head["folder"])})
            except OSError as error:
                frames.send({"type": "unsaved", "reason": error.strerror or str(error)})
            continue
        case, tensors = head["case"], split_tensors(head, body)
        args = [make_value(framework, argument["value"], tensors) for argument in case["args"]]
        kwargs = {key: make_value(framework, value, tensors) for key, value in case["kwargs"].items()}
        found = execute(framework, case["api"], case["name"], args, kwargs)
        if head.get("record"):
            plain = {key: value for key, value in case["kwargs"].items()
                     if isinstance(value, dict) and "tensor" not in value}
            recorder.add(case["api"], case["name"], args, kwargs, found, values=plain, id=case["id"],
                         loss=case["loss"], dtype=case["dtype"], note=case["note"],
                         names=[argument["name"] for argument in case["args"]])
        reply, results = answer(framework, case, found)
        frames.send({"type": "result", "id": case["id"], **reply}, results)
        if name == "mindspore":
            framework.wanted.clear()


def main():
    parser = argparse.ArgumentParser(description="The Python side of torchloss parity.")
    parser.add_argument("mode", choices=["serve"])
    parser.add_argument("framework", choices=sorted(FRAMEWORKS))
    parser.add_argument("--threads", type=int)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    serve(options.framework, options.threads, options.device)


if __name__ == "__main__":
    main()
