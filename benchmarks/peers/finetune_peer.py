"""Peer of FinetuneStep: one finetuning step of a network in PyTorch eager (cross-entropy and distillation, SGD with momentum).

Usage: finetune_peer.py MODEL.json BATCH THREADS STEPS. Prints the median milliseconds of a step.
"""
import json, statistics, sys, time
import torch
import torch.nn as nn

ACT = {"relu": nn.ReLU, "relu6": nn.ReLU6, "swish": nn.SiLU, "hswish": nn.Hardswish}


def conv_norm(cin, cout, kernel, stride, groups, act):
    layers = [nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(cout)]
    return layers + [ACT[act](inplace=True)] if act else layers


class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduced, act):
        super().__init__()
        self.reduce, self.expand, self.act = nn.Conv2d(channels, reduced, 1), nn.Conv2d(reduced, channels, 1), ACT[act]()

    def forward(self, x):
        return x * torch.sigmoid(self.expand(self.act(self.reduce(x.mean((2, 3), keepdim=True)))))


class Inverted(nn.Module):
    def __init__(self, c):
        super().__init__()
        layers = conv_norm(c["in"], c["hidden"], 1, 1, 1, c["act"]) if c["expand"] else []
        layers += conv_norm(c["hidden"], c["hidden"], c["kernel"], c["stride"], c["hidden"], c["act"])
        if c["squeeze"]:
            layers.append(SqueezeExcite(c["hidden"], c["squeeze"], c["act"]))
        self.layers = nn.Sequential(*layers, *conv_norm(c["hidden"], c["out"], 1, 1, 1, None))
        self.residual = c["stride"] == 1 and c["in"] == c["out"]

    def forward(self, x):
        return x + self.layers(x) if self.residual else self.layers(x)


def network(m):
    stem, head, last = m["stem"], m["head"], m["layers"][-1]["out"]
    return nn.Sequential(
        *conv_norm(m["input"][0], stem["channels"], stem["kernel"], stem["stride"], 1, stem["act"]),
        *[Inverted(c) for c in m["layers"]],
        *conv_norm(last, head["channels"], head["kernel"], head["stride"], 1, head["act"]),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(head["channels"], m["classes"]))


model, batch, threads, steps = json.load(open(sys.argv[1])), *map(int, sys.argv[2:])
torch.set_num_threads(threads)
torch.manual_seed(1)
net = network(model).to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
images = torch.randn(batch, *model["input"]).to(memory_format=torch.channels_last)
soft = torch.softmax(torch.randn(batch, model["classes"]) / 2, 1)
labels = torch.randint(model["classes"], (batch,))


def step():
    optimizer.zero_grad(set_to_none=True)
    logits = net(images)
    kl = nn.functional.kl_div(torch.log_softmax(logits / 2, 1), soft, reduction="batchmean") * 4
    (0.7 * kl + 0.3 * nn.functional.cross_entropy(logits, labels)).backward()
    optimizer.step()


for _ in range(5):
    step()
times = []
for _ in range(steps):
    start = time.perf_counter()
    step()
    times.append(time.perf_counter() - start)
print(f"{model['name']} batch {batch}: {statistics.median(times) * 1e3:.2f} ms")
