"""What of a run's rows its page draws."""

from __future__ import annotations

from reports.load.score_columns import score_columns
from reports.run_page.curves import (
    DIAGNOSTICS,
    MOST_POINTS,
    MOST_STEPS,
    MOST_VALUES,
    TRAINING,
    curves,
    layer_curves,
    score_groups,
    spectra,
    thinned,
)


def layer(step: int, values: list[float], name: str = "0") -> dict[str, object]:
    return {"step": step, "layer": name, "kind": "conv", "rows": 8, "columns": 4,
            "singular_values": values, "sigma_max": values[0]}  # fmt: skip


def test_columns_of_one_quantity_share_a_panel_and_strange_ones_have_their_own() -> None:
    rows = [{"step": 1, "loss_d": 1.0, "loss_g": 2, "penalty": None, "depth": 3.14159, "note": "x"}]
    drawn = curves(rows, TRAINING)
    assert (drawn["x"], drawn["rows"]) == ([1], 1)
    assert [(one["title"], one["lines"]) for one in drawn["panels"]] == [
        ("Losses", [{"name": "D", "y": [1.0]}, {"name": "G", "y": [2.0]}]),
        ("depth", [{"name": "depth", "y": [3.142]}]),
    ]


def test_what_is_no_finite_number_is_a_gap() -> None:
    odd = [float("nan"), float("inf"), 10**400, True, "1", [2], 3.0]
    drawn = curves([{"step": n, "tightness": v} for n, v in enumerate(odd)], DIAGNOSTICS)
    assert drawn["panels"][0]["lines"][0]["y"] == [None] * 6 + [3.0]


def test_splits_stand_together_gaps_apart_and_totals_nowhere() -> None:
    columns = score_columns().recorded_in(("fid", "fid_test", "fid_gap", "fid_ema", "is"))
    groups = score_groups(columns)
    assert groups["FID"]["fid_test"] == "test"
    assert groups["FID"]["fid_ema"] == "train, averaged generator"
    assert groups["FID, test - train"] == {"fid_gap": "at equal n"}
    assert groups["IS"]["is"] == "IS"
    assert not any("is_std" in named for named in groups.values())


def test_an_axis_is_logarithmic_where_numbers_are_far_apart() -> None:
    def log(*values: float) -> bool:
        rows = [{"step": n, "penalty": value} for n, value in enumerate(values)]
        return curves(rows, TRAINING)["panels"][0]["log"]

    assert log(1.0, 400.0)
    assert not log(1.0, 40.0)
    assert not log(0.0, 400.0)


def test_layers_have_their_spectra_and_a_line_each() -> None:
    rows = [layer(s, [3.0 + s, 2.0, 1.0]) for s in (0, 5)] + [layer(5, [7.0], "1")]
    assert spectra(rows) == [
        {
            "title": "conv 0, 8 x 4",
            "log": False,
            "x": [0, 5],
            "y": [[3.0, 2.0, 1.0], [8.0, 2.0, 1.0]],
        }
    ]
    drawn = layer_curves(rows)
    assert drawn["x"] == [0, 5]
    assert drawn["panels"][0]["lines"] == [
        {"name": "conv 0, 8 x 4", "y": [3.0, 8.0]}, {"name": "conv 1, 8 x 4", "y": [None, 7.0]},
    ]  # fmt: skip
    assert len(drawn["panels"]) == 1


def test_long_runs_are_thinned_and_keep_their_ends() -> None:
    assert thinned([], 5) == []
    assert thinned([1, 2, 3], 3) == [1, 2, 3]
    assert thinned(list(range(101)), 5) == [0, 25, 50, 75, 100]
    assert thinned([1, 2, 3], 0) == thinned([1, 2, 3], 1) == [3]
    rows = [layer(step, [float(v) for v in range(100, 0, -1)]) for step in range(2000)]
    drawn = curves([{"step": step, "penalty": 1.0} for step in range(2000)], TRAINING)
    assert (drawn["x"][0], drawn["x"][-1], len(drawn["x"])) == (0, 1999, MOST_POINTS)
    assert drawn["rows"] == 2000
    (one,) = spectra(rows)
    assert (one["x"][0], one["x"][-1], len(one["x"])) == (0, 1999, MOST_STEPS)
    assert (one["y"][0][0], one["y"][0][-1], len(one["y"][0])) == (100.0, 1.0, MOST_VALUES)
