"""Writes goldens.txt: parameters, MACs and logits of the reference models as PyTorch computes them, in double precision.

    python goldens.py > goldens.txt        (made with PyTorch 2.13, CPU)

The modules are written here with the names that timm gives their parameters (of the CIFAR ResNets: akamaster/pytorch_resnet_cifar10's). A line is
    model <tab> parameters <tab> MACs of one image as published <tab> SHA-256 of the names and shapes <tab> logits of two small images with 10 classes
Weights and images are not stored: both sides make them from names and positions, see fill() and image().
"""
import hashlib
import math
from collections import OrderedDict
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

M = (1 << 64) - 1


def mix(z):
    """SplitMix64, as donna.graph.Mask.mix; of one number or an array."""
    with np.errstate(over="ignore"):
        z = np.uint64(z) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def fnv(name):
    h = 0xCBF29CE484222325
    for c in name.encode():
        h = ((h ^ c) * 0x100000001B3) & M
    return h


def uniform(name, n):
    """Uniform in [-1, 1) with 16 bits, keyed by a name."""
    return (mix(mix(fnv(name)) ^ np.arange(n, dtype=np.uint64)) >> np.uint64(48)).astype(np.float64) / 32768.0 - 1


def values(name, shape):
    u = uniform(name, int(np.prod(shape)))
    if name.endswith("running_var"):
        v = 1 + 0.5 * u
    elif name.endswith("running_mean") or name.endswith("bias"):
        v = 0.1 * u
    elif len(shape) == 1:
        v = 1 + 0.1 * u
    else:
        v = u * math.sqrt(4.0 / np.prod(shape[1:]))
    return torch.tensor(v.astype(np.float32).astype(np.float64)).reshape(tuple(shape))


def image(n, size):
    return torch.tensor(uniform("images", n * 3 * size * size)).reshape(n, 3, size, size)


# ---- CNNs

