"""The final score over a parameter that is swept alone, every seed a point."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.figures.tuning_axes import failed_above, failed_key
from reports.load.columns import Frame, Series
from reports.load.labels import as_text
from reports.load.protocols import yardsticks
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.stats.sweeps import METHOD

MOST_COLUMNS = 3
MOST_TICKS = 7  # more values have no room for their names
WHERE = ["line", "place", "cell", "method"]
EDGE: Any = ("data", "axes fraction")
APART = 0.035  # of the axis, at most, between methods that share a value


@style.styled
def sweep_lines(results: Results, numbers: Numbers) -> Figure | None:
    """Draw one panel per parameter and what else is held, its lines the methods."""
    sweeps = numbers.sweeps
    if sweeps.empty:
        return None
    score = results.score_columns[0]
    scores = numbers.scores[numbers.scores["metric"] == score.column]
    shown = sweeps[["parameter", "panel"]].drop_duplicates()
    figure, axes = panels.grid(len(shown), MOST_COLUMNS, 3.9, 3.1, sharey=True)
    for ax, (parameter, panel) in zip(axes.flat, shown.itertuples(index=False), strict=False):
        mine = sweeps[(sweeps["parameter"] == parameter) & (sweeps["panel"] == panel)]
        mine = mine.assign(place=_places(ax, mine))
        _lines(ax, mine, mine[WHERE].merge(scores, on=["cell", "method"]), results)
        ax.margins(y=0.14)  # room for the edge
        ax.set_xlabel(parameter.removeprefix(METHOD))
        panels.panel_title(ax, "", panel)
    if score.lower_is_better:
        panels.log_if_wide(axes[0, 0], scores["final"])
    names = yardsticks(scores["protocol"].dropna(), score.split).values()
    figure.supylabel(score.axis(dict.fromkeys(names)), fontsize=10.5)
    panels.title(figure, "One parameter at a time: every seed a point")
    keys = [_median_key(), failed_key("no final score")]
    panels.legend(figure, results, keys, points=True, drawn=set(sweeps["method"]))
    return figure


def _places(ax: Axes, rows: Frame) -> Series:
    """Return where rows stand on the axis, lines a little apart; give it its scale and ticks."""
    panels.log_if_wide(ax, rows["value"], axis="x")
    log = ax.get_xscale() == "log"
    values = np.unique(rows["value"])
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
    looks = style.looks(results)
    for _, line in medians.groupby("line", sort=False):
        methods = list(dict.fromkeys(line["method"]))
        alone: dict[str, Any] = looks[methods[0]].line if len(methods) == 1 else {"color": "0.25"}
        middle = line["ranked_median"].where(np.isfinite)
        ax.plot(line["place"], middle, **{**alone, "marker": "", "linewidth": 1.5})
        for method in methods:
            _points(ax, runs[runs["method"] == method], looks[method])


def _points(ax: Axes, runs: Frame, look: style.Look) -> None:
    ax.plot(runs["place"], runs["final"], markersize=5, alpha=0.75, **look.points)
    lost = runs[runs["final"].isna()].groupby("place").size()
    failed_above(ax, [float(place) for place in lost.index], look.colour)
    for place, count in lost[lost > 1].items():
        ax.annotate(
            f"{count}", (float(place), 1), xytext=(0, 3), xycoords=EDGE, annotation_clip=False,
            textcoords="offset points", ha="center", fontsize=8,
        )  # fmt: skip


def _median_key() -> Line2D:
    return Line2D([], [], color="0.25", linewidth=1.5, label="median")


SWEEP_LINES = Drawing(
    "sweeps",
    "One parameter at a time",
    "Runs of a line differ in the parameter below it and in nothing else but their seeds, and in "
    "their steps where a budget of seconds gave them. The line "
    "joins medians, diverged runs worst, and has a gap where the median run failed; runs without a "
    "final score stand at the upper edge, with their number where there are several.",
    sweep_lines,
    "",
)
