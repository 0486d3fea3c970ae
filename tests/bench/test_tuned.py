"""A grid with tuning: trials, the choice by their stored scores, default and winner anew."""

# pyright: reportOptionalMemberAccess=false
from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from bench.grid import Grid, load
from bench.plan import write_plan
from bench.tuned import chosen, confirming, costs, described, left, planned
from reports.render import render
from runners.errors import StoreProblem
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.store.states import State, Status
from runners.tuning.plan import from_json


@pytest.fixture
def grid(tmp_path: Path, tuned) -> Grid:
    """The tiny grid, with two seeds of every trial."""
    file = tmp_path / "grid.yaml"
    file.write_text(file.read_text().replace("seeds: 1\n", "seeds: 2\n"))
    return load(file)


def _end(store: GridStore, spec: RunSpec, score: Any, state: State = State.FINISHED) -> None:
    """Store a run that ended with a score against the validation split."""
    run = store.run(spec.run_id)
    run.create(spec.as_dict)
    run.append("scores", [{"step": 0, "fid_validation": 0.0}])
    run.append("scores", [{"step": 10, "fid": 0.0, **score}])
    run.write_status(Status(state, 10))


def _store(grid: Grid, folder: Path, scores: dict[tuple[str, int], list[Any]]) -> GridStore:
    """Store all trials; those not named score 9."""
    store = GridStore(folder / "g")
    for point in grid.tuning.points:
        values = scores.get((point.method, point.number), [9.0, 9.0])
        for spec, value in zip(point.specs, values, strict=True):
            if value == "diverged":
                _end(store, spec, {"fid_validation": 0.0}, State.DIVERGED)
            else:
                _end(store, spec, {} if value == "none" else {"fid_validation": value})
    return store


def test_the_lowest_mean_of_the_last_scores_wins_and_failures_rank_worst(grid, tmp_path) -> None:
    store = _store(grid, tmp_path, {
        ("none", 0): [3.0, 5.0],
        ("none", 1): [0.5, "diverged"],
        ("none", 2): [2.0, 4.0],
        ("weight_clipping", 0): [1.0, math.nan],
        ("weight_clipping", 1): ["none", 1.0],
    })  # fmt: skip
    found = costs(grid.tuning, store)
    assert found == {
        "none": {0: 4.0, 1: math.inf, 2: 3.0},
        "weight_clipping": {0: math.inf, 1: math.inf, 2: 9.0},
    }
    assert chosen(found) == {"none": 2, "weight_clipping": 2}
    lr, c = (grid.tuning.points[5].settings[key] for key in ("optimizer.lr", "method.c"))
    assert list(described(grid.tuning, found, chosen(found))) == [
        "chosen by fid_validation at the final step, mean of 2 seeds, 3 trials each:",
        f"  none: trial 2, optimizer.lr={lr}: 3; the default: 4",
        f"  weight_clipping: trial 2, optimizer.lr={lr}, method.c={c}: 9; the default: failed",
    ]


def test_ties_and_general_failure_leave_the_default(grid, tmp_path) -> None:
    bad = {("weight_clipping", n): ["diverged", "diverged"] for n in range(3)}
    found = costs(grid.tuning, _store(grid, tmp_path, bad))
    assert chosen(found) == {"none": 0, "weight_clipping": 0}
    lines = list(described(grid.tuning, found, chosen(found)))
    assert lines[1:] == [
        "  none: trial 0, the default: 9; the default: 9",
        "  weight_clipping: trial 0, the default: failed; the default: failed",
    ]


def test_scores_without_the_column_choose_nothing(grid, tmp_path) -> None:
    store = GridStore(tmp_path / "g")
    for spec in grid.tuning.specs:
        _end(store, spec, {})
    with pytest.raises(StoreProblem, match="no finished run has fid_validation"):
        costs(grid.tuning, store)


def test_default_and_winner_are_confirmed_side_by_side_once_each(grid) -> None:
    specs = confirming(grid.tuning, {"none": 0, "weight_clipping": 2})
    labels = [(s.seed, s.method.name, getattr(s.method, "c", 0.01) == 0.01) for s in specs]
    row = [("none", True), ("weight_clipping", True), ("weight_clipping", False)]
    assert labels == [(seed, *one) for seed in (0, 1) for one in row]
    assert {s.run_id for s in grid.specs} < {s.run_id for s in specs}
    assert not {s.seed for s in specs} & {s.seed for s in grid.tuning.specs}


