"""Singular values of the discriminator's effective weights (Figure 3 of arXiv 1802.05957)."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.columns import Frame
from reports.figures import style
from reports.frame import Results
from reports.spectrum import (
    drawn_layers,
    gaussian_curve,
    gaussian_stable_rank,
    last_rows,
    spectrum_curves,
    with_bounds,
)

MEASURES = {
    "sigma_max": "sigma of the reshaped kernel",
    "stable_rank": "stable rank / full rank",
    "effective_rank": "effective rank / full rank",
    "log10_q90_q10": "log10 of q90 / q10",
}

MOST_COLUMNS = 3


def layer_names(rows: Frame) -> list[str]:
    """Return the names of the layers in forward order."""
    return rows.sort_values("index", kind="stable")["layer"].drop_duplicates().tolist()


@style.styled
def singular_values(results: Results) -> Figure | None:
    """Draw each layer's spectrum at the last step, largest value 1, of one cell."""
    curves = spectrum_curves(results.spectra)
    layers = layer_names(drawn_layers(results.spectra))
    if curves.empty:
        return None
    columns = min(MOST_COLUMNS, len(layers))
    figure, axes = style.panels(math.ceil(len(layers) / columns), columns, width=3.8)
    for ax in axes.flat[len(layers) :]:
        ax.set_axis_off()
    for ax, layer in zip(axes.flat, layers, strict=False):
        _null(ax, results.spectra[results.spectra["layer"] == layer])
        _spectra(ax, curves[curves["layer"] == layer], results)
        ax.set_title(_layer_name(layer, results))
    text = f"Singular values of D's layers {_steps(results.spectra)}"
    style.title(figure, text, results.cells[0])
    thin = Line2D([], [], color="0.5", linewidth=0.6, label="thin: one seed")
    null = Line2D([], [], label="Gaussian matrix", **style.REFERENCE)
    style.legend(figure, results, [thin, null])
    return figure


def _null(ax: Axes, rows: Frame) -> None:
    ax.plot(*gaussian_curve(*rows[["rows", "columns"]].iloc[0]), **style.REFERENCE)


def _spectra(ax: Axes, curves: Frame, results: Results) -> None:
    if curves.empty:
        style.absent(ax)
        return
    colours = style.palette(results)
    for (method, _), run in curves.groupby(["method", "run_id"], observed=True):
        ax.plot(run["position"], run["power"], color=colours[method], linewidth=0.5, alpha=0.5)
    for method, runs in curves.groupby("method", observed=True):
        middle = runs.groupby("position")["power"].median()
        ax.plot(middle.index, middle, color=colours[method], linewidth=2)
    ax.set(xlabel="index / T", ylabel="squared, largest = 1", xlim=(0, 1), ylim=(0, 1.03))


def _layer_name(layer: str, results: Results) -> str:
    row = results.spectra[results.spectra["layer"] == layer].iloc[0]
    return f"{row['kind']} {layer} ({row['rows']:.0f} x {row['columns']:.0f})"


def _steps(spectra: Frame) -> str:
    steps = last_rows(spectra)["step"]
    low, high = steps.min(), steps.max()
    return f"at step {high}" if low == high else f"at each run's last step ({low} to {high})"


@style.styled
def spreads(results: Results) -> Figure | None:
    """Draw how broad each layer's spectrum is over training, of one cell."""
    shown = drawn_layers(results.spectra)
    if shown.empty or shown[list(MEASURES)].isna().all(axis=None):
        return None
    layers = layer_names(shown)
    figure, axes = style.panels(len(layers), len(MEASURES), width=2.9, height=2.4)
    for row, layer in zip(axes, layers, strict=True):
        for ax, measure in zip(row, MEASURES, strict=True):
            _spread(ax, shown[shown["layer"] == layer], measure, results)
        row[0].set_ylabel(_layer_name(layer, results))
    for ax, label in zip(axes[0], MEASURES.values(), strict=True):
        ax.set_title(label)
    text = "Spread of singular values over training: median and range over seeds"
    style.title(figure, text, results.cells[0])
    null = Line2D([], [], label="stable rank of a Gaussian matrix", **style.REFERENCE)
    style.legend(figure, results, [null])
    return figure


def _spread(ax: Axes, rows: Frame, measure: str, results: Results) -> None:
    style.lines(ax, rows, measure, results)
    if measure == "stable_rank":
        ax.axhline(gaussian_stable_rank(*rows[["rows", "columns"]].iloc[0]), **style.REFERENCE)
    if measure == "sigma_max":
        style.log_if_wide(ax, rows[measure])
    ax.set(xlabel="generator steps", ylabel="")


@style.styled
def norms(results: Results) -> Figure | None:
    """Draw the two norms of each layer and the bound between them at the last step, of one cell."""
    rows = with_bounds(last_rows(results.spectra)).dropna(subset="operator_norm")
    if rows.empty:
        return None
    layers = layer_names(rows)
    columns = min(MOST_COLUMNS, len(layers))
    height = 0.5 * len(results.methods) + 0.8
    figure, axes = style.panels(math.ceil(len(layers) / columns), columns, 3.7, height)
    for ax in axes.flat[len(layers) :]:
        ax.set_axis_off()
    blank = [""] * len(results.methods)
    for ax, layer in zip(axes.flat, layers, strict=False):
        _norms(ax, rows[rows["layer"] == layer], results)
        style.name_rows(ax, results.methods if style.is_leftmost(ax) else blank)
        ax.set_title(_layer_name(layer, results))
    text = f"Two norms of each layer {_steps(results.spectra)}: every seed"
    style.title(figure, text, results.cells[0])
    figure.legend(handles=_norm_keys(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def _norms(ax: Axes, rows: Frame, results: Results) -> None:
    colours = style.palette(results)
    for place, method in enumerate(results.methods):
        mine = rows[rows["method"] == method].sort_values("seed")
        heights = style.offsets(len(mine), place)
        for height, run in zip(heights, mine.itertuples(), strict=True):
            colour: Any = {"color": colours[method]}
            known = [run.sigma_max, run.operator_norm, run.largest_operator_norm]
            ax.plot(known, [height] * 3, linewidth=0.8, alpha=0.5, **colour)
            ax.plot(run.sigma_max, height, "o", markersize=4.5, **colour)
            ax.plot(run.operator_norm, height, "D", markersize=5.5, mfc="none", **colour)
            ax.plot(run.largest_operator_norm, height, "|", markersize=8, **colour)
    columns = ["sigma_max", "operator_norm", "largest_operator_norm"]
    style.log_if_wide(ax, rows[columns].stack(), axis="x")
    ax.axvline(1, color="0.8", linewidth=1, zorder=0)
    ax.set_xlabel("norm of the effective weight")


def _norm_keys() -> list[Line2D]:
    plain: dict[str, Any] = {"linestyle": "none", "color": "black"}
    return [
        Line2D([], [], marker="o", label="sigma of the reshaped kernel", **plain),
        Line2D([], [], marker="D", mfc="none", label="operator norm", **plain),
        Line2D([], [], marker="|", markersize=9, label="ceil(k/s) times sigma", **plain),
    ]
