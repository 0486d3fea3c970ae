"""Singular values of the discriminator's effective weights (Figure 3 of arXiv 1802.05957)."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.figures import lines, panels, style
from reports.figures.drawing import Drawing
from reports.figures.layer_titles import at_steps, layer_title
from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers

MEASURES = {
    "sigma_max": "sigma of the reshaped kernel",
    "stable_rank": "stable rank / full rank",
    "effective_rank": "effective rank / full rank",
    "log10_q90_q10": "log10 of q90 / q10",
}
MOST_COLUMNS = 3


def _of(frame: Frame, layer: str) -> Frame:
    return frame[frame["layer"] == layer]


@style.styled
def singular_values(results: Results, numbers: Numbers) -> Figure | None:
    """Draw each layer's spectrum at the last step, largest value 1, of one cell."""
    if numbers.spectrum_curves.empty:
        return None
    layers = list(numbers.drawn.itertuples())
    figure, axes = panels.grid(len(layers), MOST_COLUMNS, width=3.8, height=3.4)
    for ax, layer in zip(axes.flat, layers, strict=False):
        null = _of(numbers.gaussian_curves, layer.layer)
        ax.plot(null["position"], null["power"], **style.REFERENCE)
        runs, medians = (_of(f, layer.layer) for f in _spectra_of(numbers))
        _spectra(ax, runs, medians, results)
        ax.set_title(layer_title(layer))
    text = f"Singular values of D's layers {at_steps(numbers)}"
    panels.title(figure, text, results.cells[0])
    thin = Line2D([], [], color="0.5", linewidth=0.6, label="thin: one seed")
    null = Line2D([], [], label="Gaussian matrix", **style.REFERENCE)
    panels.legend(figure, results, [thin, null])
    return figure


def _spectra_of(numbers: Numbers) -> tuple[Frame, Frame]:
    return numbers.spectrum_curves, numbers.spectrum_medians


def _spectra(ax: Axes, runs: Frame, medians: Frame, results: Results) -> None:
    if runs.empty:
        panels.absent(ax)
        return
    looks = style.looks(results)
    for (method, _), run in runs.groupby(["method", "run_id"], observed=True):
        ax.plot(run["position"], run["power"], color=looks[method].colour, linewidth=0.5, alpha=0.5)
    for method, middle in medians.groupby("method", observed=True):
        ax.plot(middle["position"], middle["power"], linewidth=2, **looks[str(method)].line)
    ax.set(xlabel="index / T", ylabel="squared, largest = 1", xlim=(0, 1), ylim=(0, 1.03))


@style.styled
def spreads(results: Results, numbers: Numbers) -> Figure | None:
    """Draw how broad each layer's spectrum is over training, of one cell."""
    if numbers.layer_curves.seeds.empty:
        return None
    layers = list(numbers.drawn.itertuples())
    figure, axes = panels.panels(len(layers), len(MEASURES), width=2.9, height=2.4)
    for row, layer in zip(axes, layers, strict=True):
        for ax, measure in zip(row, MEASURES, strict=True):
            _spread(ax, layer, measure, numbers, results)
        row[0].set_ylabel(layer_title(layer))
    for ax, label in zip(axes[0], MEASURES.values(), strict=True):
        ax.set_title(label)
    text = "Spread of singular values over training: median and range over seeds"
    panels.title(figure, text, results.cells[0])
    null = Line2D([], [], label="stable rank / full rank of a Gaussian matrix", **style.REFERENCE)
    panels.legend(figure, results, [null])
    return figure


def _spread(ax: Axes, layer: Any, measure: str, numbers: Numbers, results: Results) -> None:
    curves = numbers.layer_curves.of(measure, layer=layer.layer)
    lines.lines(ax, curves, results)
    if measure == "stable_rank":
        ax.axhline(layer.gaussian_stable_rank, **style.REFERENCE)
    if measure == "sigma_max":
        lines.log_if_wide(ax, curves)
    ax.set(xlabel="generator steps", ylabel="")


SINGULAR_VALUES = Drawing(
    "singular-values",
    "Singular values at the last step",
    "Squared singular values of each effective conv weight (out x in * height * width; of "
    "linear weights, but the head's, where there is no conv layer), divided by the largest: a "
    "curve that falls at once uses few directions "
    "(Miyato et al. 2018, Figure 3). The dashed curve is a large Gaussian random matrix of "
    "the same shape, which needs no training.",
    singular_values,
    "No spectra with more than one singular value have been recorded yet.",
    one_cell=True,
)
SPREADS = Drawing(
    "spreads",
    "Spread over training",
    "The stable rank over the full rank is the mean of the curve above; the dashed line is that of "
    "the Gaussian random matrix.",
    spreads,
    "No spectra with more than one singular value have been recorded yet.",
    one_cell=True,
)
