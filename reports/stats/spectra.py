"""Singular values of the discriminator's layers, described."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from reports.load.columns import Frame
from reports.stats.gaussian import gaussian_curve, gaussian_stable_rank
from reports.stats.last_rows import last_rows

SPREADS = ("sigma_max", "stable_rank", "effective_rank", "log10_q90_q10", "condition",
           "operator_norm", "operator_upper", "largest_operator_norm")  # fmt: skip
LAYER = ["cell", "method", "index", "layer", "kind"]


def drawn_layers(spectra: Frame) -> Frame:
    """Return the rows of conv layers; in a cell without any, of linear layers of rank above one."""
    cells = [_drawn(mine) for _, mine in spectra.groupby("cell", observed=True)]
    return pd.concat(cells) if cells else spectra


def _drawn(spectra: Frame) -> Frame:
    conv = spectra[spectra["kind"] == "conv"]
    if len(conv):
        return conv
    broad = spectra[["rows", "columns"]].min(axis=1) > 1
    return spectra[(spectra["kind"] == "linear") & broad]


def with_bounds(spectra: Frame) -> Frame:
    """Return the rows with ``largest_operator_norm``, ceil(k / s) times the kernel's sigma."""
    return spectra.assign(largest_operator_norm=spectra["operator_bound"] * spectra["sigma_max"])


def layers(spectra: Frame) -> Frame:
    """Return one row per cell and layer, in forward order.

    Returns:
        cell, layer, kind, rows, columns; gaussian_stable_rank: of a Gaussian matrix of this
        shape.
    """
    known = spectra.sort_values(["cell", "index"], kind="stable")
    known = known.drop_duplicates(["cell", "layer"])
    known = known[["cell", "layer", "kind", "rows", "columns"]].reset_index(drop=True)
    shapes = zip(known["rows"], known["columns"], strict=True)
    return known.assign(gaussian_stable_rank=[gaussian_stable_rank(*shape) for shape in shapes])


def spectra_steps(spectra: Frame) -> Frame:
    """Return the last steps at which spectra were recorded, over runs.

    Returns:
        One row per cell: cell, first and last: the lowest and the highest of these steps.
    """
    steps = last_rows(spectra).groupby("cell", observed=True)["step"]
    return steps.agg(first="min", last="max").reset_index()


def gaussian_curves(layers: Frame) -> Frame:
    """Return the spectra of Gaussian matrices of the layers' shapes.

    Args:
        layers: the rows of :func:`layers`.

    Returns:
        cell, layer, position, power: as in :func:`spectrum_curves`, in order of position.
    """
    parts = [
        pd.DataFrame({"cell": row.cell, "layer": row.layer, "position": place, "power": power})
        for row in layers.itertuples()
        for place, power in [gaussian_curve(row.rows, row.columns)]
    ]
    columns = ["cell", "layer", "position", "power"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def spectra_spread(spectra: Frame) -> Frame:
    """Return the measures at the last step, the median over seeds.

    Returns:
        One row per cell, method and layer: index, layer, kind, the measures of SPREADS, n_runs.
    """
    grouped = with_bounds(last_rows(spectra)).groupby(LAYER, observed=True)
    counts = grouped["run_id"].nunique().rename("n_runs")
    return grouped[list(SPREADS)].median().join(counts).reset_index()


def layer_norms(spectra: Frame) -> Frame:
    """Return the norms of each run's layers at its last step, where they were recorded.

    Returns:
        One row per run and layer: the columns of the spectra, and largest_operator_norm.
    """
    return with_bounds(last_rows(spectra)).dropna(subset="operator_norm")


def spectrum_curves(spectra: Frame) -> Frame:
    """Return squared singular values over the largest (Figure 3 of Miyato et al. 2018).

    Returns:
        One row per run, layer of :func:`drawn_layers` and position, at each run's last step:
        run_id, cell, method, seed, step, layer, index; position: index / T with
        T = min(rows, columns) and index from 1; power: in [0, 1].
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


def spectrum_medians(curves: Frame) -> Frame:
    """Return the median over seeds of the rows of :func:`spectrum_curves`.

    Returns:
        cell, method, layer, position, power: one row each, in order of position.
    """
    keys = ["cell", "method", "layer", "position"]
    return curves.groupby(keys, observed=True)["power"].median().reset_index()
