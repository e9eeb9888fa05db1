"""Writes the files that TorchFileTest reads:  python torchfiles.py   (made with PyTorch 2.13)"""
from collections import OrderedDict
import torch


def state(prefix):
    base = torch.arange(12, dtype=torch.float32)
    return OrderedDict([
        (prefix + "conv.weight", torch.arange(24, dtype=torch.float32).reshape(2, 3, 2, 2) / 4 - 2),
        (prefix + "bn.num_batches_tracked", torch.tensor(391)),
        (prefix + "half", torch.tensor([1.5, -2.25]).half()),
        (prefix + "brain", torch.tensor([[1.5], [-3.0]]).bfloat16()),
        (prefix + "transposed", base.reshape(3, 4).t()),
        (prefix + "shared", base[2:5]),
        (prefix + "flags", torch.tensor([True, False])),
        (prefix + "double", torch.tensor([0.1], dtype=torch.float64)),
    ])


torch.save(state(""), "zip.pth")
torch.save({"epoch": 7, "best": 81.25, "note": None, "state_dict": state("module.")}, "legacy.th", _use_new_zipfile_serialization=False)
torch.save(torch.nn.Linear(2, 2), "whole.pt", _use_new_zipfile_serialization=False)
module = torch.nn.Sequential(OrderedDict(conv=torch.nn.Conv2d(1, 1, 1), bn=torch.nn.BatchNorm2d(1)))
torch.save({"model": module.state_dict(), "args": {"lr": 0.1, "milestones": [1, 2]}, "parameter": []}, "checkpoint.pt")
