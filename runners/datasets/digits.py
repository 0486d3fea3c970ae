"""scikit-learn's 1,797 handwritten digits at 8x8 pixels (UCI, Alpaydin & Kaynak 1998)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.datasets.base import Dataset, Images, hold_out, stratified


@dataclass(frozen=True, config=STRICT)
class Digits(Dataset):
    """Real images that ship inside a dependency: 1,438 to train on, 180 and 179 held out.

    Args:
        split: ``stratified`` draws each split at random with the classes in proportion.
            ``every_fifth`` holds out every fifth image, as earlier versions did: the digits
            recur in an order that goes along with it, so that 52 of its 359 images are threes.
    """

    summary: ClassVar[str] = "scikit-learn's 1,797 real digits, 8x8, no download"
    labelled: ClassVar[bool] = True
    shape: ClassVar[tuple[int, int, int]] = (1, 8, 8)
    earlier: ClassVar[Mapping[str, Any]] = {"split": "every_fifth"}
    name: Literal["digits"] = "digits"
    split: Literal["stratified", "every_fifth"] = "stratified"

    def load(self, root: Path) -> Images:  # noqa: ARG002 - nothing on disk
        """Return the images; ``root`` is not used."""
        table = np.loadtxt(_file(), delimiter=",")  # 64 pixels from 0 to 16, and the label
        images = np.rint(table[:, :-1] * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
        divide = stratified if self.split == "stratified" else hold_out
        return divide(images, table[:, -1].astype(np.int64))


def _file() -> Path:
    """Return the table inside scikit-learn, whose import would take a second of every start."""
    package = find_spec("sklearn")
    assert package is not None
    assert package.submodule_search_locations is not None
    return Path(package.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
