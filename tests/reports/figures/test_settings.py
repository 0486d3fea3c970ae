"""Figures over settings and parameters: what a cell says, and that failures are seen."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from reports.figures.settings_heat_map import DARK, LINEAR, settings_heat_map
from reports.figures.share_curves import share_curves
from reports.figures.sweep_lines import sweep_lines
from reports.load.loader import load
from reports.stats.numbers import compute
from runners.store.states import State


@pytest.fixture(scope="module")
def cells(swept, numbers_of):
    """Return (text, colour of the text, face, hatch) of every cell, by row from the top left."""
    figure = settings_heat_map(swept, numbers_of(swept))
    assert figure is not None
    (ax, _) = figure.axes
    boxes: dict[Any, Any] = {
        tuple(patch.get_center()): patch for patch in ax.patches if isinstance(patch, Rectangle)
    }
    said = {text.get_position(): text for text in ax.texts}
    assert boxes.keys() == said.keys()
    rows = sorted(said, key=lambda place: (place[1], place[0]))
    return [(said[p].get_text(), said[p].get_color(), boxes[p].get_facecolor(),
             boxes[p].get_hatch()) for p in rows]  # fmt: skip


def test_every_cell_says_its_median_and_how_many_runs_finished(cells):
    assert [text for text, *_ in cells] == [
        "35.3\n2/3", "35.3\n2/3", "59.9\n3/3", "59.9\n3/3", "59.9\n3/3", "59.9\n3/3",
        "fail\n0/3", "fail\n0/3",
    ]  # fmt: skip


def test_only_cells_without_a_median_are_hatched(cells):
    assert [bool(hatch) for *_, hatch in cells] == [False] * 6 + [True] * 2


def test_shades_grow_lighter_as_scores_get_worse_also_in_grey(cells):
    grey = [np.dot(face[:3], LINEAR) for _, _, face, _ in cells[:3:2]]
    assert grey[0] < grey[1] - 0.3
    assert all((colour == "white") == (np.dot(face[:3], LINEAR) < DARK)
               for _, colour, face, _ in cells)  # fmt: skip


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_shares_rise_from_none_at_the_best_end_also_with_one_threshold(swept, sign):
    names = ("none", "spectral_norm")
    row = {"group": "", "threshold": [sign * 5.0] * 2, "share": [0.5, 0.0], "low": 0.0, "high": 1.0}
    rows = pd.DataFrame({"method": names, **row})
    figure = share_curves(swept, rows, [""], "runs", "score", sign)
    ax = figure.axes[0]
    low, high = ax.get_xlim()
    best, worst = (low, high) if sign > 0 else (high, low)
    drawn = [np.asarray(line.get_xydata()).tolist() for line in ax.lines]
    assert [[best, 0], [5, 0.5], [worst, 0.5]] in drawn
    assert [[best, 0], [5, 0], [worst, 0]] in drawn
    assert low < 5 < high


def test_failed_runs_of_a_sweep_stand_at_the_edge_and_break_the_line(write_grid, make_spec):
    specs = [make_spec({"name": "weight_clipping", "c": c}, seed)
             for c in (0.01, 0.05, 0.2) for seed in range(2)]  # fmt: skip
    states = {("weight_clipping(c=0.2)", seed): State.DIVERGED for seed in (0, 1)}
    results = load(write_grid(specs, states=states))
    figure = sweep_lines(results, compute(results))
    assert figure is not None
    (ax,) = figure.axes
    (line,) = (line for line in ax.lines if line.get_linestyle() == "-")
    assert list(np.isfinite(line.get_ydata())) == [True, True, False]
    (cross,) = (line for line in ax.lines if line.get_marker() == "X")
    assert np.asarray(cross.get_xdata()).tolist() == [pytest.approx(0.2)]
    assert [text.get_text() for text in ax.texts] == ["2"]
    points = [line for line in ax.lines if line.get_linestyle() == "None" and line is not cross]
    assert sum(np.isfinite(line.get_ydata()).sum() for line in points) == 4
