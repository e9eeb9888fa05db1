"""Makes augment.txt beside this file with PIL (12.3.0): `python goldens.py`.

One line each: operation, its argument, and the pixels as base64 of [H, W, 3] bytes (of [H, W] for grey). `source` is the picture that all others are made
of. Geometric operations are those of torchvision's PIL path: the same matrices, nearest pixel, black outside. `hue` is torchvision's: a turn of the
H channel, in bytes, of PIL's HSV.
"""

import base64
import math
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

W, H = 13, 9
lines = []


def put(name, argument, image):
    lines.append(f"{name} {argument} {base64.b64encode(image.tobytes()).decode()}")


def pixel(x, y, c):
    wave = int(127.5 + 127.5 * math.sin(0.55 * x + 0.8 * y + 2.1 * c + 0.07 * x * y))
    return (x * 37 + y * 91 + c * 53 + x * y * 7) % 256 if (x + y) % 3 == 0 else wave


image = Image.new("RGB", (W, H))
image.putdata([tuple(pixel(x, y, c) for c in range(3)) for y in range(H) for x in range(W)])
grey = image.convert("L")
put("source", 0, image)
put("source-grey", 0, grey)

for factor in (0.0, 0.1, 0.55, 1.0, 1.37, 1.9):
    put("brightness", factor, ImageEnhance.Brightness(image).enhance(factor))
    put("contrast", factor, ImageEnhance.Contrast(image).enhance(factor))
    put("contrast-grey", factor, ImageEnhance.Contrast(grey).enhance(factor))
    put("saturation", factor, ImageEnhance.Color(image).enhance(factor))
    put("sharpness", factor, ImageEnhance.Sharpness(image).enhance(factor))
for turn in (-0.5, -0.13, 0.0, 0.02, 0.3, 0.5):
    h, s, v = image.convert("HSV").split()
    turned = h.point([(i + (int(turn * 255) & 255)) & 255 for i in range(256)])
    put("hue", turn, Image.merge("HSV", (turned, s, v)).convert("RGB"))
for bits in (4, 5, 8):
    put("posterize", bits, ImageOps.posterize(image, bits))
for threshold in (0.0, 76.5, 127.5, 255.0):
    put("solarize", threshold, ImageOps.solarize(image, threshold))
put("autocontrast", 0, ImageOps.autocontrast(image))
narrow = image.point(lambda v: 60 + v // 3)
put("narrow", 0, narrow)
put("autocontrast-narrow", 0, ImageOps.autocontrast(narrow))
big = image.resize((40, 31), Image.BILINEAR)
put("big", 0, big)
put("equalize-big", 0, ImageOps.equalize(big))
put("equalize", 0, ImageOps.equalize(image))


def warp(a, b, c, d, e, f):
    return image.transform(image.size, Image.AFFINE, (a, b, c, d, e, f), Image.NEAREST)


for level in (-0.3, 0.11, 0.3):
    put("shear-x", level, warp(1, level, 0, 0, 1, 0))
    put("shear-y", level, warp(1, 0, 0, level, 1, 0))
for shift in (-5, 2):
    put("translate-x", shift, warp(1, 0, -shift, 0, 1, 0))
    put("translate-y", shift, warp(1, 0, 0, 0, 1, -shift))
for degrees in (-30, -7.5, 12, 30):
    put("rotate", degrees, image.rotate(degrees, Image.NEAREST))

for top, left, h, w, to_h, to_w in ((0, 0, 9, 13, 9, 13), (1, 2, 6, 9, 9, 13), (0, 0, 9, 13, 4, 5), (3, 4, 5, 3, 9, 13), (2, 0, 1, 13, 9, 13), (0, 0, 9, 13, 20, 31)):
    part = image.crop((left, top, left + w, top + h)).resize((to_w, to_h), Image.BILINEAR)
    put("crop", f"{top},{left},{h},{w},{to_h},{to_w}", part)

Path(__file__).with_name("augment.txt").write_text("\n".join(lines) + "\n")
