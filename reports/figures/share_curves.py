"""The share of runs at least as good as a threshold: one panel per method, the others behind it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures import panels, style
from reports.load.columns import Frame, Series
from reports.load.results import Results

MARGIN = 0.05  # of the span of thresholds


def share_curves(
    results: Results, rows: Frame, groups: Sequence[str], what: str, threshold: str, sign: float
) -> Figure:
    """Draw the curves of every group, each in panels of its own.

    Args:
        results: of the grid.
        rows: group, method, threshold as a cost, ascending in each group and method, share, low,
            high.
        groups: of the rows, in order; '' is one without a name.
        what: the shares are of.
        threshold: what thresholds are of.
        sign: what makes costs numbers of the score.
    """
    places = [(group, method) for group in groups for method in results.methods]
    figure, axes = panels.grid(len(places), 3, 3.4, 2.7, sharey=True)
    for ax, (group, method) in zip(axes.flat, places, strict=False):
        together = rows[rows["group"] == group]
        panels.log_if_wide(ax, sign * together["threshold"], axis="x")
        ends = _ends(sign * together["threshold"], sign)
        for other in results.methods:
            mine = _to_ends(together[together["method"] == other], sign, ends)
            _share(ax, mine, style.palette(results)[other], front=other == method)
        panels.panel_title(ax, method, group.replace(", ", "\n"))
        ax.set(xlim=sorted(ends), ylim=(-0.03, 1.03))
    for ax in axes[:, 0]:
        ax.set_ylabel(f"share of {what}")
    figure.supxlabel(f"threshold: {threshold}", fontsize=10.5)
    panels.title(figure, f"Robustness: share of {what} at least as good as a threshold")
    return figure


def _ends(thresholds: Series, sign: float) -> tuple[float, float]:
    """Return the best and the worst end of an axis, a little beyond all thresholds."""
    low, high = float(thresholds.min()), float(thresholds.max())
    if not low <= high:  # none
        return 0.0, 1.0
    if panels.spans_decades(thresholds):
        more = (high / low) ** MARGIN
        low, high = low / more, high * more
    else:
        more = MARGIN * ((high - low) or abs(high) or 1.0)
        low, high = low - more, high + more
    return (low, high) if sign > 0 else (high, low)


def _to_ends(rows: Frame, sign: float, ends: tuple[float, float]) -> Frame:
    """Return rows in units of the score, from no run at the best end to the last share."""
    if rows.empty:
        return rows
    first = rows.iloc[[0]].assign(threshold=ends[0], share=0.0, low=0.0, high=0.0)
    last = rows.iloc[[-1]].assign(threshold=ends[1])
    return pd.concat([first, rows.assign(threshold=sign * rows["threshold"]), last])


def _share(ax: Axes, rows: Frame, colour: style.Colour, front: bool) -> None:
    """Draw a method in front with its band, or another behind it."""
    where = {"drawstyle": "steps-post", "color": colour}
    if not front:
        ax.plot(rows["threshold"], rows["share"], linewidth=0.8, alpha=0.45, **where)
        return
    band = {"step": "post", "color": colour, "alpha": 0.15, "linewidth": 0}
    ax.fill_between(rows["threshold"], rows["low"], rows["high"], **band)
    ax.plot(rows["threshold"], rows["share"], linewidth=2.2, zorder=3, **where)