def test_the_plan_before_and_after_the_choice(grid, tmp_path) -> None:
    store = GridStore(tmp_path / "g")
    before = planned(grid.tuning)
    assert (before.winners, before.cells) == ({}, {})
    assert set(before.runs) == {spec.run_id for spec in grid.tuning.specs}
    assert before.dimensions["weight_clipping"] == ("optimizer.lr", "method.c")
    after = planned(grid.tuning, {"none": 0, "weight_clipping": 2})
    assert after.cells["default"]["none"] == after.cells["tuned"]["none"]
    assert after.cells["default"]["weight_clipping"] != after.cells["tuned"]["weight_clipping"]
    assert after.cells["default"]["none"] == tuple(
        spec.run_id for spec in grid.specs if spec.method.name == "none"
    )
    write_plan(grid, store, grid.specs, after)
    assert store.tuning() == from_json(store.plan()["tuning"], "") == after


def test_trials_that_have_not_ended_are_counted(grid, tmp_path) -> None:
    store = GridStore(tmp_path / "g")
    assert left(grid.tuning, store) == 12
    _end(store, grid.tuning.specs[0], {}, State.DIVERGED)
    _end(store, grid.tuning.specs[1], {}, State.CRASHED)
    assert left(grid.tuning, store) == 11


@pytest.mark.slow
def test_from_trials_to_confirmation_in_one_command(tuned, tmp_path) -> None:
    done = tuned()
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("tuning: 6 runs, 0 done already", "6 finished", "chosen by fid_validation",
                  "confirmation: ", "next: bench report"):  # fmt: skip
        assert words in done.stdout
    store = GridStore(tmp_path / "results/g")
    plan, content = store.tuning(), store.plan_file.read_bytes()
    assert plan is not None
    for method in ("none", "weight_clipping"):
        scores = {
            point.trial: store.run(point.runs[0]).rows("scores")[-1]["fid_validation"]
            for point in plan.points
            if point.method == method
        }
        assert plan.winners[method] == min(scores, key=lambda trial: scores[trial])
        assert len(plan.cells["tuned"][method]) == 2
    confirmed = {run for cell in plan.cells.values() for runs in cell.values() for run in runs}
    assert set(store.plan()["runs"]) == confirmed
    assert set(store.folders()) == confirmed | set(plan.runs)
    assert store.unplanned() == []
    again = tuned()
    assert (again.returncode, again.stdout.count("nothing left to do")) == (0, 2)
    assert store.plan_file.read_bytes() == content
    more = tuned("--trials", "4")
    assert more.returncode == 0, more.stdout
    assert "tuning: 8 runs, 6 done already" in more.stdout
    assert store.tuning().points[:3] == plan.points[:3]


@pytest.mark.slow
def test_a_damaged_trial_stops_before_the_choice_and_reports_work_at_any_time(
    tuned, tmp_path
) -> None:
    few = ("--trials", "2", "--seeds", "1")
    dry = tuned(*few, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    for words in ("tuning: 4 runs", "confirmation: at most 4 runs", "method.c", "measured now"):
        assert words in dry.stdout
    assert not (tmp_path / "results").exists()
    assert tuned(*few).returncode == 0
    store = GridStore(tmp_path / "results/g")
    assert "not in the newest plan" not in render(store.folder).read_text()
    victim = store.run(store.tuning().points[1].runs[0])
    victim.rows_file("scores").write_text("")
    stopped = tuned(*few)
    assert stopped.returncode == 1
    assert "nothing is chosen yet: 1 of the 4 runs of the tuning have not ended" in stopped.stdout
    assert "confirmation" not in stopped.stdout
    assert store.tuning().winners == {}
    assert store.tuning().runs.keys() < set(store.folders())
    render(store.folder)
    done = tuned(*few, "--redo-damaged")
    assert done.returncode == 0, done.stdout
    assert "tuning: 4 runs, 3 done already" in done.stdout
    assert set(store.tuning().winners) == {"none", "weight_clipping"}
