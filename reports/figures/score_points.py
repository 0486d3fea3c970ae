"""Each seed's score at the end of training, and how far it fell back from its best."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.figures.score_axes import axis_label, scale_label
from reports.load.columns import Frame
from reports.load.results import Results
from reports.load.score_columns import Score
from reports.published import PAPER
from reports.stats.numbers import Numbers
from runners.store.states import State

PUBLISHED: dict[str, Any] = {
    "linestyle": "none", "marker": "h", "mfc": "white", "mec": "black", "markersize": 8, "mew": 1.2
}  # fmt: skip
"""Numbers of others: a marker that no method has."""


def _of(frame: Frame, cell: str, score: Score) -> Frame:
    return frame[(frame["cell"] == cell) & (frame["metric"] == score.column)]


def _by_method(summary: Frame, results: Results) -> list[Any]:
    """Return the rows of the methods present, in the plan's order."""
    known = {row["method"]: row for row in summary.to_dict("records")}
    return [known[method] for method in results.methods if method in known]


@style.styled
def final_scores(results: Results, numbers: Numbers) -> Figure | None:
    """Draw every seed's final and best score, and a cross for each run without a final one."""
    scores = results.with_numbers(results.score_columns)
    if not scores:
        return None
    figure, places = panels.facets(results, scores, height=0.62 * len(results.methods) + 1)
    for ax, cell, score in places:
        rows = _of(numbers.scores, cell, score)
        medians = _of(numbers.score_summary, cell, score)
        _points(ax, rows, medians, results)
        methods = [known["method"] for known in _by_method(medians, results)]
        _published(ax, _of(numbers.published, cell, score), methods)
        ax.set_xlabel(axis_label(score, rows, results))
        if score.lower_is_better:  # one kind of scale for all cells
            everywhere = numbers.scores[numbers.scores["metric"] == score.column]
            drawn = pd.concat([everywhere["final"], everywhere["best"]])
            panels.log_if_wide(ax, drawn, axis="x")
        panels.panel_title(ax, "", cell)
    panels.title(figure, "Final scores: every seed is a point")
    keys = [_published_key()] if (numbers.published["method"] != "").any() else []
    panels.legend(figure, results, [*_keys(), *keys], points=True)
    return figure


def _points(ax: Axes, rows: Frame, medians: Frame, results: Results) -> None:
    looks = style.looks(results)
    labels = []
    for place, known in enumerate(_by_method(medians, results)):
        method, count = known["method"], f"{known['final_n']} of {known['n_planned']}"
        mine = rows[rows["method"] == method].sort_values("seed")
        _seeds(ax, mine, panels.offsets(len(mine), place), looks[method])
        _median(ax, known["final_median"], place)
        labels.append(f"{method}\n{count}" if panels.is_leftmost(ax) else count)
    panels.name_rows(ax, labels)


def _published(ax: Axes, rows: Frame, methods: list[str]) -> None:
    """Mark what others published of a method: above its points, for it is none of them."""
    for row in rows[rows["method"] != ""].to_dict("records"):
        place = methods.index(row["method"]) - 0.38
        ax.plot(row["value"], place, clip_on=False, **PUBLISHED)


def _published_key() -> Line2D:
    return Line2D([], [], label=f"published ({PAPER.source})", **PUBLISHED)


def _seeds(ax: Axes, rows: Frame, heights: list[float], look: style.Look) -> None:
    strip = blended_transform_factory(ax.transAxes, ax.transData)
    places = pd.Series(heights, index=rows.index, dtype=float)
    best, ended = rows["best"].notna(), rows["final"].notna()
    ax.hlines(
        places[ended],
        rows["best"][ended],
        rows["final"][ended],
        color=look.colour,
        linewidth=1,
        alpha=0.6,
    )
    ax.plot(rows["best"][best], places[best], mfc="none", markersize=9, **look.points)
    ax.plot(rows["final"][ended], places[ended], markersize=5, **look.points)
    for height in places[~ended]:
        ax.plot(1.03, height, "X", color=look.colour, mec="black", transform=strip, clip_on=False)
    failures = [
        str(state) if state != State.FINISHED else "no number" for state in rows["state"][~ended]
    ]
    if failures:
        said = "\n".join(f"{failures.count(f)} {f}" for f in dict.fromkeys(failures))
        middle = (heights[0] + heights[-1]) / 2
        ax.text(1.06, middle, said, transform=strip, va="center", fontsize=8.5)


def _median(ax: Axes, median: float, place: int) -> None:
    if pd.notna(median):
        ax.plot([median] * 2, [place - 0.32, place + 0.32], color="black", linewidth=1.4)


def _keys() -> list[Line2D]:
    plain: dict[str, Any] = {"linestyle": "none", "color": "black"}
    return [
        Line2D([], [], marker="o", mfc="none", label="at its best step", **plain),
        Line2D([], [], marker="|", markersize=12, label="median of final", **plain),
        Line2D([], [], marker="X", label="no final score", **plain),
    ]


@style.styled
def degradation(results: Results, numbers: Numbers) -> Figure | None:
    """Draw how much worse each run ended than its best."""
    scores = results.with_numbers(results.score_columns)
    if not scores:
        return None
    figure, places = panels.facets(results, scores, height=0.5 * len(results.methods) + 1)
    for ax, cell, score in places:
        rows = _of(numbers.scores, cell, score)
        _gaps(ax, rows, _of(numbers.score_summary, cell, score), results)
        ax.set_xlabel(f"final worse than best by, in {scale_label(score, rows, results)}")
        panels.panel_title(ax, "", cell)
    panels.title(figure, "Degradation: the gap between final and best score, every seed")
    panels.legend(figure, results, _keys()[-1:], points=True)
    return figure


def _gaps(ax: Axes, rows: Frame, medians: Frame, results: Results) -> None:
    gaps = rows.assign(final=rows["gap"], best=float("nan"))
    shown = _by_method(medians, results)
    methods = [known["method"] for known in shown]
    for place, known in enumerate(shown):
        mine = gaps[gaps["method"] == known["method"]].sort_values("seed")
        look = style.looks(results)[known["method"]]
        _seeds(ax, mine, panels.offsets(len(mine), place), look)
        _median(ax, known["gap_median"], place)
    panels.name_rows(ax, methods if panels.is_leftmost(ax) else [""] * len(methods))
    ax.axvline(0, **style.REFERENCE)
    low, high = min(0.0, gaps["final"].min()), max(0.0, gaps["final"].max())
    high = high if low < high else 1.0  # all at their best, or no run finished
    ax.set_xlim(low - 0.05 * (high - low), high + 0.1 * (high - low))


FINAL_SCORES = Drawing(
    "final-scores",
    "Final scores",
    "Filled points are final scores, hollow ones the best of the same run ({chosen}); runs "
    "without a final score stand at the right edge, they are not dropped. A white hexagon, where "
    "there is one, is a number that others published, no result of these runs: what was done "
    "otherwise stands below.",
    final_scores,
    "No run has been scored yet.",
)
DEGRADATION = Drawing(
    "degradation",
    "Degradation",
    "Zero means that a run ended at its best score ({chosen}); points far right got worse again, "
    "those left of it ended better than at that step.",
    degradation,
    "No run has been scored yet.",
)
