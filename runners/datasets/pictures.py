"""One image file as a picture of 8 bits: the rule for each of Pillow's modes.

1, L, P, RGB, RGBX, CMYK and YCbCr are converted by Pillow. What has an alpha channel is laid on
white; a palette's or key's transparent colour is no channel, and stays the colour it is. Grey of
more than 8 bits is divided so that its white becomes 255, 16 bits by 257, where the file says what
white is. All else (F, LAB, I of a TIFF) has no white, and is refused.
"""

from __future__ import annotations

import errno
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from runners.datasets.image_files import Unusable

PLAIN = ("1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr")
ALPHA = ("LA", "La", "PA", "RGBA", "RGBa")
BITS_PER_SAMPLE, PHOTOMETRIC, BLACK_IS_ZERO = 258, 262, 1  # of TIFF


def size(file: Path) -> tuple[int, int]:
    """Return the width and height that a file says it has; reads no pixels.

    Raises:
        Unusable: it is no image, or one that ``read`` would refuse.
    """
    with _opened(file) as image:
        return image.size


def read(file: Path, mode: str) -> Image.Image:
    """Return a file's picture, its first where there are several.

    Args:
        file: a regular file.
        mode: ``L`` or ``RGB``.

    Raises:
        Unusable: it is no image, damaged, too large, or of a mode without a rule.
    """
    with _opened(file) as image:
        if image.mode in PLAIN:
            return image.convert(mode)
        if image.mode in ALPHA:
            picture = image.convert("RGBA")
            ground = Image.new("RGBA", picture.size, "white")
            return Image.alpha_composite(ground, picture).convert(mode)
        return _grey(image).convert(mode)


PASSING = (errno.EMFILE, errno.ENFILE, errno.EIO, errno.ENOMEM, errno.ESTALE)
"""Faults of the machine, after which a file may well be read: no ground to leave it out."""


@contextmanager
def _opened(file: Path) -> Iterator[Image.Image]:
    """Open a file whose mode has a rule, and explain whatever is wrong with it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what Pillow thinks of metadata
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as image:
                _require_rule(image)
                yield image
    except Unusable:
        raise
    except UnidentifiedImageError as error:
        raise Unusable("cannot be read: it is no image that Pillow knows") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        most = f"{Image.MAX_IMAGE_PIXELS:,}"
        raise Unusable(f"has more than {most} pixels; make it smaller") from error
    except MemoryError:
        raise
    except Exception as error:  # whatever a decoder makes of foreign bytes
        if isinstance(error, OSError) and error.errno in PASSING:
            raise
        text = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Unusable(f"cannot be read: {text}") from error


def _require_rule(image: Image.Image) -> None:
    if image.format == "EPS":
        raise Unusable("is PostScript, which another program would have to draw")
    if image.mode not in (*PLAIN, *ALPHA) and _white(image) is None:
        raise Unusable(
            f"has mode {image.mode} ({image.format}), whose white is not known; convert it to 8 "
            "or 16 bits, grey or RGB"
        )


def _white(image: Image.Image) -> int | None:
    """Return the value of white in an image of grey of more than 8 bits, None if none is said."""
    if image.mode == "I" and image.format in ("PNG", "PPM"):
        return 65535  # Pillow scales them to it
    if not image.mode.startswith("I;16"):
        return None
    if image.format == "PNG":
        return 65535
    tags = getattr(image, "tag_v2", {})
    return 2 ** tags[BITS_PER_SAMPLE][0] - 1 if tags.get(PHOTOMETRIC) == BLACK_IS_ZERO else None


def _grey(image: Image.Image) -> Image.Image:
    white = _white(image)
    assert white is not None
    return Image.fromarray(np.rint(np.asarray(image) / (white / 255)).astype(np.uint8))
