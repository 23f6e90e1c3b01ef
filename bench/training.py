"""The Python program of `npm run bench -- --training`: the models of training_node.mjs, trained through PyTorch. It
reads commands from standard input: `prepare NAME` makes a model, `run train COUNT` trains it."""

import os
import sys
import time

import torch
from torch import nn, optim
from torch.nn import functional as F


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(784, 256)
        self.second = nn.Linear(256, 128)
        self.out = nn.Linear(128, 10)

    def forward(self, x):
        return self.out(F.relu(self.second(F.relu(self.first(x)))))


class Convolutions(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, 3)
        self.pool = nn.MaxPool2d(2)
        self.out = nn.Linear(16 * 5 * 5, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.pool(F.relu(self.conv2(x)))
        return self.out(x.flatten(1))


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 32)
        self.lstm = nn.LSTM(32, 64)
        self.out = nn.Linear(64, 50)

    def forward(self, tokens):
        output, _ = self.lstm(self.embedding(tokens))
        return self.out(output).view(-1, 50)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1 = nn.LayerNorm(64)
        self.c_attn = nn.Linear(64, 192)
        self.c_proj = nn.Linear(64, 64)
        self.ln_2 = nn.LayerNorm(64)
        self.fc = nn.Linear(64, 256)
        self.gelu = nn.GELU()
        self.proj = nn.Linear(256, 64)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        batch, time, features = x.shape
        q, k, v = (
            part.view(batch, time, 4, features // 4).transpose(1, 2) for part in self.c_attn(self.ln_1(x)).split(64, dim=2)
        )
        heads = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        joined = heads.transpose(1, 2).contiguous().view(batch, time, features)
        x = x + self.drop(self.c_proj(joined))
        return x + self.drop(self.proj(self.gelu(self.fc(self.ln_2(x)))))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(50, 64)
        self.wpe = nn.Embedding(32, 64)
        self.block = Block()
        self.ln_f = nn.LayerNorm(64)
        self.lm_head = nn.Linear(64, 50, bias=False)

    def forward(self, tokens):
        places = torch.arange(0, tokens.size(1))
        x = self.block(self.wte(tokens) + self.wpe(places))
        return self.lm_head(self.ln_f(x)).view(-1, 50)


def images(rows):
    return torch.randn(rows, 784), torch.randint(0, 10, (rows,))


def pictures(rows):
    return torch.randn(rows, 1, 28, 28), torch.randint(0, 10, (rows,))


def tokens(*shape):
    return torch.randint(0, 50, shape), torch.randint(0, 50, shape).view(-1)


CASES = {
    # torchloss traces this one: each step is one native call.
    "mlp_traced": (Perceptron, lambda: images(64), lambda params: optim.Adam(params, lr=1e-3), None),
    "mlp_adam": (Perceptron, lambda: images(64), lambda params: optim.Adam(params, lr=1e-3), None),
    "mlp_fused": (Perceptron, lambda: images(64), lambda params: optim.Adam(params, lr=1e-3, fused=True), None),
    "cnn": (Convolutions, lambda: pictures(16), lambda params: optim.SGD(params, lr=1e-3, momentum=0.9), None),
    "lstm": (Words, lambda: tokens(16, 8), lambda params: optim.Adam(params, lr=1e-3), 1.0),
    "gpt_block": (GPT, lambda: tokens(4, 32), lambda params: optim.AdamW(params, lr=1e-3), 1.0),
}


def make_trainer(name):
    """The function that trains for a number of steps and returns the last loss."""
    make_model, make_data, make_optimizer, clip = CASES[name]
    torch.manual_seed(14)
    model = make_model()
    x, y = make_data()
    optimizer = make_optimizer(model.parameters())

    def train(count):
        last = 0
        for _ in range(count):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            last = loss.item()
        return last

    return train


def loaded_library():
    """The libtorch_cpu of this process, or nothing if it cannot be found."""
    if not os.path.exists("/proc/self/maps"):
        return ""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return next((line.split()[-1] for line in maps if "/libtorch_cpu.so" in line), "")


print("ready", loaded_library(), flush=True)
train = None
for line in sys.stdin:
    command, *words = line.split()
    if command == "prepare":
        train = make_trainer(words[0])
        print("made", flush=True)
        continue
    cpu, elapsed = time.process_time_ns(), time.monotonic_ns()
    last = train(int(words[1]))
    cpu, elapsed = time.process_time_ns() - cpu, time.monotonic_ns() - elapsed
    print(cpu, elapsed, last, flush=True)
