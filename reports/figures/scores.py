"""Scores over training, and at its end."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from reports.columns import Column, Frame
from reports.figures import style
from reports.frame import Results
from reports.labels import DESCRIPTIONS, SCORES, Score
from reports.references import REAL, references
from reports.stats import run_scores
from runners.store.states import State

BY_COLUMN = {score.column: score for score in SCORES}
FLOOR: dict[str, Any] = {**style.REFERENCE, "linestyle": ":", "linewidth": 1.6}
LIMITED = {"classes": "fewest_classes", "label_kl": "largest_label_kl"}
"""Columns that mode collapse is judged by, and their thresholds."""


def axis_label(score: Score, rows: Frame, results: Results) -> str:
    """Return a score's name with the extractor these rows were scored with."""
    return score.axis(
        dict.fromkeys(results.extractors[p] for p in rows["protocol"].dropna().unique())
    )


def columns(results: Results) -> list[str]:
    """Return the score columns that hold any number."""
    names = [score.column for score in results.score_columns]
    return [name for name in names if results.scores[name].notna().any()]


@style.styled
def over_steps(results: Results) -> Figure | None:
    """Draw each score over generator steps, between the untrained generator and real data."""
    if not (names := columns(results)):
        return None
    known = references(results, run_scores(results))
    real = known[known["kind"] == REAL]
    figure, places = style.facets(results, names)
    for ax, cell, name in places:
        rows = results.scores[results.scores["cell"] == cell]
        floors = real[(real["cell"] == cell) & (real["metric"] == name)]["value_median"]
        _progress(ax, rows, BY_COLUMN[name], floors, results)
        style.panel_title(ax, "", cell)
    style.title(figure, "Scores over training: median and range over seeds")
    untrained = Line2D([], [], label="untrained generator", **style.REFERENCE)
    style.legend(figure, results, [untrained, *_floor_keys(real)])
    return figure


def _floor_keys(real: Frame) -> list[Line2D]:
    """Return the key of the floors' lines, with how many data they and the runs were scored on."""
    counts = real[["n", "n_runs"]].drop_duplicates().to_numpy()
    said = "; ".join(f"n = {n}" + f", runs {m}" * bool(n != m) for n, m in counts)
    return [Line2D([], [], label=f"{REAL} ({said})", **FLOOR)] if said else []


def _progress(ax: Axes, rows: Frame, score: Score, floors: Column, results: Results) -> None:
    style.lines(ax, rows, score.column, results)
    style.mark_stops(ax, rows, score.column, results)
    untrained = rows.loc[rows["step"] == 0, score.column].dropna()
    if len(untrained):
        ax.axhline(float(untrained.median()), **style.REFERENCE)
    for value in floors:
        ax.axhline(value, **FLOOR)
    if score.lower_is_better:
        style.log_if_wide(ax, pd.concat([rows[score.column], floors]))
    ax.set(xlabel="generator steps", ylabel=axis_label(score, rows, results))


@style.styled
def coverage(results: Results) -> Figure | None:
    """Draw what describes the samples over generator steps, such as classes hit."""
    names = [name for name in DESCRIPTIONS if name in results.scores]
    names = [name for name in names if results.scores[name].notna().any()]
    if not names:
        return None
    figure, places = style.facets(results, names)
    for ax, cell, name in places:
        rows = results.scores[results.scores["cell"] == cell]
        style.lines(ax, rows, name, results)
        style.mark_stops(ax, rows, name, results)
        _coverage_axis(ax, rows, name, results)
        style.panel_title(ax, "", cell)
    style.title(figure, "Coverage over training: median and range over seeds")
    limit = Line2D([], [], label="mode collapse beyond this line", **style.REFERENCE)
    limited = results.thresholds and any(name in LIMITED for name in names)
    style.legend(figure, results, [limit] if limited else [])
    return figure


def _coverage_axis(ax: Axes, rows: Frame, name: str, results: Results) -> None:
    score = DESCRIPTIONS[name]
    ax.set(xlabel="generator steps", ylabel=axis_label(score, rows, results))
    if score.lower_is_better:
        style.log_if_wide(ax, rows[name])
    else:
        ax.set_ylim(0, None)
    if name in LIMITED and results.thresholds:
        total = rows[score.total].max() if score.total in rows else 1
        ax.axhline(results.thresholds[LIMITED[name]] * total, **style.REFERENCE)


