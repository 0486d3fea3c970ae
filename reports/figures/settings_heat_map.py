"""Every method in every optimiser setting: the median final score as shade and as number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reports.figures import panels, style
from reports.figures.drawing import Drawing
from reports.load.columns import Frame, Series
from reports.load.protocols import yardsticks
from reports.load.results import Results
from reports.load.score_columns import Score
from reports.stats.numbers import Numbers
from reports.text import ranked_median

SHADES = "cividis"
"""Its lightness grows steadily, so that it reads the same in grey and to colour-blind eyes."""
WIDTH, HEIGHT = 0.95, 0.5  # inches of a cell
NAMES = 2.4  # inches for the names of rows
DARK = 0.45  # luminance below which text is white
LINEAR = (0.299, 0.587, 0.114)  # luminance of red, green and blue


@style.styled
def settings_heat_map(results: Results, numbers: Numbers) -> Figure | None:
    """Draw one panel of methods x settings for everything else that cells differ in."""
    cells = numbers.setting_medians
    if cells.empty or cells["ranked_median"].isna().all():
        return None
    score = results.score_columns[0]
    groups = list(dict.fromkeys(cells["rest"]))
    settings = list(dict.fromkeys(cells["setting"]))
    size = NAMES + WIDTH * len(settings), HEIGHT * len(results.methods) + 1
    figure, axes = panels.panels(len(groups), 1, *size)
    places = dict(zip(groups, axes.flat, strict=True))
    for name, mine in _by_scale(cells, score):
        shades = _shades(mine["ranked_median"], score)
        shown = mine.groupby("rest", sort=False)
        for group, rows in shown:
            _cells(places[group], rows, settings, results.methods, shades)
            _name(places[group], numbers.setting_totals, str(group), settings, results.methods)
        if np.isfinite(mine["ranked_median"]).any():
            _bar(figure, [places[group] for group, _ in shown], shades, score, name)
    axes[-1, 0].set_xlabel("optimiser setting")
    panels.title(figure, "Final scores in every optimiser setting")
    return figure


def _by_scale(cells: Frame, score: Score) -> Iterator[tuple[str, Frame]]:
    """Yield the cells that share a scale, with the name of what they were scored by.

    Panels of different yardsticks, as those of two data sets are, have a scale each.
    """
    protocols = cells.groupby("rest", sort=False)["protocol"].transform("first")
    names = yardsticks(protocols.dropna(), score.split)
    yield from cells.groupby(protocols.map(names).fillna(""), sort=False)  # pyright: ignore


def _bar(figure: Figure, axes: list[Axes], shades: ScalarMappable, score: Score, name: str) -> None:
    bar = figure.colorbar(shades, ax=axes, location="bottom", aspect=40, pad=0.02)
    panels.log_if_wide(bar.ax, pd.Series(shades.get_clim()), axis="x")
    label = f"median {score.scale([name])}\n{score.direction}: the darker"
    bar.set_label(label, loc="right", fontsize=9)  # a bar may be shorter than its label


def _shades(medians: Series, score: Score) -> ScalarMappable:
    """Return one scale for all panels, the better the darker."""
    known = medians[np.isfinite(medians)]
    ends = (known.min(), known.max()) if len(known) else (0.0, 1.0)
    scale = LogNorm(*ends) if panels.spans_decades(known) else Normalize(*ends)
    return ScalarMappable(scale, SHADES if score.lower_is_better else f"{SHADES}_r")


def _cells(
    ax: Axes, cells: Frame, settings: list[str], methods: list[str], shades: ScalarMappable
) -> None:
    for row in cells.to_dict("records"):
        place = settings.index(row["setting"]), methods.index(row["method"])
        _cell(ax, place, row, shades)
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _name(ax: Axes, totals: Frame, group: str, settings: list[str], methods: list[str]) -> None:
    """Name the columns of a panel, and its rows, with how many runs of all settings finished."""
    mine = totals[totals["rest"] == group].to_dict("records")
    ended = {row["method"]: f"{row['final_n']} of {row['n_planned']}" for row in mine}
    panels.name_rows(ax, [f"{method}\n{ended.get(method, '')}" for method in methods])
    ax.set_xticks(range(len(settings)), [name.replace(", ", "\n") for name in settings])
    ax.set(xlim=(-0.5, len(settings) - 0.5))
    panels.panel_title(ax, "", group)


def _cell(ax: Axes, place: tuple[int, int], row: dict[Any, Any], shades: ScalarMappable) -> None:
    """Draw a median as shade and text; hatched where there is none."""
    x, y = place
    has_one = bool(np.isfinite(row["ranked_median"]))
    colour = shades.to_rgba(row["ranked_median"]) if has_one else (1.0, 1.0, 1.0, 1.0)
    look = {"facecolor": colour, "edgecolor": "white" if has_one else "0.6", "linewidth": 1.5}
    ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, hatch="" if has_one else "////", **look))
    dark = has_one and np.dot(colour[:3], LINEAR) < DARK
    box = None if has_one else {"facecolor": "white", "edgecolor": "none", "pad": 1}
    ax.text(
        x, y, cell_text(row), ha="center", va="center", fontsize=9, linespacing=1.05,
        color="white" if dark else "black", bbox=box,
    )  # fmt: skip


def cell_text(row: dict[Any, Any]) -> str:
    """Return a cell's median, and how many of its planned runs finished."""
    return f"{ranked_median(row)}\n{row['final_n']}/{row['n_planned']}"


SETTINGS_HEAT_MAP = Drawing(
    "settings-heat-map",
    "Each method in each setting",
    "The median final score over seeds, diverged runs worst, above how many of the planned runs "
    "finished; below a method's name all its settings together. A hatched cell has no median: the "
    "run in the middle diverged or all of them failed (fail), or no run has a result yet (–). All "
    "cells that were scored alike share one scale of shades. Settings A to F are those of Table 1 "
    "of Miyato et al. 2018 (arXiv 1802.05957).",
    settings_heat_map,
    "",
)
