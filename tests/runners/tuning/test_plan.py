"""The tuning in a plan: written, read, and refused where it is damaged."""

from __future__ import annotations

import copy
import json

import pytest

from runners.errors import StoreProblem
from runners.tuning.plan import Point, Select, Space, TuningPlan, from_json

PLAN = TuningPlan(
    trials=2,
    seeds=(10**9,),
    confirmation=(0, 1),
    select=Select("fid", "final", "validation", "fid_validation", True),
    space=Space(
        {"optimizer.lr": {"log": [1e-4, 4e-3]}}, {"weight_clipping": {"c": [0.01, 0.1]}}
    ),
    dimensions={"none": ("optimizer.lr",), "weight_clipping": ("optimizer.lr", "method.c")},
    points=(
        Point("none", 0, {}, ("a",)),
        Point("none", 1, {"optimizer.lr": 2e-4}, ("b",)),
        Point("weight_clipping", 0, {}, ("c",)),
        Point("weight_clipping", 1, {"optimizer.lr": 2e-4, "method.c": 0.1}, ("d",)),
    ),
    runs={name: {"seed": 10**9} for name in "abcd"},
    winners={"none": 1, "weight_clipping": 0},
    cells={"default": {"none": ("e", "f")}, "tuned": {"none": ("g", "h")}},
)  # fmt: skip


def test_a_plan_is_read_as_it_is_written() -> None:
    data = json.loads(json.dumps(PLAN.to_json()))
    assert from_json(data, "grid.json") == PLAN
    assert data["points"][3] == {
        "method": "weight_clipping", "trial": 1, "runs": ["d"],
        "settings": {"optimizer.lr": 2e-4, "method.c": 0.1},
    }  # fmt: skip
    assert data["seeds"] == [10**9]


def test_what_a_later_version_adds_is_no_damage() -> None:
    assert from_json(PLAN.to_json() | {"more": 1}, "grid.json") == PLAN


def test_before_the_selection_there_are_no_winners() -> None:
    data = PLAN.to_json()
    del data["winners"], data["cells"]
    assert (from_json(data, "").winners, from_json(data, "").cells) == ({}, {})


def test_dimensions_of_a_method_are_the_shared_and_its_own() -> None:
    for method, keys in PLAN.dimensions.items():
        assert tuple(dim.key for dim in PLAN.space.of(method)) == keys
    assert PLAN.space.of("weight_clipping")[1].values == (0.01, 0.1)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("trials",), "two", "tuning.trials: Input should be a valid integer"),
        (("points", 1, "settings"), [], "tuning.points.1.settings: "),
        (("points", 1, "runs", 0), "x", "run x of a point is not among runs"),
        (("winners", "none"), 7, "winner 7 of none is not among points"),
        (("select", "column"), None, "tuning.select.column: "),
        (("space", "shared", "optimizer.lr"), {"log": [0, 1]}, "optimizer.lr: "),
        (("cells", "third"), {}, "tuning.cells.third"),
    ],
)
def test_damage_is_named(path, value, words) -> None:
    data = copy.deepcopy(PLAN.to_json())
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(StoreProblem, match=r"^results/grid\.json: ") as caught:
        from_json(data, "results/grid.json")
    assert words in str(caught.value)


def test_a_plan_without_its_points_is_damaged() -> None:
    data = PLAN.to_json()
    del data["points"]
    with pytest.raises(StoreProblem, match=r"tuning\.points: "):
        from_json(data, "grid.json")


def test_what_is_no_mapping_is_damaged() -> None:
    with pytest.raises(StoreProblem, match=r"grid\.json: tuning: "):
        from_json([], "grid.json")  # pyright: ignore
