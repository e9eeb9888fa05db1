"""PyTorch's side of benchmarks/gpu, for donna.bench.gpu.Peer.

Reads one JSON request a line from standard input and answers each with one line: `ready` and a text, `ms` and a number, or `failed` and a text.
  {"do": "prepare", "id": ID, "kind": "stage" | "training" | "inference", "variant": ..., "precision": "f32" | "tf32" | "bf16" | "f16", ...}
  {"do": "round", "id": ID, "steps": N}      the milliseconds of one step, waited for at the end of all N
  {"do": "drop", "id": ID}
Stage: one step trains every candidate of a block once, on the same input and target: forward, NSR loss, backward, fused SGD. Training: one step
of a timm model with cross-entropy. Inference: one batch through a timm model with batch norm folded. Everything is channels last; bf16 and f16
train under autocast. Variants: eager; graph (every step captured as a CUDA graph); streams (a stage's graphs on four streams); compile (torch.compile
for these shapes); compile graph (that, captured). What the compiler made is kept in a folder, so that another process need not compile it again.
"""
import gc
import json
import os
import sys
import tempfile
import time

os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", os.path.join(tempfile.gettempdir(), "donna-gpu-inductor"))
os.environ.setdefault("TORCHINDUCTOR_FX_GRAPH_CACHE", "1")
os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "4")

import torch
import torch.nn as nn
import torch.nn.functional as F

CUDA = torch.cuda.is_available()
DEVICE = torch.device("cuda" if CUDA else "cpu")
ACTIVATIONS = {"relu": nn.ReLU, "relu6": nn.ReLU6, "swish": nn.SiLU}
LOW = {"bf16": torch.bfloat16, "f16": torch.float16}
WARM_UP_STEPS = 3
STREAMS = 4
# Networks that share a class and its code, each compiled for itself.
COMPILED_AT_ONCE = 64
CONV_NORMS = [("conv_stem", "bn1"), ("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3"), ("conv_dw", "bn1"), ("conv_pw", "bn2"), ("conv_head", "bn2")]


def wait():
    if CUDA:
        torch.cuda.synchronize()


class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduced, act):
        super().__init__()
        self.reduce, self.expand = nn.Conv2d(channels, reduced, 1), nn.Conv2d(reduced, channels, 1)
        self.act = act(inplace=True)

    def forward(self, x):
        return x * torch.sigmoid(self.expand(self.act(self.reduce(x.mean((2, 3), keepdim=True)))))


