"""Checks what `donna export` wrote from outside: builds the network in PyTorch from the safetensors file's own config,
loads its weights, and compares the logits with ONNX Runtime's of the ONNX file, on random images.

python check_export.py MODEL.safetensors MODEL.onnx          needs torch, numpy and onnxruntime
"""
import json
import re
import struct
import sys

import numpy
import onnxruntime
import torch
from torch import nn
from torch.nn import functional as F

ACTIVATIONS = {"relu": F.relu, "relu6": F.relu6, "swish": F.silu, "hswish": F.hardswish, "sigmoid": torch.sigmoid,
               "hsigmoid": F.hardsigmoid, "gelu": F.gelu, "none": lambda x: x}


def read(path):
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    about = header.pop("__metadata__")
    tensors = {}
    for name, t in header.items():
        raw = bytearray(data[t["data_offsets"][0]:t["data_offsets"][1]])
        tensors[name] = torch.frombuffer(raw, dtype=torch.float32).reshape(t["shape"])
    return about, tensors


# Of the models by name: activation, name of the classifier, heads of attention, and the units that have relu instead.
REFERENCES = {"cifar_resnet": ("relu", "linear", 0, ()), "resnet": ("relu", "fc", 0, ()), "mobilenet_v2": ("relu6", "classifier", 0, ()),
              "mobilenet_v3_large": ("hswish", "classifier", 0, ("blocks.0.", "blocks.1.", "blocks.2.")),
              "efficientnet": ("swish", "classifier", 0, ()), "vit_tiny": ("gelu", "head", 3, ()), "vit_small": ("gelu", "head", 6, ()),
              "deit_tiny": ("gelu", "head", 3, ())}


