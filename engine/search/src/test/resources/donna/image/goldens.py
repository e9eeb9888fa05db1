"""Makes the golden images beside this file with PIL (12.3.0): `python goldens.py`.

wave.jpg and wave.png hold one picture; wave.rgb is what PIL decodes from the JPEG and wave.exact the PNG's pixels, both as [H, W, 3] bytes.
small.rgb is the PNG's centre square reduced to 8x8 with PIL's BILINEAR filter. grey.png and grey.jpg have one channel.
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
left = (W - H) / 2
(HERE / "small.rgb").write_bytes(image.resize((8, 8), Image.BILINEAR, box=(left, 0, left + H, H)).tobytes())
grey = image.convert("L")
grey.save(HERE / "grey.png")
grey.save(HERE / "grey.jpg", quality=90)
(HERE / "grey.exact").write_bytes(grey.tobytes())
image.quantize(16).save(HERE / "palette.png")
(HERE / "palette.rgb").write_bytes(Image.open(HERE / "palette.png").convert("RGB").tobytes())
