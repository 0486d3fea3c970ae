"""Parameters swept alone: which runs make a line, and which do not."""

import pytest

from reports.load.loader import load
from reports.stats.sweeps import has_sweeps, sweeps
from reports.tables.sweeps import sweep_table
from runners.store.states import State

ADAM = {"name": "adam", "beta1": 0.5, "beta2": 0.999}


@pytest.fixture(scope="module")
def lines_of(write_grid, make_spec):
    """Return {(parameter, panel, line): values} of a grid of such methods and fields."""

    def found(methods, cells=({},), axes=(), ran=False, **options):
        specs = [make_spec(m, 0, **cell) for cell in cells for m in methods]
        states = {} if ran else {(s.method_label, s.seed): State.MISSING for s in specs}
        results = load(write_grid(specs, axes=axes, states=states, **options))
        rows = sweeps(results, results.columns.ranking[:1])
        lines = rows.groupby(["parameter", "panel", "line"], sort=False)["value"]
        return {key: list(values) for key, values in lines}

    return found


def clipping(**own):
    return {"name": "weight_clipping", **own}


def test_entries_that_differ_in_one_number_are_a_line(lines_of):
    found = lines_of(["none", clipping(c=0.2), clipping(), clipping(c=0.05)])
    assert found == {("method.c", "weight_clipping", "weight_clipping"): [0.01, 0.05, 0.2]}


def test_entries_that_differ_in_two_settings_are_none(lines_of):
    def penalty(**own):
        return {"name": "gradient_penalty", **own}

    assert lines_of([penalty(), penalty(lambda_gp=1.0, lazy=4)]) == {}
    found = lines_of([penalty(), penalty(lambda_gp=1.0, lazy=4), penalty(lambda_gp=1.0)])
    assert found == {
        ("method.lambda_gp", "gradient_penalty", "gradient_penalty"): [1, 10],
        ("method.lazy", "gradient_penalty", "gradient_penalty"): [1, 4],
    }


def test_an_axis_of_numbers_has_a_line_for_each_method(lines_of):
    cells = [{"optimizer": ADAM | {"lr": lr}, "n_dis": n} for lr in (1e-4, 1e-3) for n in (1, 5)]
    found = lines_of(["none", "spectral_norm"], cells, ("optimizer.lr", "n_dis"))
    assert found[("optimizer.lr", "n_dis=5", "spectral_norm")] == [1e-4, 1e-3]
    assert found[("n_dis", "lr=0.001", "none")] == [1, 5]
    assert len(found) == 8


def test_settings_that_differ_in_the_rate_alone_are_no_sweep_of_it(swept):
    found = sweeps(swept, swept.score_columns[:1])
    assert set(found["parameter"]) == {"method.c"}
    assert list(dict.fromkeys(found["panel"])) == [
        f"weight_clipping\nsetting={name}" for name in "AD"
    ]


def test_steps_that_a_budget_gave_make_no_other_line(write_grid, make_spec, replan):
    specs = [make_spec(clipping(c=c), 0, steps=steps) for c, steps in ((0.05, 500), (0.2, 1000))]
    folder = write_grid(specs)
    assert not has_sweeps(load(folder))
    replan(folder, budget={"seconds": 10.0})
    assert list(sweeps(load(folder), load(folder).score_columns[:1])["value"]) == [0.05, 0.2]


SIZES = [{"dataset": {"name": "digits", "train_size": size}} for size in (200, None)]


def test_all_training_data_are_as_many_as_the_protocol_says(lines_of):
    found = lines_of(["none"], SIZES, ("dataset.train_size",), ran=True, splits=True)
    assert found == {("dataset.train_size", "", "none"): [200, 1438]}


def test_all_training_data_are_called_as_cells_call_them(lines_of):
    cells = [one | {"optimizer": ADAM | {"lr": lr}} for one in SIZES for lr in (1e-4, 1e-3)]
    axes = ("dataset.train_size", "optimizer.lr")
    found = lines_of(["none"], cells, axes, ran=True, splits=True)
    panels = {panel for parameter, panel, _ in found if parameter == "optimizer.lr"}
    assert panels == {"train_size=200", "train_size=none"}


def test_scores_by_two_yardsticks_are_no_line(lines_of, monkeypatch):
    cells = [{"evaluation": {"every": 250, "samples": n}} for n in (1000, 2000)]
    axes = ("evaluation.samples",)
    assert len(lines_of(["none"], cells, axes, ran=True)) == 1  # the store says 2,000 of both
    monkeypatch.setattr("reports.stats.sweeps.yardstick", lambda protocol, split: object())
    assert lines_of(["none"], cells, axes, ran=True) == {}


def test_the_table_has_a_row_for_each_value(swept, numbers_of, mixed, tuned):
    table = sweep_table(swept, numbers_of(swept))
    assert list(table["value"]) == ["0.01", "0.05"] * 2
    assert list(table["held"]) == ["setting=A"] * 2 + ["setting=D"] * 2
    assert set(table["finished"]) == {"3 of 3"}
    assert [has_sweeps(results) for results in (swept, mixed, tuned)] == [True, False, False]
