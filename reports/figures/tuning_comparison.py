"""Defaults and winners side by side, every confirmation seed a pair of points."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.figures.tuning_axes import failed_key, score_label
from reports.load.columns import Frame, Series
from reports.load.results import Results
from reports.stats.numbers import Numbers
from runners.tuning.plan import DEFAULT

APART = 0.2  # of a method's two rows from its middle


@style.styled
def comparison(results: Results, numbers: Numbers) -> Figure | None:
    """Draw the final score of every confirmation run, the two of a seed joined."""
    tuning, confirmed = results.tuning, numbers.tuning.confirmed
    if tuning is None or confirmed["test"].isna().all():
        return None
    figure, axes = panels.panels(1, 1, 8.5, 0.85 * len(results.methods) + 0.6)
    ax, medians = axes[0, 0], numbers.tuning.comparison.set_index("method")
    for place, method in enumerate(results.methods):
        mine = confirmed[confirmed["method"] == method]
        before = mine[mine["cell"] == DEFAULT].set_index("seed")["test"]
        after = mine[mine["cell"] == tuning.winners_cell].set_index("seed")["test"]
        _pairs(ax, before, after, place, style.palette(results)[method])
        _medians(ax, medians.loc[method], place)
    panels.name_rows(ax, results.methods)
    panels.log_if_wide(ax, confirmed["test"], axis="x")
    ax.set_xlabel(score_label(results, tuning, numbers.tuning.claimed))
    panels.title(figure, "Final scores of each method: default above, winner below")
    figure.legend(handles=_keys(tuning.winners_cell), loc="outside lower center", ncols=4,
                  frameon=False)  # fmt: skip
    return figure


def _pairs(ax: Axes, before: Series, after: Series, place: int, colour: style.Colour) -> None:
    heights = place - APART, place + APART
    for seed in before.index.intersection(after.index):
        both = before[seed], after[seed]
        ax.plot(both, heights, color=colour, linewidth=0.9, alpha=0.5)
    looks: tuple[dict[str, Any], ...] = ({"mfc": "white"}, {})
    edge = blended_transform_factory(ax.transAxes, ax.transData)
    for scores, height, look in zip((before, after), heights, looks, strict=True):
        ax.plot(scores, [height] * len(scores), "o", color=colour, markersize=6, **look)
        if scores.isna().any():
            said = f"{scores.isna().to_list().count(True)} without a score"
            ax.plot(1.02, height, "X", color=colour, mec="black", transform=edge, clip_on=False)
            ax.text(1.04, height, said, transform=edge, va="center", fontsize=8.5)


def _medians(ax: Axes, row: Frame, place: int) -> None:
    for name, height in (("default", place - APART), ("tuned", place + APART)):
        middle = row[f"{name}_median"]
        if abs(middle) < float("inf"):
            ax.plot([middle] * 2, [height - 0.15, height + 0.15], color="black", linewidth=1.4)


def _keys(winners: str) -> list[Line2D]:
    plain: dict[str, Any] = {"linestyle": "none", "color": "black"}
    return [
        Line2D([], [], marker="o", mfc="white", label=DEFAULT, **plain),
        Line2D([], [], marker="o", label=winners, **plain),
        Line2D([], [], marker="|", markersize=12, label="median, failed runs worst", **plain),
        failed_key("no final score"),
    ]


TUNING_COMPARISON = Drawing(
    "tuning-comparison",
    "Defaults and winners",
    "Each seed's default and tuned run are joined by a line; none of these seeds chose a winner. "
    "Where the default won, both rows show the same runs.",
    comparison,
    "",
)
