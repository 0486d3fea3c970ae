"""Singular values of a large Gaussian random matrix, which needs no training."""

from __future__ import annotations

import math

import numpy as np

from reports.load.columns import Series


def gaussian_stable_rank(rows: float, columns: float) -> float:
    """Return the stable rank over full rank of a large Gaussian matrix of this shape."""
    return 1 / (1 + math.sqrt(min(rows, columns) / max(rows, columns))) ** 2


def gaussian_curve(rows: float, columns: float, points: int = 400) -> tuple[Series, Series]:
    """Return position and power, as in ``spectrum_curves``, of a large Gaussian matrix.

    The quantiles of the Marchenko-Pastur law with r = min / max of rows and columns. With
    eigenvalue 1 + r + 2 sqrt(r) cos(t) its mass is (2 / pi) sin(t)^2 dt over that eigenvalue.
    """
    ratio = min(rows, columns) / max(rows, columns)
    t = (np.arange(points) + 0.5) * math.pi / points
    eigenvalue = 1 + ratio + 2 * math.sqrt(ratio) * np.cos(t)
    mass = 2 / points * np.sin(t) ** 2 / eigenvalue
    return np.cumsum(mass) - mass / 2, eigenvalue / (1 + math.sqrt(ratio)) ** 2
