"""Writes goldens.txt: what PyTorch computes, in double precision, for the cases of GoldenOps.java and GoldenTraining.java.

    python goldens.py > goldens.txt        (made with PyTorch 2.13, CPU)

A line is a name, a tab and numbers, row-major. Inputs are not stored: both sides make them from a seed, see u(). Coefficients are single-precision numbers.
"""
import numpy as np
import torch
import torch.nn.functional as F

M = (1 << 64) - 1


def mix(z):
    """SplitMix64, as donna.graph.Mask.mix."""
    z = (z + 0x9E3779B97F4A7C15) & M
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M
    return z ^ (z >> 31)


def f(x):
    """The nearest single-precision number."""
    return float(np.float32(x))


def u(seed, *shape, scale=1.0, offset=0.0, grad=True):
    """offset + scale * (uniform in [-1, 1) of 16 bits), in single precision."""
    n = int(np.prod(shape))
    v = [f(offset + scale * ((mix(mix(seed) ^ i) >> 48) / 32768.0 - 1)) for i in range(n)]
    return torch.tensor(v, dtype=torch.float64).reshape(shape).requires_grad_(grad)


def write(name, tensor):
    print(name + "\t" + " ".join(repr(float(v)) for v in tensor.detach().reshape(-1)))


def case(name, dst, **inputs):
    """The result, and the gradients of its scalar product with upstream numbers."""
    write(name + "/dst", dst)
    loss = dst if dst.numel() == 1 else (dst * u(99, *dst.shape, grad=False)).sum()
    for key, g in zip(inputs, torch.autograd.grad(loss, list(inputs.values()))):
        write(name + "/d." + key, g)


def ops():
    for act, fn in {"RELU": F.relu, "RELU6": F.relu6, "SWISH": F.silu, "HSWISH": F.hardswish, "SIGMOID": torch.sigmoid,
                    "HSIGMOID": lambda x: F.relu6(x + 3) / 6,  # F.hardsigmoid's gradient is 1/6 in single precision even for doubles
                    "GELU": F.gelu}.items():
        x = u(1, 40, scale=8.0)
        case("activate " + act, fn(x), src=x)
        x = torch.tensor([-3.0, 0.0, 3.0, 6.0], dtype=torch.float64, requires_grad=True)
        case("activate at the kinks " + act, fn(x), src=x)
    x, w = u(1, 2, 6, 5, 7), u(2, 9, 2, 3, 3)
    case("conv2d grouped, dilated, stride 2", F.conv2d(x, w, stride=2, padding=2, dilation=2, groups=3), src=x, weight=w)
    x, w, b = u(1, 2, 8, 5, 7), u(2, 8, 1, 5, 5), u(3, 8)
    case("conv2d depthwise with bias", F.conv2d(x, w, b, padding=2, groups=8), src=x, weight=w, bias=b)
    x, w, b = u(1, 2, 3, 5), u(2, 4, 5), u(3, 4)
    case("linear of three dimensions", F.linear(x, w, b), src=x, weight=w, bias=b)
    x, g, b, r = u(1, 3, 5, 4, 3, offset=0.5), u(2, 5), u(3, 5), u(4, 3, 5, 4, 3)
    mean, var = u(5, 5, grad=False), u(6, 5, offset=2.0, grad=False)
    case("batch norm with residual", F.silu(F.batch_norm(x, mean, var, g, b, True, f(0.1), f(1e-5)) + r), src=x, gamma=g, beta=b, residual=r)
    write("batch norm with residual/runningMean", mean)
    write("batch norm with residual/runningVar", var)
    x, g, b = u(1, 2, 3, 7), u(2, 7), u(3, 7)
    case("layer norm", F.layer_norm(x, (7,), g, b, f(1e-5)), src=x, gamma=g, beta=b)
    x = u(1, 2, 3, 5, 7)
    case("average pool", F.avg_pool2d(x, 3, 2, 1), src=x)
    case("max pool", F.max_pool2d(x, 3, 2, 1), src=x)
    x = torch.tensor([1.0, 1.0, 0.0, -1.0] * 35, dtype=torch.float64).reshape(2, 2, 5, 7).requires_grad_()
    case("max pool of equal values", F.max_pool2d(x, 3, 2, 1), src=x)
    x = u(1, 2, 3, 5, 7)
    case("global average pool", x.mean((2, 3)), src=x)
    x = u(1, 4, 6, scale=5.0)
    case("softmax", F.softmax(x, -1), src=x)
    labels = torch.tensor([3, 0, 5, 1])
    case("cross entropy", F.cross_entropy(x, labels), src=x)
    case("cross entropy, smoothing", F.cross_entropy(x, labels, label_smoothing=f(0.1)), src=x)
    t = u(2, 4, 6, scale=5.0, grad=False)
    for temperature in (1.0, 4.0):
        kl = F.kl_div(F.log_softmax(x / temperature, 1), F.log_softmax(t / temperature, 1), reduction="batchmean", log_target=True)
        case(f"distillation, temperature {temperature}", kl * temperature**2, src=x)
    case("mean squared error", F.mse_loss(x, t), src=x)
    a, b = u(1, 30, grad=False), u(2, 7, grad=False)
    for max_norm in (0.5, 50.0):
        p = [torch.zeros_like(a), torch.zeros_like(b)]
        p[0].grad, p[1].grad = a.clone(), b.clone()
        torch.nn.utils.clip_grad_norm_(p, max_norm)
        write(f"clip to {max_norm}/clipped", p[0].grad)