class Model(nn.Module):
    """Stem, blocks, head; what the weights' names and shapes do not say comes from the config."""

    def __init__(self, config, tensors):
        super().__init__()
        self.model, self.blocks, self.t = config["model"], config["blocks"], tensors
        self.reference = self.model.get("reference")
        if self.reference:
            name = self.reference["name"]
            known = [k for k in REFERENCES if name.startswith(k) and not self.reference.get("file")]
            if not known:
                sys.exit(f"{name} is not among the models that this script rebuilds: {', '.join(REFERENCES)}")
            self.act, self.classifier, self.heads, self.simple = REFERENCES[known[0]]
            self.gates = "hard_se" if name == "mobilenet_v3_large" else "none"

    def conv(self, conv, norm, x, stride=1, padding=None):
        w = self.t[conv + ".weight"]
        padding = w.shape[2] // 2 if padding is None else padding
        x = F.conv2d(x, w, None, stride, padding, groups=x.shape[1] // w.shape[1])
        return F.batch_norm(x, *(self.t[norm + s] for s in (".running_mean", ".running_var", ".weight", ".bias")))

    def linear(self, name, x):
        return F.linear(x, self.t[name + ".weight"].flatten(1), self.t[name + ".bias"])

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.t[name + ".weight"], self.t[name + ".bias"], 1e-6)

    def has(self, name):
        return name + ".weight" in self.t

    def attention(self, name, x, kind, act):
        if self.has(name + "se.conv"):
            w = self.t[name + "se.conv.weight"]
            gate = torch.sigmoid(F.conv1d(x.mean((2, 3))[:, None], w, padding=w.shape[2] // 2)[:, 0])
        elif self.has(name + "se.conv_reduce"):
            inner, outer = (F.relu, F.hardsigmoid) if kind == "hard_se" else (act, torch.sigmoid)
            gate = outer(self.linear(name + "se.conv_expand", inner(self.linear(name + "se.conv_reduce", x.mean((2, 3))))))
        else:
            return x
        return x * gate[:, :, None, None]

    def inverted(self, name, x, stride, act, se):
        y, n = x, 1
        separable = not self.has(name + "conv_pwl")
        if self.has(name + "conv_pw") and not separable:
            y, n = act(self.conv(name + "conv_pw", name + "bn1", y)), 2
        spatial = "conv_dw" if self.has(name + "conv_dw") else "conv_exp"
        y = self.attention(name, act(self.conv(name + spatial, f"{name}bn{n}", y, stride)), se, act)
        y = self.conv(name + ("conv_pw" if separable else "conv_pwl"), f"{name}bn{n + 1}", y)
        return x + y if stride == 1 and x.shape[1] == y.shape[1] else y

    def residual(self, name, x, stride, act, se):
        last = 3 if self.has(name + "conv3") else 2
        y = x
        for i in range(1, last):
            y = act(self.conv(f"{name}conv{i}", f"{name}bn{i}", y, stride if i == last - 1 else 1))
        y = self.attention(name, self.conv(f"{name}conv{last}", f"{name}bn{last}", y), se, act)
        if self.has(name + "downsample.0"):
            x = self.conv(name + "downsample.0", name + "downsample.1", x, stride)
        elif x.shape != y.shape:
            more = (y.shape[1] - x.shape[1]) // 2
            x = F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, more, more))
        return act(y + x)

    def encoder(self, name, x, stride, act, heads):
        if self.has(name + "merge"):
            x = self.conv(name + "merge", name + "bn", x, stride)
        tokens = x.flatten(2).transpose(1, 2)
        n, t, d = tokens.shape
        q, k, v = self.linear(name + "attn.qkv", self.norm(name + "norm1", tokens)).view(n, t, 3, heads, d // heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, d)
        tokens = tokens + self.linear(name + "attn.proj", mixed)
        tokens = tokens + self.linear(name + "mlp.fc2", act(self.linear(name + "mlp.fc1", self.norm(name + "norm2", tokens))))
        return tokens.transpose(1, 2).reshape(x.shape)

    def layer(self, name, x, stride, act, se="none", heads=1):
        if self.has(name + "attn.qkv"):
            return self.encoder(name, x, stride, act, heads)
        if self.has(name + "conv1"):
            return self.residual(name, x, stride, act, se)
        if self.has(name + "conv_dw") or self.has(name + "conv_exp"):
            return self.inverted(name, x, stride, act, se)
        if self.has(name + "conv"):
            return act(self.conv(name + "conv", name + "bn1", x, stride))
        sys.exit(f"{name}: its layers are of a kind that this script does not rebuild")

    def units(self, block):
        """Names of the model's own units under a prefix, which is part of them, in the order of their numbers."""
        pattern = re.compile("(" + re.escape(block) + r"(?:layer\d+\.\d+|blocks\.\d+(?:\.\d+)?(?=\.(?:conv|bn|se))|blocks\.\d+)\.)")
        names = {m.group(1) for m in map(pattern.match, self.t) if m}
        return sorted(names, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])

    def own(self, prefix, unit, x, stride):
        """A unit of the model by name, under a prefix."""
        act = "relu" if unit[len(prefix):].startswith(self.simple) else self.act
        return self.layer(unit, x, stride, ACTIVATIONS[act], self.gates, self.heads)

    def stem(self, x):
        if not self.reference:
            stem = self.model["stem"]
            return ACTIVATIONS[stem["act"]](self.conv("conv_stem", "bn1", x, stem["stride"]))
        act = ACTIVATIONS[self.act]
        if self.heads:
            w = self.t["patch_embed.proj.weight"]
            tokens = F.conv2d(x, w, self.t["patch_embed.proj.bias"], w.shape[2]).flatten(2).transpose(1, 2)
            tokens = torch.cat((self.t["cls_token"].expand(len(x), -1, -1), tokens), 1) + self.t["pos_embed"]
            return tokens.transpose(1, 2)[..., None]
        if self.has("conv_stem"):
            return act(self.conv("conv_stem", "bn1", x, 2))
        x = act(self.conv("conv1", "bn1", x, 2 if self.t["conv1.weight"].shape[2] == 7 else 1))
        return F.max_pool2d(x, 3, 2, 1) if self.t["conv1.weight"].shape[2] == 7 else x

    def head(self, x):
        if self.reference and self.heads:
            return self.linear("head", self.norm("norm", x[:, :, 0, 0]))
        if self.has("conv_head"):
            act = ACTIVATIONS[self.act if self.reference else self.model["head"]["act"]]
            if "conv_head.bias" in self.t:  # after the pool
                return self.linear(self.classifier, act(self.linear("conv_head", x.mean((2, 3)))))
            x = act(self.conv("conv_head", "bn2", x))
        return self.linear(self.classifier if self.reference else "classifier", x.mean((2, 3)))

    def forward(self, x):
        x = self.stem(x)
        if not self.blocks:  # the reference model itself
            strides = dict(zip(self.reference["cut"], (b["stride"] for b in self.model["blocks"])))
            for unit in self.units(""):
                x = self.own("", unit, x, strides.get(unit[:-1], 1))
            return self.head(x)
        for n, (block, choice) in enumerate(zip(self.model["blocks"], self.blocks)):
            prefix = f"blocks.{n}."
            own = choice["type"] == "own"
            for i, name in enumerate(self.units(prefix) if own else [f"{prefix}{i}." for i in range(choice["depth"])]):
                stride = block["stride"] if i == 0 else 1
                if own:
                    x = self.own(prefix, name, x, stride)
                else:
                    x = self.layer(name, x, stride, ACTIVATIONS[choice["act"]], choice["se"], choice["heads"])
        return self.head(x)


def main():
    about, tensors = read(sys.argv[1])
    session = onnxruntime.InferenceSession(sys.argv[2], providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    for key in ("classes", "mean", "std", "size"):
        if metadata[key] != about[key]:
            sys.exit(f"{key}: {metadata[key]!r} in the ONNX file, {about[key]!r} in the safetensors file")
    model = Model(json.loads(about["config"].lower()), tensors).eval()
    batch = session.get_inputs()[0].shape[0]
    size = (batch if isinstance(batch, int) else 8, *map(int, about["size"].split(",")))
    images = torch.randn(size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = model(images).numpy()
    found = session.run(["logits"], {"images": images.numpy()})[0]
    worst = float(numpy.abs(found - expected).max())
    print(f"{about['name']}: {len(tensors)} tensors, classes {about['classes'].splitlines()}, logits differ by at most {worst:.2g}")
    sys.exit(0 if worst <= 1e-4 * max(1.0, float(numpy.abs(expected).max())) else "more than 1e-4")


if __name__ == "__main__":
    main()
