"""Points in the plane, as in Gulrajani et al. 2017 (arXiv 1704.00028) and its released code."""

from __future__ import annotations

import math
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.datasets.base import Dataset, Images, Mixture, hold_out

COUNT = 25_000


@dataclass(frozen=True, config=STRICT)
class Gaussians8(Dataset):
    """Eight Gaussians on a circle of radius 2, std .02, all divided by 1.414."""

    summary: ClassVar[str] = "8 Gaussians on a circle, points in the plane (model: mlp)"
    mixture: ClassVar[bool] = True
    shape: ClassVar[tuple[int]] = (2,)
    name: Literal["gaussians8"] = "gaussians8"

    def load(self, root: Path) -> Images:  # noqa: ARG002 - drawn, not read
        """Return 20,000 points to train on, 2,500 to validate and 2,500 to test."""
        angles = np.arange(8) * (math.pi / 4)
        centres = 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return _mixture(centres, 0.02, 1.414)


@dataclass(frozen=True, config=STRICT)
class Gaussians25(Dataset):
    """Twenty-five Gaussians on a 5 x 5 grid of pitch 2, std .05, all divided by 2.828."""

    summary: ClassVar[str] = "25 Gaussians on a grid, points in the plane (model: mlp)"
    mixture: ClassVar[bool] = True
    shape: ClassVar[tuple[int]] = (2,)
    name: Literal["gaussians25"] = "gaussians25"

    def load(self, root: Path) -> Images:  # noqa: ARG002 - drawn, not read
        """Return 20,000 points to train on, 2,500 to validate and 2,500 to test."""
        ticks = 2.0 * np.arange(-2, 3)
        centres = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
        return _mixture(centres, 0.05, 2.828)


@dataclass(frozen=True, config=STRICT)
class SwissRoll(Dataset):
    """scikit-learn's swiss roll with noise .25, first and last coordinate, divided by 7.5."""

    summary: ClassVar[str] = "a spiral, points in the plane (model: mlp)"
    shape: ClassVar[tuple[int]] = (2,)
    name: Literal["swiss_roll"] = "swiss_roll"

    def load(self, root: Path) -> Images:  # noqa: ARG002 - drawn, not read
        """Return 20,000 points to train on, 2,500 to validate and 2,500 to test."""
        from sklearn.datasets import make_swiss_roll

        points = make_swiss_roll(COUNT, noise=0.25, random_state=0)[0][:, [0, 2]] / 7.5
        return hold_out(points.astype(np.float32), np.zeros(COUNT, dtype=np.int64))


def _mixture(centres: np.ndarray, std: float, scale: float) -> Images:
    draws = np.random.default_rng(0)
    labels = draws.integers(0, len(centres), COUNT)
    points = (centres[labels] + std * draws.standard_normal((COUNT, 2))) / scale
    mixture = Mixture(centres / scale, std / scale)
    return hold_out(points.astype(np.float32), labels, mixture=mixture)
