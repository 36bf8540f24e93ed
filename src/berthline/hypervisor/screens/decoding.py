"""Pictures as hypervisors hand them over: PNG from a QEMU of 7.1 or newer, else PPM."""

from io import BytesIO
from typing import Final

from PIL import Image

from berthline.hypervisor.screens.frames import Frame

FORMATS: Final = ("PNG", "PPM")
MOST_PIXELS: Final = 4096 * 2304
"""Of one picture, which has three bytes for each."""
BROKEN: Final = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)
"""What Pillow raises for files that are none, or not whole, or that unfold to much more than they seem."""


def decoded(content: bytes) -> Frame:
    """The picture in a file. Raises ValueError for what is none, not whole, or too large to be shown."""
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise ValueError(f"it has {width} x {height} pixels")
            return Frame(width, height, image.convert("RGB").tobytes())
    except BROKEN as error:
        raise ValueError(f"it is no picture that can be read: {error}") from error
