"""scikit-learn's 1,797 handwritten digits at 8x8 pixels (UCI, Alpaydin & Kaynak 1998)."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.datasets.base import Images, hold_out


@dataclass(frozen=True, config=STRICT)
class Digits:
    """Real images that ship inside a dependency: 1,438 to train on, 359 held out."""

    summary: ClassVar[str] = "scikit-learn's 1,797 real digits, 8x8, no download"
    labelled: ClassVar[bool] = True
    shape: ClassVar[tuple[int, int, int]] = (1, 8, 8)
    name: Literal["digits"] = "digits"

    def load(self, root: Path) -> Images:  # noqa: ARG002 - nothing on disk
        """Return the images; ``root`` is not used."""
        from sklearn.datasets import load_digits

        digits = load_digits()
        images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[:, None]  # pyright: ignore
        return hold_out(images, digits.target.astype(np.int64))  # pyright: ignore