def optimizers():
    """Three steps, learning rate 0.1 / step, gradient of seed 10 + step."""
    for name, make in {
        "sgd": lambda p: torch.optim.SGD([p], 1.0, momentum=f(0.9), weight_decay=f(0.01)),
        "sgd nesterov": lambda p: torch.optim.SGD([p], 1.0, momentum=f(0.9), nesterov=True, weight_decay=f(0.01)),
        "sgd plain": lambda p: torch.optim.SGD([p], 1.0),
        "adamw": lambda p: torch.optim.AdamW([p], 1.0, betas=(f(0.9), f(0.999)), eps=f(1e-8), weight_decay=f(0.05)),
    }.items():
        p = u(1, 20)
        optimizer = make(p)
        for step in (1, 2, 3):
            optimizer.param_groups[0]["lr"] = f(0.1 / step)
            p.grad = u(10 + step, 20, grad=False)
            optimizer.step()
            write(f"{name}/step {step}", p)


def layer(x, w, stride, residual):
    """MBConv: expand, batch norm, swish, depthwise 5x5, batch norm, swish, squeeze and excite, project, batch norm."""
    z = x
    for i, conv in enumerate(("expand", "depthwise", "project")):
        groups = z.shape[1] if conv == "depthwise" else 1
        z = F.conv2d(z, w[conv], stride=stride if groups > 1 else 1, padding=2 if groups > 1 else 0, groups=groups)
        z = F.batch_norm(z, w[f"mean{i}"], w[f"var{i}"], w[f"gamma{i}"], w[f"beta{i}"], True, f(0.1), f(1e-5))
        if conv != "project":
            z = F.silu(z)
        if conv == "depthwise":
            s = F.silu(F.linear(z.mean((2, 3)), w["reduce"], w["reduce.bias"]))
            z = z * torch.sigmoid(F.linear(s, w["restore"], w["restore.bias"]))[:, :, None, None]
    return z + x if residual else z


def weights(seed, cin, out, reduced):
    h = 4 * cin
    shapes = {"expand": (h, cin, 1, 1), "depthwise": (h, 1, 5, 5), "reduce": (reduced, h), "reduce.bias": (reduced,), "restore": (h, reduced),
              "restore.bias": (h,), "project": (out, h, 1, 1)}
    w = {k: u(seed + i, *s, scale=1.7 / np.sqrt(np.prod(s[1:])) if len(s) > 1 else 0.1) for i, (k, s) in enumerate(shapes.items())}
    for i, c in enumerate((h, h, out)):
        w[f"gamma{i}"], w[f"beta{i}"] = u(seed + 10 + i, c, scale=0.2, offset=1.0), u(seed + 20 + i, c, scale=0.2)
        w[f"mean{i}"], w[f"var{i}"] = torch.zeros(c, dtype=torch.float64), torch.ones(c, dtype=torch.float64)
    return w


def training():
    """Blockwise distillation: two layers, 16 to 24 channels, batch 8, 10x10, stride 2, five steps on one batch each."""
    for name, make in {
        "sgd": lambda ps: torch.optim.SGD(ps, f(0.05), momentum=f(0.9), weight_decay=f(1e-4)),
        "adamw": lambda ps: torch.optim.AdamW(ps, f(0.002), betas=(f(0.9), f(0.999)), eps=f(1e-8), weight_decay=f(0.01)),
    }.items():
        one, two = weights(100, 16, 24, 4), weights(200, 24, 24, 6)
        optimizer = make([p for w in (one, two) for p in w.values() if p.requires_grad])
        inverse = u(300, 24, scale=0.5, offset=1.0, grad=False)
        losses = []
        for step in range(1, 6):
            x, y = u(400 + step, 8, 16, 10, 10, grad=False), u(500 + step, 8, 24, 5, 5, scale=1.5, grad=False)
            p = layer(layer(x, one, 2, False), two, 1, True)
            loss = (((p - y) ** 2).mean((0, 2, 3)) * inverse).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        write(f"training, {name}/losses", torch.stack(losses))
        write(f"training, {name}/two.mean2", two["mean2"])
        write(f"training, {name}/two.var0", two["var0"])
        write(f"training, {name}/one.gamma1", one["gamma1"])
        write(f"training, {name}/two.restore.bias", two["restore.bias"])


ops()
optimizers()
training()
