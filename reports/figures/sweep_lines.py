"""The final score over a parameter that is swept alone, every seed a point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.figures.tuning_axes import LOWER_EDGE, UPPER_EDGE, failed_at_edge, failed_key
from reports.load.columns import Frame, Series
from reports.load.labels import as_text
from reports.load.protocols import yardsticks
from reports.load.results import Results
from reports.load.score_columns import Score
from reports.stats.numbers import Numbers
from reports.stats.sweeps import METHOD

MOST_COLUMNS = 3
MOST_TICKS = 7  # more values have no room for their names
WHERE = ["line", "place", "cell", "method"]
EDGE: Any = ("data", "axes fraction")
DECADE = 9.99  # from which values are spread by their ratios: 10, rounded
APART = 0.035  # of the axis, at most, between methods that share a value


@style.styled
def sweep_lines(results: Results, numbers: Numbers) -> Figure | None:
    """Draw one panel per parameter and what else is held, its lines the methods."""
    sweeps = numbers.sweeps
    if sweeps.empty:
        return None
    score = results.score_columns[0]
    scores = numbers.scores[numbers.scores["metric"] == score.column]
    names = yardsticks(sweeps["protocol"].dropna(), score.split)
    sweeps = sweeps.assign(yardstick=_yardsticks(sweeps, names))
    shown = [mine for _, mine in sweeps.groupby(["parameter", "panel"], sort=False)]
    yards = sweeps["yardstick"].unique()
    figure, axes = panels.grid(len(shown), MOST_COLUMNS, 3.9, 3.1, sharey=len(yards) == 1)
    if len(yards) == 1:
        figure.supylabel(score.axis(yards), fontsize=10.5)
    else:
        _share_heights(axes.flat[: len(shown)], shown, score)
    for ax, mine in zip(axes.flat, shown, strict=False):
        _panel(ax, mine, scores, results)
    if score.lower_is_better:
        _scale_heights(axes.flat[: len(shown)], shown, scores)
    panels.title(figure, "One parameter at a time: every seed a point")
    keys = [_median_key(), failed_key("no final score")]
    panels.legend(figure, results, keys, points=True, drawn=set(sweeps["method"]))
    return figure


def _yardsticks(sweeps: Frame, names: Mapping[str, str]) -> Series:
    """Return what each panel's scores share an axis by; the first one's where it has none yet."""
    known = sweeps["protocol"].map(names)
    panel = known.groupby([sweeps["parameter"], sweeps["panel"]]).transform("first")
    return panel.fillna(next(iter(names.values()), ""))


def _panel(ax: Axes, mine: Frame, scores: Frame, results: Results) -> None:
    (parameter,), (panel,) = mine["parameter"].unique(), mine["panel"].unique()
    mine = mine.assign(place=_places(ax, mine))
    _lines(ax, mine, mine[WHERE].merge(scores, on=["cell", "method"]), results)
    ax.margins(y=0.14)  # room for the edge
    ax.set_xlabel(parameter.removeprefix(METHOD))
    panels.panel_title(ax, "", panel.replace(", ", "\n"))


def _share_heights(axes: Iterable[Axes], shown: Iterable[Frame], score: Score) -> None:
    """Give the panels of each yardstick one axis of heights, and each panel its name."""
    firsts: dict[str, Axes] = {}
    for ax, mine in zip(axes, shown, strict=True):
        name = mine["yardstick"].iloc[0]
        ax.set_ylabel(score.axis([name]), fontsize=9)  # as high as a panel
        if firsts.setdefault(name, ax) is not ax:
            ax.sharey(firsts[name])


def _scale_heights(axes: Iterable[Axes], shown: Sequence[Frame], scores: Frame) -> None:
    """Make the heights of a yardstick logarithmic where its runs' scores are far apart."""
    rows = pd.concat(shown)[["cell", "method", "yardstick"]].merge(scores, on=["cell", "method"])
    for ax, mine in zip(axes, shown, strict=True):
        same = rows["yardstick"] == mine["yardstick"].iloc[0]
        panels.log_if_wide(ax, rows["final"][same])


def _places(ax: Axes, rows: Frame) -> Series:
    """Return where rows stand on the axis, lines a little apart; give it its scale and ticks."""
    values = np.unique(rows["value"])
    if log := bool(values[0] > 0 and values[-1] > values[0] * DECADE):
        panels.logarithmic(ax, rows["value"], axis="x")
    _name_values(ax, values)
    turned = np.log10(values) if log else values
    lines = list(dict.fromkeys(rows["line"]))
    least = min(np.diff(turned).min() * 0.6 / len(lines), APART * np.ptp(turned))
    shifts = rows["line"].map(lambda line: (lines.index(line) - (len(lines) - 1) / 2) * least)
    return 10 ** (np.log10(rows["value"]) + shifts) if log else rows["value"] + shifts


def _name_values(ax: Axes, values: np.ndarray) -> None:
    if len(values) <= MOST_TICKS:
        ax.set_xticks(values, [as_text(float(value)) for value in values])
        ax.minorticks_off()


def _lines(ax: Axes, medians: Frame, runs: Frame, results: Results) -> None:
    """Draw lines through medians, each with a gap where the median run failed, and the runs."""
    looks, upper = style.looks(results), results.score_columns[0].lower_is_better
    for _, line in medians.groupby("line", sort=False):
        methods = list(dict.fromkeys(line["method"]))
        alone: dict[str, Any] = looks[methods[0]].line if len(methods) == 1 else {"color": "0.25"}
        middle = line["ranked_median"].where(np.isfinite)
        ax.plot(line["place"], middle, **{**alone, "marker": "", "linewidth": 1.5})
        for method in methods:
            _points(ax, runs[runs["method"] == method], looks[method], upper)


def _points(ax: Axes, runs: Frame, look: style.Look, upper: bool) -> None:
    ax.plot(runs["place"], runs["final"], markersize=5, alpha=0.75, **look.points)
    lost = runs[runs["final"].isna()].groupby("place").size()
    edge, shift = (UPPER_EDGE, 5) if upper else (LOWER_EDGE, 7)  # a count stands above its cross
    failed_at_edge(ax, [float(place) for place in lost.index], look.colour, edge)
    for place, count in lost[lost > 1].items():
        ax.annotate(
            f"{count}", (float(place), edge), xytext=(0, shift), xycoords=EDGE,
            textcoords="offset points", ha="center", fontsize=8, annotation_clip=False,
        )  # fmt: skip


def _median_key() -> Line2D:
    return Line2D([], [], color="0.25", linewidth=1.5, label="median")


SWEEP_LINES = Drawing(
    "sweeps",
    "One parameter at a time",
    "Runs of a line differ in the parameter below it and in nothing else but their seeds, and in "
    "their steps where a budget of seconds gave them. The line "
    "joins medians, diverged runs worst, and has a gap where the median run failed. Runs without "
    "a final score stand at the edge where scores are worst, with their number where there are "
    "several.",
    sweep_lines,
    "",
)
