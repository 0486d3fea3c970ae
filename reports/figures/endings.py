"""How runs ended, and how long they went on without failing."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.stats.summaries import STATES

STATE_COLOURS = dict(
    zip(STATES, ("#3b8f5a", "#c0392b", "#e08e2b", "#9aa5b1", "#d5dae0", "#6c3483"), strict=True)
)


@style.styled
def outcomes(results: Results, numbers: Numbers) -> Figure | None:
    """Draw how many runs of each method finished, diverged or are absent."""
    if numbers.summary.empty:
        return None
    height = 0.38 * len(results.methods) + 0.8
    figure, places = panels.facets(results, ["runs"], width=8.5, height=height)
    for ax, cell, _ in places:
        _counts(ax, numbers.summary[numbers.summary["cell"] == cell])
        panels.panel_title(ax, "", cell)
    panels.title(figure, "Outcomes: planned runs by how they ended")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, frameon=False)
    return figure


def _counts(ax: Axes, summary: Frame) -> None:
    methods, left = summary["method"].astype(str).tolist(), [0] * len(summary)
    for state in STATES:
        counts = summary[state.value].tolist()
        bars = ax.barh(methods, counts, left=left, height=0.7, color=STATE_COLOURS[state],
                       label=state.value)  # fmt: skip
        ax.bar_label(bars, [str(n) if n else "" for n in counts], label_type="center")
        left = [before + n for before, n in zip(left, counts, strict=True)]
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("runs")


@style.styled
def survival(results: Results, numbers: Numbers) -> Figure | None:
    """Draw the share of runs that have not failed yet over generator steps."""
    rows = numbers.survival
    if rows.empty:
        return None
    figure, places = panels.facets(results, ["share"], width=8.5, height=3.2)
    for ax, cell, _ in places:
        _survival(ax, rows[rows["cell"] == cell], results)
        panels.panel_title(ax, "", cell)
    panels.title(figure, "Survival: share of runs neither non-finite nor collapsed for good")
    ends = Line2D([], [], linestyle="none", marker="|", markersize=9, color="black")
    ends.set_label("last seen, not failed")
    panels.legend(figure, results, [ends])
    return figure


def _survival(ax: Axes, rows: Frame, results: Results) -> None:
    """Draw wide lines below narrow ones, so that curves that coincide stay visible."""
    present = [method for method in results.methods if (rows["method"] == method).any()]
    for place, method in enumerate(present):
        mine, look = rows[rows["method"] == method], style.looks(results)[method]
        width = 1.4 + 3.6 * (len(present) - 1 - place) / max(1, len(present) - 1)
        ax.plot(mine["step"], mine["share"], drawstyle="steps-post", linewidth=width,
                solid_capstyle="butt", dash_capstyle="butt", **look.line)  # fmt: skip
        ends = mine[mine["censored"] > 0]
        ax.plot(ends["step"], ends["share"], "|", color=look.colour, markersize=9, mew=1.5)
    ax.set(xlabel="generator steps", ylabel="share of runs", ylim=(-0.04, 1.08))


OUTCOMES = Drawing(
    "outcomes",
    "Outcomes",
    "Every planned run is counted once, by how it ended.",
    outcomes,
    "No run is planned.",
)
SURVIVAL = Drawing(
    "survival",
    "Survival",
    "A run fails at the step where it stops being finite, or from which its {judged} stays "
    "degraded until the end, whichever is first; a run that did neither is followed to its "
    "last step (Kaplan-Meier). Curves that coincide are drawn on top of each other, the "
    "narrower above the wider.",
    survival,
    "No run has begun yet.",
)
