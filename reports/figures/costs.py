"""Scores over seconds of training, and what methods score for what they cost."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import blended_transform_factory

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.figures.score_axes import axis_label
from reports.load.columns import Frame
from reports.load.results import Results
from reports.load.score_columns import Score
from reports.stats.numbers import Numbers
from reports.stats.over_seeds import FAILED

TRAINING = "seconds of training"
SEED: dict[str, Any] = {"linewidth": 0.8, "alpha": 0.45}
FRONT: dict[str, Any] = {"color": "0.35", "linewidth": 1.2}
BAND = 0.14  # height of the failed runs' band, in panels


@style.styled
def scores_over_seconds(results: Results, numbers: Numbers) -> Figure | None:
    """Draw each score over seconds of training: every seed, and the median over seeds."""
    curves = numbers.costs.curves
    scores = [s for s in results.with_numbers(results.score_columns) if _known(curves, s)]
    if not scores:
        return None
    figure, places = panels.facets(results, scores)
    for ax, cell, score in places:
        mine, middles = (
            rows[(rows["cell"] == cell) & (rows["column"] == score.column)]
            for rows in (curves, numbers.costs.middles)
        )
        _lines(ax, mine.dropna(subset="value"), middles, results)
        ends = numbers.costs.equal
        for seconds in ends.loc[ends["cell"] == cell, "seconds"].dropna().unique():
            ax.axvline(seconds, **style.REFERENCE)
        if score.lower_is_better:
            panels.log_if_wide(ax, mine["value"])
        rows = results.scores[results.scores["cell"] == cell]
        ax.set(xlabel=TRAINING, ylabel=axis_label(score, rows, results))
        panels.panel_title(ax, "", cell)
    panels.title(figure, "Scores over seconds of training: every seed, and the median")
    last = Line2D([], [], label="the fastest method is done", **style.REFERENCE)
    panels.legend(figure, results, [last])
    return figure


def _known(curves: Frame, score: Score) -> bool:
    return bool(curves.loc[curves["column"] == score.column, "value"].notna().any())


def _lines(ax: Axes, curves: Frame, middles: Frame, results: Results) -> None:
    """Draw a thin line per seed, and through the medians of each scored step a thick one."""
    if curves.empty:
        panels.absent(ax)
        return
    failed = results.runs.loc[results.runs["state"].isin(FAILED), "run_id"]
    looks = style.looks(results)
    for method, mine in curves.groupby("method", observed=True):
        look = looks[str(method)]
        for run_id, one in mine.groupby("run_id"):
            ax.plot(one["seconds"], one["value"], color=look.colour, linestyle=look.dash, **SEED)
            if run_id in set(failed):
                last = one[["seconds", "value"]].iloc[-1]
                ax.plot(*last, "X", color=look.colour, markersize=9, mec="black")
        middle = middles[middles["method"] == method]
        ax.plot(middle["seconds"], middle["value"], **look.line)


@style.styled
def pareto(results: Results, numbers: Numbers) -> Figure | None:
    """Draw what each method scored at the end against the seconds that it took."""
    trade = numbers.costs.trade
    scores = results.with_numbers(results.score_columns)[:1]
    if not scores or not trade["seconds_n"].any():
        return None
    figure, places = panels.facets(results, scores, width=6.4, height=3.8)
    for ax, cell, score in places:
        _points(ax, trade[trade["cell"] == cell], score, results)
        _failed(ax, numbers.costs.runs, cell, score, results)
        rows = results.scores[results.scores["cell"] == cell]
        ax.set(xlabel=f"{TRAINING}, whole run", ylabel=axis_label(score, rows, results))
        panels.panel_title(ax, "", cell)
    panels.title(figure, "What a method scores for what it costs")
    some_failed = bool(numbers.costs.runs["state"].isin(FAILED).any())
    panels.legend(figure, results, _keys(some_failed), points=True)
    return figure


def _points(ax: Axes, rows: Frame, score: Score, results: Results) -> None:
    looks = style.looks(results)
    known = rows[rows[["seconds_median", "cost_median"]].map(math.isfinite).all(axis=1)]
    if known.empty:
        panels.absent(ax, "no method has a median that is a number")
        return
    front = known[known["best"]].sort_values("seconds_median")
    heights = score.sign * front["cost_median"]
    ax.plot(front["seconds_median"], heights, drawstyle="steps-post", zorder=1, **FRONT)
    for row in known.to_dict("records"):
        look, x, y = looks[row["method"]], row["seconds_median"], score.sign * row["cost_median"]
        worst = row["cost_max"] if math.isfinite(row["cost_max"]) else row["cost_median"]
        across = {"color": look.colour, "linewidth": 1.2, "alpha": 0.7}
        ax.plot([row["seconds_min"], row["seconds_max"]], [y, y], **across)
        ax.plot([x, x], [score.sign * row["cost_min"], score.sign * worst], **across)
        if row["best"]:
            ax.plot(x, y, "o", mfc="none", mec="black", markersize=15, mew=1.2)
        ax.plot(x, y, markersize=8, **look.points)
    if score.lower_is_better:
        panels.log_if_wide(ax, pd.concat([known["cost_min"], known["cost_median"]]))
    panels.log_if_wide(ax, pd.concat([known["seconds_min"], known["seconds_max"]]), axis="x")


def _failed(ax: Axes, runs: Frame, cell: str, score: Score, results: Results) -> None:
    """Put runs that diverged or crashed into a band of their own, where scores are worst."""
    mine = runs[(runs["cell"] == cell) & runs["state"].isin(FAILED)]
    if mine.empty:
        return
    bottom = 1 - BAND if score.lower_is_better else 0.0
    _make_room(ax, above=score.lower_is_better)
    shade: dict[str, Any] = {"color": "0.93", "linewidth": 0, "zorder": 0}
    ax.add_patch(Rectangle((0, bottom), 1, BAND, transform=ax.transAxes, **shade))
    strip = blended_transform_factory(ax.transData, ax.transAxes)
    for method, failed in mine.groupby("method", observed=True):
        look: Any = {"color": style.palette(results)[str(method)], "mec": "black", "markersize": 9}
        heights = [bottom + BAND / 2] * len(failed)
        ax.plot(failed["seconds"].fillna(0), heights, "X", transform=strip, **look)
    counts = [f"{n} {state}" for state in FAILED if (n := len(mine[mine["state"] == state]))]
    place = {"va": "bottom", "ha": "right", "fontsize": 8.5, "transform": ax.transAxes}
    ax.text(0.99, bottom + 0.01, ", ".join(counts), **place)


def _make_room(ax: Axes, above: bool) -> None:
    """Leave a band free at the top of a panel, or at its bottom."""
    scale = ax.yaxis.get_transform()
    low, high = scale.transform(np.array(ax.get_ylim()))
    more = (high - low) * BAND / (1 - BAND)
    ends = (low, high + more) if above else (low - more, high)
    ax.set_ylim(*scale.inverted().transform(np.array(ends)))


def _keys(some_failed: bool) -> list[Line2D]:
    ring: dict[str, Any] = {"marker": "o", "mfc": "none", "mec": "black", "markersize": 12}
    failed: dict[str, Any] = {"marker": "X", "mec": "black", "linestyle": "none", "color": "0.6"}
    best = Line2D([], [], label="no other is as good and as cheap", **FRONT, **ring)
    cross = Line2D([], [], label="run that failed, where it ended", **failed)
    return [best, cross] if some_failed else [best]


SCORES_OVER_SECONDS = Drawing(
    "scores-over-seconds",
    "Scores over seconds of training",
    "The scores of above over the seconds that each run had trained: a thin line is a seed at its "
    "own pace, the thick one goes through the medians, over seeds, of seconds and of score at each "
    "scored step; a cross marks where a run failed. At the dashed line the fastest method has done "
    "all of its steps, in the median.",
    scores_over_seconds,
    "No run has been scored and timed yet.",
)
PARETO = Drawing(
    "pareto",
    "Score against cost",
    "A point is a method's median over seeds, of the seconds that finished runs trained and of the "
    "final score, its lines are the ranges over seeds. Ringed and joined are the methods of which "
    "no other is at least as good in both medians and better in one. Diverged and crashed runs "
    "stand in the grey band, where they ended; in the median a diverged run is worst.",
    pareto,
    "No run has finished with a time and a score yet.",
)
