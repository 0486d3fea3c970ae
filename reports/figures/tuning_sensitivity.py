"""The score over each searched setting, every trial a point."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.figures.tuning_axes import failed_at_edge, failed_key, score_label
from reports.load.columns import Frame, Series
from reports.load.labels import as_text
from reports.load.results import Results
from reports.load.trials import SETTING
from reports.stats.numbers import Numbers

MOST_COLUMNS = 3
FEW = 5  # values of a setting that stand side by side, as names


@style.styled
def sensitivity(results: Results, numbers: Numbers) -> Figure | None:
    """Draw one panel per shared setting, and one per method and setting of its own."""
    tuning, trials = results.tuning, numbers.tuning.trials
    if tuning is None or trials["score"].isna().all():
        return None
    shown = list(_panels(trials))
    if not shown:
        return None
    figure, axes = panels.grid(len(shown), MOST_COLUMNS, 3.5, 2.8, sharey=True)
    for ax, (column, title) in zip(axes.flat, shown, strict=False):
        present = trials[trials[column].notna()]
        _points(ax, present, _places(ax, present[column], present["method"]), results)
        ax.set(xlabel=column.removeprefix(SETTING), title=title)
    panels.log_if_wide(axes[0, 0], trials["score"])
    figure.supylabel(score_label(results, tuning, tuning.plan.select.split), fontsize=10.5)
    panels.title(figure, "Sensitivity: every trial a point")
    panels.legend(figure, results, [failed_key("failed trial")], points=True)
    return figure


def _panels(trials: Frame) -> Iterator[tuple[str, str]]:
    """Yield the column of each searched setting, and whose it is."""
    for column in (column for column in trials if column.startswith(SETTING)):
        methods = trials.loc[trials[column].notna(), "method"].unique()
        if len(methods):
            yield column, str(methods[0]) if len(methods) == 1 else "all methods"


def _places(ax: Axes, values: Series, methods: Series) -> Series:
    """Return where values stand on the axis, which gets the scale or names that suit them."""
    numbers: Series = pd.to_numeric(values, errors="coerce")
    if values.nunique() > FEW and numbers.notna().all():
        panels.log_if_wide(ax, numbers, axis="x")
        return numbers
    names = sorted(values.unique(), key=lambda v: (isinstance(v, str), v))
    ax.set_xticks(range(len(names)), list(map(as_text, names)))
    ax.set_xlim(-0.5, len(names) - 0.5)
    present = list(dict.fromkeys(methods))
    apart = {m: (i - (len(present) - 1) / 2) * 0.6 / len(present) for i, m in enumerate(present)}
    return values.map(names.index) + methods.astype(str).map(apart)


def _points(ax: Axes, trials: Frame, places: Series, results: Results) -> None:
    for method in results.methods:
        mine, look = trials["method"] == method, style.looks(results)[method]
        scores = trials.loc[mine, "score"]
        ax.plot(places[mine], scores, markersize=5, alpha=0.75, **look.points)
        failed = np.isinf(trials.loc[mine, "cost"].astype(float))
        failed_at_edge(ax, places[mine][failed].tolist(), look.colour)


SENSITIVITY = Drawing(
    "tuning-sensitivity",
    "Sensitivity to each setting",
    "One panel per setting that all methods searched, and one per method's own. Failed trials "
    "stand at the upper edge.",
    sensitivity,
    "",
)
