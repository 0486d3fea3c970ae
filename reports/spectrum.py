"""Singular values of the discriminator's layers, described: frame to frame, nothing drawn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from reports.columns import Column, Frame

SPREADS = ("sigma_max", "stable_rank", "effective_rank", "log10_q90_q10", "condition",
           "operator_norm", "largest_operator_norm")  # fmt: skip
LAYER = ["cell", "method", "index", "layer", "kind"]


def last_rows(frame: Frame) -> Frame:
    """Return each run's rows at its own last step."""
    return frame[frame["step"] == frame.groupby("run_id")["step"].transform("max")]


def drawn_layers(spectra: Frame) -> Frame:
    """Return the rows of conv layers; without any, of linear layers but those of rank one."""
    conv = spectra[spectra["kind"] == "conv"]
    if len(conv):
        return conv
    broad = spectra[["rows", "columns"]].min(axis=1) > 1
    return spectra[(spectra["kind"] == "linear") & broad]


def with_bounds(spectra: Frame) -> Frame:
    """Return the rows with ``largest_operator_norm``, ceil(k / s) times the kernel's sigma."""
    return spectra.assign(largest_operator_norm=spectra["operator_bound"] * spectra["sigma_max"])


def spectra_spread(spectra: Frame) -> Frame:
    """Return the measures at the last step, the median over seeds, one row a layer."""
    grouped = with_bounds(last_rows(spectra)).groupby(LAYER, observed=True)
    counts = grouped["run_id"].nunique().rename("n_runs")
    return grouped[list(SPREADS)].median().join(counts).reset_index()


def spectrum_curves(spectra: Frame) -> Frame:
    """Return squared singular values over the largest, one row a run, layer and position.

    Figure 3 of Miyato et al. 2018, at each run's last step, of :func:`drawn_layers`. ``position``
    is index / T with T = min(rows, columns) and index from 1, ``power`` is in [0, 1].
    """
    shown = last_rows(drawn_layers(spectra))
    keys = ["run_id", "cell", "method", "seed", "step", "layer", "index"]
    parts = [
        pd.DataFrame({**{key: getattr(row, key) for key in keys}, **curve})
        for row in shown.itertuples()
        if (curve := _curve(row.singular_values))
    ]
    if not parts:
        return pd.DataFrame(columns=[*keys, "position", "power"])
    curves = pd.concat(parts, ignore_index=True)
    for column in ("cell", "method"):
        curves[column] = pd.Categorical(curves[column], dtype=spectra[column].dtype)
    return curves


def _curve(singular_values: Any) -> dict[str, np.ndarray]:
    values = np.array(singular_values or [], dtype=float)
    if not len(values) or not np.isfinite(values).all() or values[0] <= 0:
        return {}
    places = np.arange(1, len(values) + 1) / len(values)
    return {"position": places, "power": (values / values[0]) ** 2}


def gaussian_stable_rank(rows: float, columns: float) -> float:
    """Return the stable rank over full rank of a large Gaussian matrix of this shape."""
    return 1 / (1 + math.sqrt(min(rows, columns) / max(rows, columns))) ** 2


def gaussian_curve(rows: float, columns: float, points: int = 400) -> tuple[Column, Column]:
    """Return position and power, as in :func:`spectrum_curves`, of a large Gaussian matrix.

    The quantiles of the Marchenko-Pastur law with r = min / max of rows and columns. With
    eigenvalue 1 + r + 2 sqrt(r) cos(t) its mass is (2 / pi) sin(t)^2 dt over that eigenvalue.
    """
    ratio = min(rows, columns) / max(rows, columns)
    t = (np.arange(points) + 0.5) * math.pi / points
    eigenvalue = 1 + ratio + 2 * math.sqrt(ratio) * np.cos(t)
    mass = 2 / points * np.sin(t) ** 2 / eigenvalue
    return np.cumsum(mass) - mass / 2, eigenvalue / (1 + math.sqrt(ratio)) ** 2
