"""One case of evaluate.mjs in Python: one call of the loss, medians over the rounds."""
import json
import re
import statistics
import sys
import time

import torch

job = json.loads(sys.argv[1])
torch.set_num_threads(job["threads"])
torch.manual_seed(1)
loss = getattr(torch.nn.functional, job["name"])
shape = job["shape"]
data = torch.randn(shape)
target = {
    "classes": lambda: torch.randint(0, shape[1], [shape[0]]),
    "uniform": lambda: torch.rand(shape),
    "normal": lambda: torch.randn(shape),
}[job["target"]]()


def run(rows=None):
    x, y = data[:rows], target[:rows]
    if job["pass"] == "forward":
        with torch.no_grad():
            return loss(x, y).item()
    x = x.detach().requires_grad_()
    result = loss(x, y)
    result.backward()
    return result.item()


def status(field):
    with open("/proc/self/status") as file:
        return int(re.search(field + r":\s+(\d+)", file.read()).group(1))


run(64)
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
base = status("VmRSS")
value = run()
megabytes = (status("VmHWM") - base) / 1024
times, cpus = [], []
for _ in range(job["rounds"]):
    start, cpu = time.perf_counter(), time.process_time()
    value = run()
    cpus.append((time.process_time() - cpu) * 1000)
    times.append((time.perf_counter() - start) * 1000)
print(json.dumps({"loss": value, "ms": statistics.median(times), "cpu": statistics.median(cpus), "mb": megabytes}))
