"""Figures over settings and parameters: what a cell says, and that failures are seen."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reports.choice import Choice
from reports.figures.settings_heat_map import DARK, LINEAR, settings_heat_map
from reports.figures.share_curves import share_curves
from reports.figures.sweep_lines import _places, sweep_lines
from reports.figures.tuning_axes import LOWER_EDGE, UPPER_EDGE
from reports.load.chosen import with_choice
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


def test_panels_of_two_yardsticks_share_no_heights(write_grid, make_spec):
    cells = ({"dataset": name, "n_dis": n} for name in ("digits", "mnist") for n in (1, 2))
    methods = [{"name": "weight_clipping", "c": c} for c in (0.01, 0.05)]
    specs = [make_spec(m, 0, **cell) for cell in cells for m in methods]
    results = load(write_grid(specs, axes=("dataset", "n_dis")))
    ours = results.scores["cell"].str.contains("mnist")
    protocol = results.scores["protocol"].where(~ours, "mnist-cnn-5e6f7a8b/ref-train-1437/gen-2000")
    scores = results.scores.assign(protocol=protocol)
    scores.loc[ours, "fid"] = scores["fid"] / 100
    results = dataclasses.replace(results, scores=scores)
    figure = sweep_lines(results, compute(results))
    assert figure is not None
    panels = [ax for ax in figure.axes if ax.axison]
    names = ["mnist" if "mnist" in ax.get_title() else "digits" for ax in panels]
    assert all(f"{name}-cnn" in ax.get_ylabel() for name, ax in zip(names, panels, strict=True))
    assert any("\nn_dis=1" in ax.get_title() for ax in panels)
    heights = {(name, ax.get_ylim()) for name, ax in zip(names, panels, strict=True)}
    assert len(heights) == 2
    assert max(high for name, (_, high) in heights if name == "mnist") < 1


def test_values_of_exactly_a_factor_of_ten_are_spread_by_their_ratios():
    ax = Figure().subplots()
    _places(ax, pd.DataFrame({"value": [1e-4, 2e-4, 1e-3], "line": "none"}))
    assert ax.get_xscale() == "log"


@pytest.mark.parametrize(("metric", "edge"), [("fid", UPPER_EDGE), ("is", LOWER_EDGE)])
def test_failed_runs_of_a_sweep_stand_at_the_worst_edge_and_break_the_line(
    write_grid, make_spec, metric, edge
):
    specs = [make_spec({"name": "weight_clipping", "c": c}, seed)
             for c in (0.01, 0.05, 0.2) for seed in range(2)]  # fmt: skip
    states = {("weight_clipping(c=0.2)", seed): State.DIVERGED for seed in (0, 1)}
    results = with_choice(load(write_grid(specs, states=states)), Choice(metric=metric))
    figure = sweep_lines(results, compute(results))
    assert figure is not None
    (ax,) = figure.axes
    (line,) = (line for line in ax.lines if line.get_linestyle() == "-")
    assert list(np.isfinite(line.get_ydata())) == [True, True, False]
    (cross,) = (line for line in ax.lines if line.get_marker() == "X")
    assert np.asarray(cross.get_xdata()).tolist() == [pytest.approx(0.2)]
    assert set(np.asarray(cross.get_ydata())) == {edge}
    assert [text.get_text() for text in ax.texts] == ["2"]
    points = [line for line in ax.lines if line.get_linestyle() == "None" and line is not cross]
    assert sum(np.isfinite(line.get_ydata()).sum() for line in points) == 4