class Block(nn.Module):
    """An inverted residual; fused has one dense convolution in place of expansion and depthwise convolution."""

    def __init__(self, c, channels, out, stride):
        super().__init__()
        hidden, kernel, act = channels * c["expand"], c["kernel"], ACTIVATIONS[c["act"]]
        if c["type"] == "mbconv":
            layers = [nn.Conv2d(channels, hidden, 1, bias=False), nn.BatchNorm2d(hidden), act(inplace=True)]
            layers.append(nn.Conv2d(hidden, hidden, kernel, stride, kernel // 2, groups=hidden, bias=False))
        else:
            layers = [nn.Conv2d(channels, hidden, kernel, stride, kernel // 2, bias=False)]
        layers += [nn.BatchNorm2d(hidden), act(inplace=True)]
        if c["se"]:
            layers.append(SqueezeExcite(hidden, max(1, channels // 4), act))
        self.layers = nn.Sequential(*layers, nn.Conv2d(hidden, out, 1, bias=False), nn.BatchNorm2d(out))
        self.residual = stride == 1 and channels == out

    def forward(self, x):
        y = self.layers(x)
        return x + y if self.residual else y


def candidate(stage, c):
    blocks = [Block(c, stage["out"] if i else stage["in"], stage["out"], 1 if i else stage["stride"]) for i in range(c["depth"])]
    return nn.Sequential(*blocks)


def compiled(model):
    """By torch.compile, for the shapes that it will see; what it cannot compile is an error."""
    import torch._dynamo.config as config

    config.recompile_limit = COMPILED_AT_ONCE
    config.fail_on_recompile_limit_hit = True
    return torch.compile(model, dynamic=False)


def training_step(model, loss_of, precision, variant):
    """A function that trains once; its gradients live as long as it does."""
    model = model.to(DEVICE).to(memory_format=torch.channels_last).train()
    run = compiled(model) if variant.startswith("compile") else model
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, fused=CUDA)
    low = LOW.get(precision)
    scaler = torch.amp.GradScaler(DEVICE.type, enabled=precision == "f16")

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(DEVICE.type, dtype=low or torch.bfloat16, enabled=low is not None):
            loss = loss_of(run)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    return step


def captured(step, pool=None):
    """A function that launches the step as a CUDA graph, captured after some runs on another stream; what the graph reads lives as long as it does."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP_STEPS):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, pool=pool):
        step()

    def replay(kept=step):
        graph.replay()

    return replay


def serial(steps):
    def run():
        for s in steps:
            s()

    return run


def on_streams(graphs):
    streams = [torch.cuda.Stream() for _ in range(STREAMS)]

    def run():
        main = torch.cuda.current_stream()
        for s in streams:
            s.wait_stream(main)
        for i, g in enumerate(graphs):
            with torch.cuda.stream(streams[i % STREAMS]):
                g()
        for s in streams:
            main.wait_stream(s)

    return run


def image(*shape):
    return torch.randn(*shape, device=DEVICE).to(memory_format=torch.channels_last)


def stage(request):
    s = request["stage"]
    side = s["size"] // s["stride"]
    x, target = image(s["batch"], s["in"], s["size"], s["size"]), image(s["batch"], s["out"], side, side)
    signal = ((target - target.mean((0, 2, 3), keepdim=True)) ** 2).sum((0, 2, 3))

    def nsr(run):
        return (((run(x).float() - target) ** 2).sum((0, 2, 3)) / signal).mean()

    variant = request["variant"]
    steps = [training_step(candidate(s, c), nsr, request["precision"], variant) for c in s["candidates"]]
    if variant in ("eager", "compile"):
        return serial(steps)
    if variant.endswith("graph"):
        pool = torch.cuda.graph_pool_handle()
        return serial([captured(step, pool) for step in steps])
    return on_streams([captured(step) for step in steps])


def training(request):
    import timm

    batch, side = request["batch"], request["size"]
    model, x = timm.create_model(request["model"], drop_rate=0.0, drop_path_rate=0.0), image(batch, 3, side, side)
    labels = torch.randint(1000, (batch,), device=DEVICE)
    step = training_step(model, lambda run: F.cross_entropy(run(x).float(), labels), request["precision"], request["variant"])
    return captured(step) if request["variant"].endswith("graph") else step


def folded(model):
    """With every batch norm in the weights of the convolution before it."""
    for m in list(model.modules()):
        for conv, norm in CONV_NORMS:
            c, n = getattr(m, conv, None), getattr(m, norm, None)
            if isinstance(c, nn.Conv2d) and isinstance(n, nn.BatchNorm2d) and c.out_channels == n.num_features:
                setattr(m, conv, nn.utils.fusion.fuse_conv_bn_eval(c, n))
                setattr(m, norm, n.act if hasattr(n, "act") else nn.Identity())
    return model


def inference(request):
    import timm

    batch, side, low = request["batch"], request["size"], LOW.get(request["precision"], torch.float32)
    model = folded(timm.create_model(request["model"]).eval()).to(DEVICE, low).to(memory_format=torch.channels_last)
    run, x = compiled(model) if request["variant"].startswith("compile") else model, image(batch, 3, side, side).to(low)

    def step():
        with torch.inference_mode():
            run(x)

    return captured(step) if request["variant"].endswith("graph") else step


def use(precision):
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision != "f32"


KINDS = {"stage": stage, "training": training, "inference": inference}
prepared = {}


def answer(request):
    if request["do"] == "drop":
        prepared.pop(request["id"], None)
        gc.collect()
        if CUDA:
            torch.cuda.empty_cache()
        return "ready dropped"
    if request["do"] == "prepare":
        use(request["precision"])
        torch.manual_seed(1)
        start = time.perf_counter()
        run = KINDS[request["kind"]](request)
        for _ in range(WARM_UP_STEPS):
            run()
        wait()
        gc.collect()
        if CUDA:
            # What is prepared ahead leaves the card's memory to others.
            torch.cuda.empty_cache()
        prepared[request["id"]] = request["precision"], run
        return f"ready in {time.perf_counter() - start:.1f} s"
    precision, run = prepared[request["id"]]
    use(precision)
    wait()
    start = time.perf_counter()
    for _ in range(request["steps"]):
        run()
    wait()
    return f"ms {(time.perf_counter() - start) * 1e3 / request['steps']:.6f}"


def main():
    card = torch.cuda.get_device_name() if CUDA else "CPU"
    print(f"ready PyTorch {torch.__version__}, {card}", flush=True)
    for line in sys.stdin:
        try:
            text = answer(json.loads(line))
        except Exception as e:  # one work that fails must not end the others
            text = "failed " + " ".join(f"{type(e).__name__}: {e}".split())[:400]
        print(text, flush=True)


if __name__ == "__main__":
    main()
