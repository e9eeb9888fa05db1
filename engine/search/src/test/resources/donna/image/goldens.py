"""Makes the golden images beside this file with PIL (12.3.0): `python goldens.py`.

wave.jpg and wave.png hold one picture; wave.rgb is what PIL decodes from the JPEG and wave.exact the PNG's pixels, both as [H, W, 3] bytes.
small.rgb and centre.rgb are what torchvision's Resize and CenterCrop make of the PNG: the shorter side to 8 and cut to 8x8, to 16 and cut to 12x12. grey.png and grey.jpg have one channel.
"""

import math
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
W, H = 40, 29


def pixel(x, y):
    return tuple(int(127.5 + 120 * math.sin(x * a + y * b + c)) for a, b, c in ((0.2, 0.1, 0), (0.05, 0.3, 1), (0.15, -0.2, 2)))


image = Image.new("RGB", (W, H))
image.putdata([pixel(x, y) for y in range(H) for x in range(W)])
image.save(HERE / "wave.png")
image.save(HERE / "wave.jpg", quality=90)
(HERE / "wave.exact").write_bytes(image.tobytes())
(HERE / "wave.rgb").write_bytes(Image.open(HERE / "wave.jpg").convert("RGB").tobytes())
for name, resize, size in (("small", 8, 8), ("centre", 16, 12)):
    scaled = image.resize((int(resize * W / H), resize), Image.BILINEAR)
    left, top = int(round((scaled.width - size) / 2.0)), int(round((scaled.height - size) / 2.0))
    (HERE / f"{name}.rgb").write_bytes(scaled.crop((left, top, left + size, top + size)).tobytes())
grey = image.convert("L")
grey.save(HERE / "grey.png")
grey.save(HERE / "grey.jpg", quality=90)
(HERE / "grey.exact").write_bytes(grey.tobytes())
image.quantize(16).save(HERE / "palette.png")
(HERE / "palette.rgb").write_bytes(Image.open(HERE / "palette.png").convert("RGB").tobytes())