def conv(i, o, k, s=1, g=1, bias=False):
    return nn.Conv2d(i, o, k, s, k // 2, groups=g, bias=bias)


class SqueezeExcite(nn.Module):
    def __init__(self, c, r, act, gate):
        super().__init__()
        self.conv_reduce = conv(c, r, 1, bias=True)
        self.conv_expand = conv(r, c, 1, bias=True)
        self.act, self.gate = act, gate

    def forward(self, x):
        return x * self.gate(self.conv_expand(self.act(self.conv_reduce(x.mean((2, 3), keepdim=True)))))


class DepthwiseSeparable(nn.Module):
    def __init__(self, i, o, k, s, se, act):
        super().__init__()
        self.conv_dw, self.bn1 = conv(i, i, k, s, i), nn.BatchNorm2d(i)
        self.se = se or nn.Identity()
        self.conv_pw, self.bn2 = conv(i, o, 1), nn.BatchNorm2d(o)
        self.act, self.skip = act, s == 1 and i == o

    def forward(self, x):
        y = self.bn2(self.conv_pw(self.se(self.act(self.bn1(self.conv_dw(x))))))
        return x + y if self.skip else y


class InvertedResidual(nn.Module):
    def __init__(self, i, h, o, k, s, se, act):
        super().__init__()
        self.conv_pw, self.bn1 = conv(i, h, 1), nn.BatchNorm2d(h)
        self.conv_dw, self.bn2 = conv(h, h, k, s, h), nn.BatchNorm2d(h)
        self.se = se or nn.Identity()
        self.conv_pwl, self.bn3 = conv(h, o, 1), nn.BatchNorm2d(o)
        self.act, self.skip = act, s == 1 and i == o

    def forward(self, x):
        y = self.act(self.bn2(self.conv_dw(self.act(self.bn1(self.conv_pw(x))))))
        y = self.bn3(self.conv_pwl(self.se(y)))
        return x + y if self.skip else y


class ConvNormAct(nn.Module):
    def __init__(self, i, o, act):
        super().__init__()
        self.conv, self.bn1, self.act = conv(i, o, 1), nn.BatchNorm2d(o), act

    def forward(self, x):
        return self.act(self.bn1(self.conv(x)))


def divisible(v):
    new = max(8, int(v + 4) // 8 * 8)
    return new + 8 if new < 0.9 * v else new


class Mobile(nn.Module):
    """conv_stem, bn1, blocks, conv_head, bn2, classifier."""

    def __init__(self, stem, stages, features, act, classes):
        super().__init__()
        self.conv_stem, self.bn1, self.act = conv(3, stem, 3, 2), nn.BatchNorm2d(stem), act
        self.blocks = nn.Sequential(*[nn.Sequential(*s) for s in stages])
        last = [m.num_features for m in self.blocks.modules() if isinstance(m, nn.BatchNorm2d)][-1]
        self.conv_head, self.bn2 = conv(last, features, 1), nn.BatchNorm2d(features)
        self.classifier = nn.Linear(features, classes)

    def forward(self, x):
        x = self.blocks(self.act(self.bn1(self.conv_stem(x))))
        return self.classifier(self.act(self.bn2(self.conv_head(x))).mean((2, 3)))


def mobilenet_v2(classes, width=1.0):
    stem = divisible(32 * width)
    i, stages = stem, []
    for t, c, n, s in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
        stage, o = [], divisible(c * width)
        for j in range(n):
            stride = s if j == 0 else 1
            stage.append(DepthwiseSeparable(i, o, 3, stride, None, F.relu6) if t == 1 else InvertedResidual(i, divisible(i * t), o, 3, stride, None, F.relu6))
            i = o
        stages.append(stage)
    return Mobile(stem, stages, max(1280, divisible(1280 * width)), F.relu6, classes)


class MobileNetV3(nn.Module):
    def __init__(self, classes):
        super().__init__()
        r, h = F.relu, F.hardswish
        se = lambda c: SqueezeExcite(c, divisible(c / 4), F.relu, F.hardsigmoid)
        table = [[(3, 64, 24, 2, 0, r), (3, 72, 24, 1, 0, r)],
                 [(5, 72, 40, 2, 1, r), (5, 120, 40, 1, 1, r), (5, 120, 40, 1, 1, r)],
                 [(3, 240, 80, 2, 0, h), (3, 200, 80, 1, 0, h), (3, 184, 80, 1, 0, h), (3, 184, 80, 1, 0, h)],
                 [(3, 480, 112, 1, 1, h), (3, 672, 112, 1, 1, h)],
                 [(5, 672, 160, 2, 1, h), (5, 960, 160, 1, 1, h), (5, 960, 160, 1, 1, h)]]
        stages, i = [[DepthwiseSeparable(16, 16, 3, 1, None, r)]], 16
        for rows in table:
            stage = []
            for k, hidden, o, s, attention, act in rows:
                stage.append(InvertedResidual(i, hidden, o, k, s, se(hidden) if attention else None, act))
                i = o
            stages.append(stage)
        stages.append([ConvNormAct(160, 960, h)])
        self.conv_stem, self.bn1, self.act = conv(3, 16, 3, 2), nn.BatchNorm2d(16), h
        self.blocks = nn.Sequential(*[nn.Sequential(*s) for s in stages])
        self.conv_head = conv(960, 1280, 1, bias=True)
        self.classifier = nn.Linear(1280, classes)

    def forward(self, x):
        x = self.blocks(self.act(self.bn1(self.conv_stem(x)))).mean((2, 3), keepdim=True)
        return self.classifier(self.act(self.conv_head(x)).flatten(1))


def efficientnet(b):
    width, depth = [(1.0, 1.0), (1.0, 1.1), (1.1, 1.2), (1.2, 1.4), (1.4, 1.8)][b]

    def make(classes):
        stem = divisible(32 * width)
        i, stages = stem, []
        for t, c, n, s, k in [(1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)]:
            stage, o = [], divisible(c * width)
            for j in range(math.ceil(n * depth)):
                h = divisible(i * t) if t > 1 else i
                se = SqueezeExcite(h, round(i / 4), F.silu, torch.sigmoid)
                stride = s if j == 0 else 1
                stage.append(DepthwiseSeparable(i, o, k, stride, se, F.silu) if t == 1 else InvertedResidual(i, h, o, k, stride, se, F.silu))
                i = o
            stages.append(stage)
        return Mobile(stem, stages, divisible(1280 * width), F.silu, classes)
    return make


class Basic(nn.Module):
    def __init__(self, i, o, s, option_a):
        super().__init__()
        self.conv1, self.bn1 = conv(i, o, 3, s), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = conv(o, o, 3), nn.BatchNorm2d(o)
        self.grows, self.option_a, self.more = s > 1 or i != o, option_a, o - i
        if self.grows and not option_a:
            self.downsample = nn.Sequential(nn.Conv2d(i, o, 1, s, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.grows:
            p = self.more // 2
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, p, p)) if self.option_a else self.downsample(x)
        return F.relu(x + y)


class Bottleneck(nn.Module):
    def __init__(self, i, w, s):
        super().__init__()
        self.conv1, self.bn1 = conv(i, w, 1), nn.BatchNorm2d(w)
        self.conv2, self.bn2 = conv(w, w, 3, s), nn.BatchNorm2d(w)
        self.conv3, self.bn3 = conv(w, 4 * w, 1), nn.BatchNorm2d(4 * w)
        if s > 1 or i != 4 * w:
            self.downsample = nn.Sequential(nn.Conv2d(i, 4 * w, 1, s, bias=False), nn.BatchNorm2d(4 * w))

    def forward(self, x):
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class ResNet(nn.Module):
    def __init__(self, depth, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        i = 64
        for stage, n in enumerate([2, 2, 2, 2] if depth == 18 else [3, 4, 6, 3]):
            w, layer = 64 << stage, []
            for j in range(n):
                s = 2 if stage and not j else 1
                layer.append(Bottleneck(i, w, s) if depth == 50 else Basic(i, w, s, False))
                i = 4 * w if depth == 50 else w
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))
        self.fc = nn.Linear(i, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.fc(self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3)))


