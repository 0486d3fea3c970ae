"""The key budget: seconds in place of steps, and every way to write it wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.grid import GridProblem, Overrides, load
from bench.grid.budget import STAND_IN

TEXT = """\
base:
  dataset: digits
  budget: {seconds: 3}
methods: [none, spectral_norm]
seeds: 2
"""


def _load(folder: Path, text: str = TEXT, changes: Overrides | None = None):
    file = folder / "g.yaml"
    file.write_text(text)
    return load(file, changes)


def _refused(folder: Path, text: str, changes: Overrides | None = None) -> list[str]:
    with pytest.raises(GridProblem) as problem:
        _load(folder, text, changes)
    return [line.removeprefix(f"{folder}/") for line in str(problem.value).splitlines()]


def test_a_budget_stands_in_place_of_steps(tmp_path) -> None:
    grid = _load(tmp_path)
    assert grid.budget == 3.0
    assert {spec.steps for spec in grid.specs} == {STAND_IN}


@pytest.mark.parametrize("changes", [Overrides(steps=7), Overrides(set=("steps=7",))])
def test_steps_of_the_command_line_end_it(tmp_path, changes) -> None:
    grid = _load(tmp_path, changes=changes)
    assert grid.budget is None
    assert {spec.steps for spec in grid.specs} == {7}
    tuned = TEXT + "tuning: {trials: 2, seeds: 1, shared: {n_dis: [1, 2]}}\n"
    assert _load(tmp_path, tuned, changes).tuning


ONLY = "budget: {seconds: ...} is given in base of the file; --steps N replaces it"


@pytest.mark.parametrize(
    ("more", "option", "expected"),
    [
        ("", "budget=3", f"--set budget=3: budget: {ONLY}"),
        ("", "budget.seconds=3", f"--set budget.seconds=3: budget.seconds: {ONLY}"),
        ("budget: {seconds: 3}", None, f"g.yaml:6:1: budget: {ONLY}"),
        ("axes: {budget: [1, 2]}", None, f"g.yaml:6:8: axes.budget: {ONLY}"),
        ("axes: {budget.seconds: [1, 2]}", None, f"g.yaml:6:8: axes.budget.seconds: {ONLY}"),
    ],
)
def test_a_budget_elsewhere_is_told_where_it_belongs(tmp_path, more, option, expected) -> None:
    changes = Overrides(set=(option,)) if option else None
    assert expected in _refused(tmp_path, TEXT + more, changes)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{seconds: 3}", "{seconds: 3}\n  steps: 5",
         "g.yaml:3:3: base.budget: stands beside steps; keep one of them"),
        ("  budget: {seconds: 3}\n", "", "g.yaml:1:1: base.steps: required but missing"),
        ("{seconds: 3}", "3", "g.yaml:3:11: base.budget: expected {seconds: a number}, got 3"),
        ("{seconds: 3}", "{second: 3}",
         "g.yaml:3:12: base.budget.second: unknown key; did you mean seconds? choices: seconds"),
        ("seconds: 3", "seconds: 0",
         "g.yaml:3:21: base.budget.seconds: expected a number above 0 and at most 1e+07, got 0"),
        ("seconds: 3", "seconds: .nan",
         "g.yaml:3:21: base.budget.seconds: expected a number above 0 and at most 1e+07, got .nan"),
        ("seeds: 2", "seeds: 2\naxes: {steps: [1, 2]}",
         "g.yaml:6:8: axes.steps: stands beside base.budget; keep one of them"),
        ("seeds: 2", "seeds: 2\ntuning: {trials: 2, seeds: 1, shared: {n_dis: [1, 2]}}",
         "g.yaml:3:3: base.budget: a grid with tuning counts steps, which are the same for all "
         "trials; give steps"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_place(tmp_path, old, new, expected) -> None:
    assert expected in _refused(tmp_path, TEXT.replace(old, new))
