"""Makes the ONNX files beside it and goldens.safetensors: what PyTorch makes of some images (batch 3, seeded).

python goldens.py          with PyTorch 2.13, onnx and onnxscript; weights and running statistics are random, images are uniform in [-1, 1)
"""
import json
import pathlib
import struct
import sys
import warnings

import onnx
import torch
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).parent
warnings.filterwarnings("ignore")


class Squeeze(nn.Module):
    def __init__(self, channels, reduced, gate):
        super().__init__()
        self.reduce, self.expand, self.gate = nn.Conv2d(channels, reduced, 1), nn.Conv2d(reduced, channels, 1), gate

    def forward(self, x):
        return x * self.gate(self.expand(F.relu(self.reduce(F.adaptive_avg_pool2d(x, 1)))))


class Inverted(nn.Module):
    def __init__(self, cin, hidden, cout, kernel, stride, act, gate):
        super().__init__()
        self.pw, self.bn1 = nn.Conv2d(cin, hidden, 1, bias=False), nn.BatchNorm2d(hidden, eps=1e-3)
        self.dw = nn.Conv2d(hidden, hidden, kernel, stride, kernel // 2, groups=hidden, bias=False)
        self.bn2, self.se, self.act = nn.BatchNorm2d(hidden), Squeeze(hidden, 4, gate), act
        self.pwl, self.bn3 = nn.Conv2d(hidden, cout, 1, bias=False), nn.BatchNorm2d(cout)
        self.residual = stride == 1 and cin == cout

    def forward(self, x):
        y = self.act(self.bn1(self.pw(x)))
        y = self.se(self.act(self.bn2(self.dw(y))))
        y = self.bn3(self.pwl(y))
        return x + y if self.residual else y


class Mobile(nn.Module):
    """Batch norm, depthwise convolutions, squeeze-and-excite, residuals, dropout."""

    def __init__(self, act, gate):
        super().__init__()
        self.stem, self.bn, self.act = nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), act
        self.blocks = nn.Sequential(
            Inverted(8, 16, 8, 3, 1, act, gate), Inverted(8, 16, 12, 5, 2, act, gate), Inverted(12, 24, 12, 3, 1, act, gate))
        self.head, self.bn2 = nn.Conv2d(12, 20, 1, bias=False), nn.BatchNorm2d(20)
        self.drop, self.classifier = nn.Dropout(0.2), nn.Linear(20, 5)

    def forward(self, x):
        x = self.blocks(self.act(self.bn(self.stem(x))))
        x = self.act(self.bn2(self.head(x)))
        return self.classifier(self.drop(x.mean([2, 3])))


class Basic(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout)
        self.conv2, self.bn2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout)
        self.down = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout)) if stride > 1 else None

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (self.down(x) if self.down else x))


class Residual(nn.Module):
    """ResNet: max pool with padding, downsampling branches, flatten."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 7, 2, 3, bias=False), nn.BatchNorm2d(8)
        self.layers = nn.Sequential(Basic(8, 8, 1), Basic(8, 8, 1), Basic(8, 12, 2), Basic(12, 12, 1))
        self.fc = nn.Linear(12, 5)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(self.layers(x), 1), 1))


class OptionA(nn.Module):
    """A CIFAR ResNet's shortcut: every second pixel, zeros for the new channels."""

    def __init__(self):
        super().__init__()
        self.conv, self.down, self.up = nn.Conv2d(3, 4, 3, 1, 1), nn.Conv2d(4, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, 1, 1)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = F.relu(self.conv(x))
        short = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2), "constant", 0)
        x = F.relu(self.up(F.relu(self.down(x))) + short)
        return self.fc(F.avg_pool2d(x, x.size()[3]).view(x.size(0), -1))


