"""What a spec says of where an imported run comes from."""

from __future__ import annotations

import re

import pytest

from runners.errors import StoreProblem
from runners.store.grid import RUN_ID
from runners.store.imported import KEY, Origin, marked, origin, require_own, run_id

SPEC = {"method": {"name": "SN/../<b>"}, "seed": 3, "steps": 10}
HERE = Origin("runs.csv", "0" * 64, "csv")


def test_a_spec_says_where_its_run_comes_from() -> None:
    assert origin("sn-s3", SPEC) is None
    assert origin("imported-SN", marked(SPEC, HERE)) == HERE


def test_a_name_of_an_imported_run_needs_an_origin() -> None:
    with pytest.raises(StoreProblem, match="plan: imported-SN has the name of an imported run"):
        origin("imported-SN", SPEC, "plan")


def test_a_run_is_named_by_all_that_its_spec_says() -> None:
    names = [run_id(marked(spec, HERE)) for spec in (SPEC, SPEC | {"steps": 11})]
    assert all(re.fullmatch(RUN_ID, name) for name in names)
    assert len(set(names)) == 2


@pytest.mark.parametrize("said", [None, "csv", {"file": "a"}, HERE.to_json() | {"reader": 3}])
def test_an_origin_that_says_too_little_is_damage(said) -> None:
    with pytest.raises(StoreProblem, match="plan: imported does not say file, sha256 and reader"):
        origin("imported-SN", SPEC | {KEY: said}, "plan")


def test_only_imported_runs_are_refused() -> None:
    require_own({"sn-s3": SPEC}, "results/x: cannot be merged")
    runs = {"sn-s3": SPEC, "imported-SN": marked(SPEC, HERE)}
    with pytest.raises(StoreProblem, match=r"results/x: cannot be merged: imported .* runs\.csv"):
        require_own(runs, "results/x: cannot be merged")
