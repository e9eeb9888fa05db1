"""Makes the pictures beside this file with PIL (12.3.0, libjpeg-turbo): `python goldens.py`.

photo.jpg has subsampled colour; photo.rgb is what PIL decodes from it as [H, W, 3] bytes. grey.jpg has one channel; grey.l is what PIL decodes.
"""

import math
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
W, H = 67, 45


def pixel(x, y):
    edge = 60 if (x // 9 + y // 7) % 2 else 0
    return tuple(int(97.5 + 90 * math.sin(x * a + y * b + c)) + edge for a, b, c in ((0.2, 0.1, 0), (0.05, 0.3, 1), (0.15, -0.2, 2)))


image = Image.new("RGB", (W, H))
image.putdata([pixel(x, y) for y in range(H) for x in range(W)])
image.save(HERE / "photo.jpg", quality=88, subsampling="4:2:0")
(HERE / "photo.rgb").write_bytes(Image.open(HERE / "photo.jpg").convert("RGB").tobytes())
image.convert("L").save(HERE / "grey.jpg", quality=90)
(HERE / "grey.l").write_bytes(Image.open(HERE / "grey.jpg").tobytes())
