import pandas as pd
import pytest

from reports.load.loader import load
from reports.page.html import page
from reports.stats.numbers import compute
from runners.errors import StoreProblem, UserProblem
from runners.store.grid import GridStore
from runners.store.states import State

METHODS = ["none", "weight_clipping", "gradient_penalty", "spectral_norm", "weight_norm"]


def state_of(results, method, seed):
    runs = results.runs
    return runs[(runs["method"] == method) & (runs["seed"] == seed)].iloc[0]


def test_every_planned_run_is_a_row_with_its_state(mixed):
    assert len(mixed.runs) == 15
    states = mixed.runs["state"].value_counts().to_dict()
    assert states == {"finished": 11, "diverged": 1, "crashed": 1, "unfinished": 1, "missing": 1}
    assert state_of(mixed, "none", 1)["step"] == 500
    assert "non-finite loss_d" in state_of(mixed, "none", 1)["reason"]
    assert pd.isna(state_of(mixed, "weight_norm", 2)["generator_init"])


def test_methods_keep_the_order_of_the_plan(mixed):
    assert mixed.methods == METHODS
    assert list(mixed.scores["method"].cat.categories) == METHODS


def test_rows_carry_their_run(mixed):
    one = state_of(mixed, "spectral_norm", 2)
    rows = mixed.scores[mixed.scores["run_id"] == one["run_id"]]
    assert rows["step"].tolist() == [0, 250, 500, 750, 1000]
    assert set(rows["method"]) == {"spectral_norm"}
    assert set(rows["seed"]) == {2}


def test_pace_of_an_unfinished_run_comes_from_its_timing(mixed):
    assert state_of(mixed, "weight_norm", 1)["seconds_per_step"] == pytest.approx(0.02)


def test_notes_name_what_is_absent(mixed):
    text = "\n".join(mixed.notes)
    assert "1 of 15 planned runs: missing" in text
    assert "1 of 15 planned runs: unfinished" in text


def test_one_cell_has_no_label_and_axes_that_vary_are_columns(write_grid, make_spec):
    plain = load(write_grid([make_spec("none", 0)]))
    assert plain.cells == [""]
    assert plain.shared["optimizer.lr"] == 2e-4
    swept = load(
        write_grid(
            make_spec(m, 0, loss=loss, optimizer={"name": "adam", "lr": lr})
            for m in ("none", "weight_norm")
            for loss, lr in (("hinge", 1e-3), ("nonsaturating", 2e-4))
        )
    )
    assert swept.cells == ["loss=hinge, lr=0.001", "loss=nonsaturating, lr=0.0002"]
    assert set(swept.runs["spec.optimizer.lr"]) == {1e-3, 2e-4}
    assert set(swept.runs["spec.loss"]) == {"hinge", "nonsaturating"}
    assert len(swept.only(swept.cells[0]).scores) == len(swept.scores) / 2


def test_an_axis_may_bear_the_name_of_a_score(write_grid, make_spec) -> None:
    specs = [make_spec("none", seed, precision=p) for p in ("fp32", "bf16") for seed in range(2)]
    results = load(write_grid(specs))
    assert list(results.runs["spec.precision"]) == ["fp32", "fp32", "bf16", "bf16"]
    assert list(results.runs["cell"].cat.categories) == ["precision=fp32", "precision=bf16"]


def test_named_optimiser_settings_name_the_cells(write_grid, make_spec):
    slow = {"optimizer": {"name": "adam", "lr": 1e-4, "beta2": 0.9}, "n_dis": 5}
    results = load(write_grid([make_spec("none", 0), make_spec("none", 0, **slow)]))
    assert results.cells == ["setting=C", "setting=A"]


def test_method_parameters_are_methods_not_cells(write_grid, make_spec):
    tight = {"name": "weight_clipping", "c": 0.005}
    results = load(write_grid([make_spec("weight_clipping", 0), make_spec(tight, 0)]))
    assert results.methods == ["weight_clipping", "weight_clipping(c=0.005)"]
    assert results.cells == [""]


def test_a_method_alone_of_its_name_goes_by_it(write_grid, make_spec):
    tuned = {"name": "spectral_norm", "n_power_iterations": 10}
    results = load(write_grid(make_spec(m, s) for m in ("none", tuned) for s in range(2)))
    assert results.methods == ["none", "spectral_norm"]
    assert results.tuned == ("spectral_norm(n_power_iterations=10)",)
    assert "spectral_norm(n_power_iterations=10)" in page(results, compute(results), [])
    values = {difference.field: difference.values for difference in results.differences}
    assert values["method.n_power_iterations"] == {"none": ("–",), "spectral_norm": ("10",)}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("scores.jsonl", "{not json}\n", "scores.jsonl:1: damaged row"),
        ("metrics.jsonl", '{"step": 1}\n', "metrics.jsonl:1: damaged row: lacks loss_d"),
        ("status.json", "[1]", "status.json"),
    ],
)
def test_a_damaged_run_is_shown_and_the_others_stay(write_grid, make_spec, seal, name, text, said):
    specs = [make_spec("none", s) for s in range(2)]
    folder = write_grid(specs)
    (GridStore(folder).run(specs[0].run_id).folder / name).write_text(text)
    results = load(seal(folder))
    assert results.runs["state"].tolist() == [State.DAMAGED, State.FINISHED]
    assert said in results.runs["reason"].iloc[0]
    assert any(specs[0].run_id in note and said in note for note in results.notes)
    assert set(results.scores["seed"]) == {1}


def test_runs_outside_the_plan_are_named(write_grid, make_spec):
    folder = write_grid([make_spec("none", 0)])
    GridStore(folder).run("digits-other-s0-0123456789").create({})
    assert "digits-other-s0-0123456789" in "\n".join(load(folder).notes)


def test_two_protocols_in_one_cell_are_refused(write_grid, make_spec, seal):
    specs = [make_spec(m, 0) for m in ("none", "weight_norm")]
    folder = write_grid(specs)
    file = GridStore(folder).run(specs[1].run_id).rows_file("scores")
    file.write_text(file.read_text().replace("gen-2000", "gen-500"))
    with pytest.raises(UserProblem, match="different protocols") as problem:
        load(seal(folder))
    assert f"gen-500: {specs[1].run_id}" in str(problem.value)
    assert f"gen-2000: {specs[0].run_id}" in str(problem.value)


def test_no_run_started(write_grid, make_spec):
    spec = make_spec("none", 0)
    results = load(write_grid([spec], states={("none", 0): State.MISSING}))
    assert results.runs["state"].tolist() == [State.MISSING]
    assert results.scores.empty
    assert results.score_columns == []
    assert "no run has ended yet" in results.when


def test_a_plan_this_version_cannot_read_is_named(tmp_path):
    GridStore(tmp_path).write_plan("old", {"some-run": {"method": "forgotten"}})
    with pytest.raises(StoreProblem, match="some-run cannot be read"):
        load(tmp_path)
