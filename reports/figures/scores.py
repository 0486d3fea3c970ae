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
from reports.labels import COVERAGE, SCORES, Score
from reports.stats import run_scores
from runners.store import FINISHED

BY_COLUMN = {score.column: score for score in SCORES}


def axis_label(score: Score, rows: Frame, results: Results) -> str:
    """Return a score's name with the extractor these rows were scored with."""
    return score.axis(dict.fromkeys(results.extractors[p] for p in rows["protocol"].dropna()))


def columns(results: Results) -> list[str]:
    """Return the score columns that hold any number."""
    names = [score.column for score in results.score_columns]
    return [name for name in names if results.scores[name].notna().any()]


@style.styled
def over_steps(results: Results) -> Figure | None:
    """Draw each score over generator steps, with the untrained generator as a reference."""
    if not (names := columns(results)):
        return None
    figure, places = style.facets(results, names)
    for ax, cell, name in places:
        rows = results.scores[results.scores["cell"] == cell]
        _progress(ax, rows, BY_COLUMN[name], results)
        style.panel_title(ax, "", cell)
    style.title(figure, "Scores over training: median and range over seeds")
    untrained = Line2D([], [], label="untrained generator", **style.REFERENCE)
    style.legend(figure, results, [untrained])
    return figure


def _progress(ax: Axes, rows: Frame, score: Score, results: Results) -> None:
    style.lines(ax, rows, score.column, results)
    style.mark_stops(ax, rows, score.column, results)
    untrained = rows.loc[rows["step"] == 0, score.column].dropna()
    if len(untrained):
        ax.axhline(float(untrained.median()), **style.REFERENCE)
    if score.lower_is_better:
        style.log_if_wide(ax, rows[score.column])
    ax.set(xlabel="generator steps", ylabel=axis_label(score, rows, results))


@style.styled
def coverage(results: Results) -> Figure | None:
    """Draw label coverage over generator steps: classes hit, and divergence of the labels."""
    names = [name for name in COVERAGE if name in results.scores]
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
    style.title(figure, "Label coverage over training: median and range over seeds")
    limit = Line2D([], [], label="mode collapse beyond this line", **style.REFERENCE)
    style.legend(figure, results, [limit])
    return figure


def _coverage_axis(ax: Axes, rows: Frame, name: str, results: Results) -> None:
    extractor = ", ".join(dict.fromkeys(results.extractors[p] for p in rows["protocol"].dropna()))
    if name == "classes":
        ax.set(ylabel=f"classes hit ({extractor}, higher is better)", ylim=(0, None))
        if "classes_total" in rows and results.thresholds:
            total = rows["classes_total"].max()
            ax.axhline(results.thresholds["fewest_classes"] * total, **style.REFERENCE)
    else:
        ax.set(ylabel=f"label KL in nats ({extractor}, lower is better)")
        if results.thresholds:
            ax.axhline(results.thresholds["largest_label_kl"], **style.REFERENCE)
        style.log_if_wide(ax, rows[name])
    ax.set_xlabel("generator steps")


@style.styled
def final(results: Results) -> Figure | None:
    """Draw every seed's final and best score, and a cross for each run without a final one."""
    if not (names := columns(results)):
        return None
    scores = run_scores(results)
    figure, places = style.facets(results, names, height=0.62 * len(results.methods) + 1)
    for ax, cell, name in places:
        rows = scores[(scores["cell"] == cell) & (scores["metric"] == name)]
        _points(ax, rows, BY_COLUMN[name], results)
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
    if score.lower_is_better:
        style.log_if_wide(ax, pd.concat([rows["final"], rows["best"]]), axis="x")
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
            failures.append(str(run.state) if run.state != FINISHED else "no number")
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
        extractor = axis_label(BY_COLUMN[name], rows, results)
        ax.set_xlabel(f"final worse than best by, in {extractor.split(',')[0]})")
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
