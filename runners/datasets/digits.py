"""scikit-learn's 1,797 handwritten digits at 8x8 pixels (UCI, Alpaydin & Kaynak 1998)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.datasets.base import Dataset, Images, hold_out


@dataclass(frozen=True, config=STRICT)
class Digits(Dataset):
    """Real images that ship inside a dependency: 1,438 to train on, 180 and 179 held out."""

    summary: ClassVar[str] = "scikit-learn's 1,797 real digits, 8x8, no download"
    labelled: ClassVar[bool] = True
    shape: ClassVar[tuple[int, int, int]] = (1, 8, 8)
    name: Literal["digits"] = "digits"

    def load(self, root: Path) -> Images:  # noqa: ARG002 - nothing on disk
        """Return the images; ``root`` is not used."""
        table = np.loadtxt(_file(), delimiter=",")  # 64 pixels from 0 to 16, and the label
        images = np.rint(table[:, :-1] * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
        return hold_out(images, table[:, -1].astype(np.int64))


def _file() -> Path:
    """Return the table inside scikit-learn, whose import would take a second of every start."""
    package = find_spec("sklearn")
    assert package is not None
    assert package.submodule_search_locations is not None
    return Path(package.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