class Transformer(nn.Module):
    """ViT as timm writes it: class token, position embedding, attention with one product for q, k and v."""

    def __init__(self, dim=16, heads=2, size=16, patch=4):
        super().__init__()
        self.heads, self.patch = heads, nn.Conv2d(3, dim, patch, patch)
        self.cls = nn.Parameter(torch.randn(1, 1, dim))
        self.pos = nn.Parameter(torch.randn(1, (size // patch) ** 2 + 1, dim))
        self.norms = nn.ModuleList(nn.LayerNorm(dim, eps=1e-6) for _ in range(3))
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.fc1, self.fc2, self.head = nn.Linear(dim, 2 * dim), nn.Linear(2 * dim, dim), nn.Linear(dim, 5)

    def attention(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        a = (q * (c // self.heads) ** -0.5) @ k.transpose(-2, -1)
        return self.proj((a.softmax(dim=-1) @ v).transpose(1, 2).reshape(b, n, c))

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls.expand(x.shape[0], -1, -1), x), dim=1) + self.pos
        x = x + self.attention(self.norms[0](x))
        x = x + self.fc2(F.gelu(self.fc1(self.norms[1](x))))
        return self.head(self.norms[2](x)[:, 0])


class Fused(nn.Module):
    """A transformer of PyTorch's own layers: fused attention, a mean over tokens in place of a class token."""

    def __init__(self, dim=16, heads=2, patch=4):
        super().__init__()
        self.patch = nn.Conv2d(3, dim, patch, patch)
        self.pos = nn.Parameter(torch.randn(1, (16 // patch) ** 2, dim))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(dim, heads, 2 * dim, 0.1, "gelu", batch_first=True, norm_first=True) for _ in range(2))
        self.heads, self.qkv, self.proj, self.head = heads, nn.Linear(dim, 3 * dim), nn.Linear(dim, dim), nn.Linear(dim, 5)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2) + self.pos
        for layer in self.layers:
            x = layer(x)
        b, n, c = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        x = x + self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, c))
        return self.head(x.mean(1))


class Next(nn.Module):
    """ConvNeXt: layer norm over channels last, tanh GELU, layer scale."""

    def __init__(self, dim=8):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, dim, 4, 4), nn.LayerNorm(dim, eps=1e-6)
        self.dw, self.fc1, self.fc2 = nn.Conv2d(dim, dim, 7, 1, 3, groups=dim), nn.Linear(dim, 2 * dim), nn.Linear(2 * dim, dim)
        self.gamma, self.fc = nn.Parameter(torch.full((dim,), 0.5)), nn.Linear(dim, 5)

    def forward(self, x):
        x = self.stem(x)
        y = self.fc2(F.gelu(self.fc1(self.norm(self.dw(x).permute(0, 2, 3, 1))), approximate="tanh"))
        x = x + (self.gamma * y).permute(0, 3, 1, 2)
        return self.fc(x.mean((-2, -1)))


class Odd(nn.Module):
    """Windows that leave the image, activations that are none of the engine's, shuffled channels, reductions."""

    def __init__(self):
        super().__init__()
        self.wide, self.tall = nn.Conv2d(3, 8, (1, 5), 1, (0, 2)), nn.Conv2d(8, 8, (5, 1), 1, (2, 0), groups=4)
        self.pad, self.conv, self.prelu = nn.ZeroPad2d((0, 1, 2, 0)), nn.Conv2d(8, 8, 3, 2), nn.PReLU(8)
        self.mean, self.std = nn.Buffer(torch.rand(1, 3, 1, 1)), nn.Buffer(torch.rand(1, 3, 1, 1) + 0.5)
        self.fc = nn.Linear(40, 5)

    def forward(self, x):
        x = (x - self.mean) / self.std
        x = F.leaky_relu(self.tall(self.prelu(self.wide(x))), 0.1)
        a, b = x.chunk(2, dim=1)
        x = torch.stack((b, a), dim=2).flatten(1, 2)
        x = torch.clamp(self.conv(self.pad(x)), -0.7, 1.1)
        x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        y = F.avg_pool2d(torch.tanh(x), 3, 1, 1, count_include_pad=False)
        z = F.avg_pool2d(x * torch.sigmoid(x), 3, 1, 1) - 2 * torch.abs(y)
        z = torch.cat((x, torch.maximum(y, z)), 1)
        return self.fc(torch.cat((z.amax((2, 3)), z.pow(2).sum((2, 3)), F.softmax(z, dim=1)[:, [0, 5], 1].flatten(1)), 1))


def cases():
    hard = lambda: Mobile(nn.Hardswish(), nn.Hardsigmoid())
    yield "mobile-hard-14", hard, 14, True, {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}
    yield "mobile-hard-11-folded", hard, 11, False, {}
    yield "mobile-silu-17", lambda: Mobile(nn.SiLU(), nn.Sigmoid()), 17, True, {"training": torch.onnx.TrainingMode.PRESERVE}
    yield "mobile-relu6-12", lambda: Mobile(nn.ReLU6(), nn.Sigmoid()), 12, True, {}
    yield "residual-11", Residual, 11, False, {}
    yield "residual-18", Residual, 18, True, {"training": torch.onnx.TrainingMode.PRESERVE}
    yield "option-a-13", OptionA, 13, True, {}
    yield "transformer-12", Transformer, 12, True, {}
    yield "transformer-12-fixed", Transformer, 12, False, {}
    yield "transformer-17", Transformer, 17, True, {}
    yield "next-14", Next, 14, True, {}
    yield "next-20", Next, 20, True, {}
    yield "odd-16", Odd, 16, True, {}
    yield "fused-17", Fused, 17, True, {}
    for name, make, opset, dynamic in (
            ("mobile-hard", hard, 18, True), ("residual", Residual, 22, False), ("option-a", OptionA, 20, True), ("transformer", Transformer, 18, True),
            ("fused", Fused, 20, True), ("fused-fixed", Fused, 18, False), ("next", Next, 22, True)):
        yield f"{name}-dynamo-{opset}", make, opset, dynamic, {"dynamo": True}


def selected(name):
    """python goldens.py NAME...    writes the files of these alone; the numbers are always written whole"""
    return len(sys.argv) == 1 or name in sys.argv[1:]


def plain(path):
    """Without the stack traces that name this machine's files."""
    model = onnx.load(path)
    for part in (*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer, model.graph):
        del part.metadata_props[:]
    onnx.save(model, path)


def save(path, tensors):
    header, data = {}, b""
    for name, t in tensors.items():
        raw = t.contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    images = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    tensors = {"images": images}
    for name, make, opset, dynamic, more in cases():
        torch.manual_seed(7)
        model = make().eval()
        for m in model.modules():
            if isinstance(m, nn.BatchNorm2d):
                nn.init.uniform_(m.running_mean, -0.3, 0.3)
                nn.init.uniform_(m.running_var, 0.5, 1.5)
                nn.init.uniform_(m.weight, 0.5, 1.5)
                nn.init.uniform_(m.bias, -0.3, 0.3)
        with torch.no_grad():
            tensors[name] = model(images)
        if not selected(name):
            continue
        if more.get("dynamo"):
            axes = {"dynamic_shapes": ({0: torch.export.Dim("batch")},)} if dynamic else {}
            more = more | {"external_data": False, "verbose": False}
        else:
            axes = {"dynamic_axes": {"images": {0: "batch"}, "logits": {0: "batch"}}} if dynamic else {}
        torch.onnx.export(model, (images[: 2 if dynamic else 1],), str(HERE / (name + ".onnx")), opset_version=opset,
                          input_names=["images"], output_names=["logits"], **({"dynamo": False} | axes | more))
        if more.get("dynamo"):
            plain(HERE / (name + ".onnx"))
    save(HERE / "goldens.safetensors", tensors)


if __name__ == "__main__":
    main()