@style.styled
def final(results: Results) -> Figure | None:
    """Draw every seed's final and best score, and a cross for each run without a final one."""
    if not (names := columns(results)):
        return None
    scores = run_scores(results)
    figure, places = style.facets(results, names, height=0.62 * len(results.methods) + 1)
    for ax, cell, name in places:
        mine = scores[scores["metric"] == name]
        _points(ax, mine[mine["cell"] == cell], BY_COLUMN[name], results)
        if BY_COLUMN[name].lower_is_better:  # one kind of scale for all cells
            style.log_if_wide(ax, pd.concat([mine["final"], mine["best"]]), axis="x")
        style.panel_title(ax, "", cell)
    style.title(figure, "Final scores: every seed is a point")
    style.legend(figure, results, _keys(), marker="o")
    return figure


def _points(ax: Axes, rows: Frame, score: Score, results: Results) -> None:
    colours = style.palette(results)
    methods = [m for m in results.methods if (rows["method"] == m).any()]
    labels = []
    for place, method in enumerate(methods):
        mine = rows[rows["method"] == method].sort_values("seed")
        heights = style.offsets(len(mine), place)
        _seeds(ax, mine, heights, colours[method])
        _median(ax, mine["final"], place)
        count = f"{int(mine['final'].notna().sum())} of {len(mine)}"
        labels.append(f"{method}\n{count}" if style.is_leftmost(ax) else count)
    style.name_rows(ax, labels)
    ax.set_xlabel(axis_label(score, rows, results))


def _seeds(ax: Axes, rows: Frame, heights: list[float], colour: style.Colour) -> None:
    strip = blended_transform_factory(ax.transAxes, ax.transData)
    failures: list[str] = []
    for height, run in zip(heights, rows.itertuples(), strict=True):
        if pd.notna(run.best):
            ax.plot(run.best, height, "o", mfc="none", color=colour, markersize=9)
        if pd.notna(run.final):
            ax.plot([run.best, run.final], [height] * 2, color=colour, linewidth=1, alpha=0.6)
            ax.plot(run.final, height, "o", color=colour, markersize=5)
        else:
            failures.append(str(run.state) if run.state != State.FINISHED else "no number")
            ax.plot(1.03, height, "X", color=colour, mec="black", transform=strip, clip_on=False)
    if failures:
        said = "\n".join(f"{failures.count(f)} {f}" for f in dict.fromkeys(failures))
        middle = sum(heights) / len(heights)
        ax.text(1.06, middle, said, transform=strip, va="center", fontsize=8.5)


def _median(ax: Axes, finals: Column, place: int) -> None:
    if finals.notna().any():
        ax.plot([finals.median()] * 2, [place - 0.32, place + 0.32], color="black", linewidth=1.4)


def _keys() -> list[Line2D]:
    plain: dict[str, Any] = {"linestyle": "none", "color": "black"}
    return [
        Line2D([], [], marker="o", mfc="none", label="best over training", **plain),
        Line2D([], [], marker="|", markersize=12, label="median of final", **plain),
        Line2D([], [], marker="X", label="no final score", **plain),
    ]


@style.styled
def degradation(results: Results) -> Figure | None:
    """Draw how much worse each run ended than its best."""
    if not (names := columns(results)):
        return None
    scores = run_scores(results)
    figure, places = style.facets(results, names, height=0.5 * len(results.methods) + 1)
    for ax, cell, name in places:
        rows = scores[(scores["cell"] == cell) & (scores["metric"] == name)]
        _gaps(ax, rows, results)
        score = axis_label(BY_COLUMN[name], rows, results).replace("\n", " ")
        ax.set_xlabel(f"final worse than best by, in {score.split(',')[0]})")
        style.panel_title(ax, "", cell)
    style.title(figure, "Degradation: the gap between final and best score, every seed")
    style.legend(figure, results, _keys()[-1:], marker="o")
    return figure


def _gaps(ax: Axes, rows: Frame, results: Results) -> None:
    gaps = rows.assign(final=rows["gap"], best=float("nan"))
    methods = [m for m in results.methods if (rows["method"] == m).any()]
    for place, method in enumerate(methods):
        mine = gaps[gaps["method"] == method].sort_values("seed")
        _seeds(ax, mine, style.offsets(len(mine), place), style.palette(results)[method])
        _median(ax, mine["final"], place)
    style.name_rows(ax, methods if style.is_leftmost(ax) else [""] * len(methods))
    ax.axvline(0, **style.REFERENCE)
    widest = gaps["final"].max()
    widest = widest if widest > 0 else 1.0  # all at their best, or no run finished
    ax.set_xlim(-0.05 * widest, 1.1 * widest)