class CifarResNet(nn.Module):
    def __init__(self, depth, classes):
        super().__init__()
        self.conv1, self.bn1 = conv(3, 16, 3), nn.BatchNorm2d(16)
        i = 16
        for stage in range(3):
            w, layer = 16 << stage, []
            for j in range((depth - 2) // 6):
                layer.append(Basic(i, w, 2 if stage and not j else 1, True))
                i = w
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))
        self.linear = nn.Linear(64, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


# ---- transformers

class Attention(nn.Module):
    macs = 0

    def __init__(self, d, heads):
        super().__init__()
        self.qkv, self.proj, self.heads = nn.Linear(d, 3 * d), nn.Linear(d, d), heads

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * (d // self.heads) ** -0.5).softmax(-1)
        Attention.macs += 2 * n * t * t * d
        return self.proj((weights @ v).transpose(1, 2).reshape(n, t, d))


class Encoder(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(d, 1e-6), Attention(d, heads)
        self.norm2 = nn.LayerNorm(d, 1e-6)
        self.mlp = nn.ModuleDict(OrderedDict(fc1=nn.Linear(d, 4 * d), fc2=nn.Linear(4 * d, d)))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))


class VisionTransformer(nn.Module):
    def __init__(self, size, d, heads, classes):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, d))
        self.pos_embed = nn.Parameter(torch.zeros(1, (size // 16) ** 2 + 1, d))
        self.patch_embed = nn.ModuleDict(OrderedDict(proj=nn.Conv2d(3, d, 16, 16)))
        self.blocks = nn.Sequential(*[Encoder(d, heads) for _ in range(12)])
        self.norm, self.head = nn.LayerNorm(d, 1e-6), nn.Linear(d, classes)

    def forward(self, x):
        x = self.patch_embed["proj"](x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


# ---- the table

def count_macs(model, x):
    total = [0]

    def hook(m, inputs, out):
        total[0] += out.numel() * (m.weight.numel() // m.weight.shape[0])
    handles = [m.register_forward_hook(hook) for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    Attention.macs = 0
    with torch.no_grad():
        model(x)
    for h in handles:
        h.remove()
    return total[0] + Attention.macs


def golden(name, make, size, small, classes=1000):
    """make(classes, size)"""
    model = make(classes, size).eval()
    params = sum(p.numel() for p in model.parameters())
    macs = count_macs(model, torch.zeros(1, 3, size, size))
    lines = sorted(f"{k} {list(v.shape)}" for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked"))
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    model = make(10, small).double().eval()
    model.load_state_dict({k: values(k, list(v.shape)) for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}, strict=False)
    with torch.no_grad():
        logits = model(image(2, small))
    print(name, params, macs, digest, " ".join(f"{v:.10g}" for v in logits.reshape(-1)), sep="\t")


if __name__ == "__main__":
    golden("mobilenet_v2", lambda c, s: mobilenet_v2(c), 224, 64)
    golden("mobilenet_v2 1.4", lambda c, s: mobilenet_v2(c, 1.4), 224, 64)
    golden("mobilenet_v3_large", lambda c, s: MobileNetV3(c), 224, 64)
    for b, size in enumerate([224, 240, 260, 300, 380]):
        golden(f"efficientnet_b{b}", lambda c, s: efficientnet(b)(c), size, 64)
    for depth in (18, 34, 50):
        golden(f"resnet{depth}", lambda c, s: ResNet(depth, c), 224, 64)
    for depth in (20, 32, 44, 56):
        golden(f"cifar_resnet{depth}", lambda c, s: CifarResNet(depth, c), 32, 32, 10)
    for name, d, heads in (("vit_tiny", 192, 3), ("vit_small", 384, 6), ("deit_tiny", 192, 3)):
        golden(name, lambda c, s: VisionTransformer(s, d, heads, c), 224, 64)
