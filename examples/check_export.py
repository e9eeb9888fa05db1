"""Checks what `donna export` wrote from outside: builds the network in PyTorch from the safetensors file's own config,
loads its weights, and compares the logits with ONNX Runtime's of the ONNX file, on random images.

python check_export.py MODEL.safetensors MODEL.onnx          needs torch, numpy and onnxruntime
"""
import json
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


class Model(nn.Module):
    """Stem, blocks of inverted residuals, head; what the weights' shapes do not say comes from the config."""

    def __init__(self, config, tensors):
        super().__init__()
        self.config, self.t = config, tensors

    def conv(self, conv, norm, x, stride=1):
        w = self.t[conv + ".weight"]
        x = F.conv2d(x, w, None, stride, w.shape[2] // 2, groups=x.shape[1] // w.shape[1])
        return F.batch_norm(x, *(self.t[norm + s] for s in (".running_mean", ".running_var", ".weight", ".bias")))

    def linear(self, name, x):
        return F.linear(x, self.t[name + ".weight"].flatten(1), self.t[name + ".bias"])

    def layer(self, name, x, stride, act):
        y, n = x, 1
        if name + "conv_pw.weight" in self.t:
            y, n = act(self.conv(name + "conv_pw", name + "bn1", y)), 2
        spatial = "conv_dw" if name + "conv_dw.weight" in self.t else "conv_exp"
        y = act(self.conv(name + spatial, f"{name}bn{n}", y, stride))
        if name + "se.conv_reduce.weight" in self.t:
            gate = self.linear(name + "se.conv_expand", act(self.linear(name + "se.conv_reduce", y.mean((2, 3)))))
            y = y * torch.sigmoid(gate)[:, :, None, None]
        y = self.conv(name + "conv_pwl", f"{name}bn{n + 1}", y)
        return x + y if stride == 1 and x.shape[1] == y.shape[1] else y

    def forward(self, x):
        model = self.config["model"]
        x = ACTIVATIONS[model["stem"]["act"]](self.conv("conv_stem", "bn1", x, model["stem"]["stride"]))
        for n, (block, choice) in enumerate(zip(model["blocks"], self.config["blocks"])):
            for i in range(choice["depth"]):
                x = self.layer(f"blocks.{n}.{i}.", x, block["stride"] if i == 0 else 1, ACTIVATIONS[choice["act"]])
        x = ACTIVATIONS[model["head"]["act"]](self.conv("conv_head", "bn2", x))
        return self.linear("classifier", x.mean((2, 3)))


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
