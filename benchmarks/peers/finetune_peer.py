"""A finetuning step in PyTorch eager, for donna.bench.peers.Finetuning.

Usage: finetune_peer.py NETWORKS.json NAME PROCESSES STEPS PRECISION
Every process trains a network of its own with one thread: the fastest way found to keep all cores busy. The step: forward,
0.7 * 4 * KL(teacher, student) + 0.3 * cross-entropy, backward, fused AdamW; channels last, in
F32 or, with PRECISION BF16, autocast. Prints `NAME: MS ms`, the median
over the steps of all processes.
"""
import json
import statistics
import sys
import time

import torch
import torch.multiprocessing as mp
import torch.nn as nn
import torch.nn.functional as F

ACTIVATIONS = {"relu6": nn.ReLU6, "swish": nn.SiLU}
WARM_UP_STEPS = 5
TEMPERATURE = 2.0


def conv_norm(cin, cout, kernel, stride=1, groups=1, act=None):
    layers = [nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(cout)]
    return layers + ([ACTIVATIONS[act](inplace=True)] if act else [])


class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduced, act):
        super().__init__()
        self.reduce, self.expand = nn.Conv2d(channels, reduced, 1), nn.Conv2d(reduced, channels, 1)
        self.act = ACTIVATIONS[act]()

    def forward(self, x):
        return x * torch.sigmoid(self.expand(self.act(self.reduce(x.mean((2, 3), keepdim=True)))))


class MBConv(nn.Module):
    """As in MobileNetV2, an expansion of 1 has no 1x1 convolution before the depthwise one."""

    def __init__(self, block, cin, stride):
        super().__init__()
        hidden, act = cin * block["expand"], block["act"]
        layers = conv_norm(cin, hidden, 1, act=act) if block["expand"] > 1 else []
        layers += conv_norm(hidden, hidden, block["kernel"], stride, hidden, act)
        if block["se"]:
            layers.append(SqueezeExcite(hidden, max(1, cin // 4), act))
        self.layers = nn.Sequential(*layers, *conv_norm(hidden, block["out"], 1))
        self.residual = stride == 1 and cin == block["out"]

    def forward(self, x):
        y = self.layers(x)
        return x + y if self.residual else y


def network(spec):
    stem, head = spec["stem"], spec["head"]
    layers = conv_norm(spec["input"][0], stem["channels"], 3, stem["stride"], act=stem["act"])
    channels = stem["channels"]
    for block in spec["blocks"]:
        for i in range(block["depth"]):
            layers.append(MBConv(block, channels, block["stride"] if i == 0 else 1))
            channels = block["out"]
    layers += conv_norm(channels, head["channels"], 1, act=head["act"])
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(head["channels"], head["classes"]))


def train(rank, spec, steps, precision, ready, results):
    torch.set_num_threads(1)
    torch.manual_seed(rank)
    net = network(spec).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    images = torch.randn(spec["batch"], *spec["input"]).to(memory_format=torch.channels_last)
    labels = torch.randint(spec["head"]["classes"], (spec["batch"],))
    teacher = F.softmax(torch.randn(spec["batch"], spec["head"]["classes"]) / TEMPERATURE, 1)

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "BF16"):
            logits = net(images)
        logits = logits.float()
        soft = F.kl_div(F.log_softmax(logits / TEMPERATURE, 1), teacher, reduction="batchmean") * TEMPERATURE**2
        (0.7 * soft + 0.3 * F.cross_entropy(logits, labels)).backward()
        optimizer.step()

    for _ in range(WARM_UP_STEPS):
        step()
    ready.wait()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
    results.put(times)


def main():
    file, name, processes, steps, precision = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    spec = next(n for n in json.load(open(file))["networks"] if n["name"] == name)
    context = mp.get_context("fork")
    ready, results = context.Barrier(processes), context.SimpleQueue()
    children = [context.Process(target=train, args=(r, spec, steps, precision, ready, results)) for r in range(processes)]
    for child in children:
        child.start()
    times = [t for _ in children for t in results.get()]
    for child in children:
        child.join()
    print(f"{name}: {statistics.median(times):.2f} ms")


if __name__ == "__main__":
    main()
