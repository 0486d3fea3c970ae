"""The leading score over training against every split, where over-fitting shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.load.columns import Frame
from reports.load.results import Results
from reports.load.score_columns import TEST, TRAIN, VALIDATION
from reports.stats.numbers import Numbers

MOST_COLUMNS = 3
DASHES: dict[str, Any] = {TEST: "-", VALIDATION: "--", TRAIN: ":"}


@style.styled
def split_curves(results: Results, numbers: Numbers) -> Figure | None:
    """Draw the leading score of each method against test, validation and train, of one cell."""
    curves = _curves(results, numbers)
    recorded = {method for curve in curves.values() for method in curve["method"]}
    methods = [method for method in results.methods if method in recorded]
    if not methods:
        return None
    figure, axes = panels.grid(len(methods), MOST_COLUMNS, width=3.6, height=2.7, sharey=True)
    for ax, method in zip(axes.flat, methods, strict=False):
        _three(ax, method, curves, style.palette(results)[method])
    panels.log_if_wide(axes[0, 0], pd.concat([curve["median"] for curve in curves.values()]))
    leading, extractors = results.score_columns[0], ", ".join(results.extractors.values())
    for ax in axes[:, 0]:
        ax.set_ylabel(f"{leading.name} ({extractors})\n{leading.direction}")
    text = f"{leading.name} against each split over training: median over seeds"
    panels.title(figure, text, results.cells[0])
    figure.legend(handles=_keys(curves), loc="outside lower center", ncols=3, frameon=False)
    return figure


def _curves(results: Results, numbers: Numbers) -> dict[str, Frame]:
    """Return the medians of the leading score by split, {} where it has but one."""
    leading = results.score_columns[:1]
    splits = {s.split: s for claim in leading for s in results.columns.splits(claim)}
    shown = [splits[name] for name in DASHES if name in splits]
    return {score.split: numbers.score_curves.of(score.column).seeds for score in shown}


def _three(ax: Axes, method: str, curves: dict[str, Frame], colour: style.Colour) -> None:
    for split, curve in curves.items():
        mine = curve[curve["method"] == method]
        ax.plot(mine["step"], mine["median"], color=colour, linestyle=DASHES[split])
    ax.set(title=method, xlabel="generator steps")


def _keys(curves: Iterable[str]) -> list[Line2D]:
    return [Line2D([], [], color="black", linestyle=DASHES[s], label=f"{s} data") for s in curves]


SPLIT_CURVES = Drawing(
    "split-curves",
    "Splits over training",
    "Over-fitting shows where the line of train goes on falling (rising, where higher is better) "
    "while those of validation and test turn. Their levels must not be compared: each depends on "
    "the number of real data in its split.",
    split_curves,
    "",  # the table of splits says that there is but one
    one_cell=True,
)
