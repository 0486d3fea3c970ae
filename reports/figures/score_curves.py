"""Scores over training."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.figures import lines, panels, style
from reports.figures.drawing import Drawing
from reports.figures.score_axes import axis_label
from reports.load.columns import Frame
from reports.load.floors import REAL
from reports.load.results import Results
from reports.load.score_columns import Score
from reports.stats.numbers import Numbers
from reports.stats.over_seeds import Curves
from reports.stats.real_and_untrained import UNTRAINED

FLOOR: dict[str, Any] = {**style.REFERENCE, "linestyle": ":", "linewidth": 1.6}
DRAWN = {REAL: FLOOR, UNTRAINED: style.REFERENCE}


@style.styled
def score_curves(results: Results, numbers: Numbers) -> Figure | None:
    """Draw each score over generator steps, between the untrained generator and real data."""
    scores = results.with_numbers(results.score_columns)
    if not scores:
        return None
    figure, places = panels.facets(results, scores)
    for ax, cell, score in places:
        curves = numbers.score_curves.of(score.column, cell=cell)
        known = numbers.references
        mine = known[(known["cell"] == cell) & (known["metric"] == score.column)]
        _progress(ax, curves, score, mine, results)
        rows = results.scores[results.scores["cell"] == cell]
        ax.set_ylabel(axis_label(score, rows, results))
        panels.panel_title(ax, "", cell)
    panels.title(figure, "Scores over training: median and range over seeds")
    untrained = Line2D([], [], label="untrained generator", **style.REFERENCE)
    panels.legend(figure, results, [untrained, *_floor_keys(numbers.references)])
    return figure


def _floor_keys(references: Frame) -> list[Line2D]:
    """Return the key of the floors' lines, with the number of data they and the runs have."""
    real = references[references["kind"] == REAL]
    counts = ", ".join(map(str, real["n"].unique()))
    return [Line2D([], [], label=f"{REAL} (at n = {counts})", **FLOOR)] if counts else []


def _progress(ax: Axes, curves: Curves, score: Score, known: Frame, results: Results) -> None:
    lines.progress(ax, curves, results, log=False)
    for row in known[known["kind"].isin(DRAWN)].itertuples():
        ax.axhline(row.value_median, **DRAWN[row.kind])
    if score.lower_is_better:
        floors = known.loc[known["kind"] == REAL, "value_median"]
        drawn = [curves.seeds["low"], curves.seeds["high"], floors]
        panels.log_if_wide(ax, pd.concat(drawn))


SCORES = Drawing(
    "scores",
    "Scores over training",
    "The line is the median over seeds, the band reaches from the worst to the best seed; a "
    "cross marks where a run failed, the dashed line the untrained generator, the dotted one "
    "held-out real data against the same reference, where they could be scored at the runs' own "
    "number n.",
    score_curves,
    "No run has been scored yet.",
)
