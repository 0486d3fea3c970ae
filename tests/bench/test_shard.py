"""Shares of a grid: every run in one of them, of equal cost, the same on every machine."""

from __future__ import annotations

import itertools
import random

import pytest

from bench.grid import Overrides, find, load
from bench.session import run_grid
from bench.shard import ALL, Shard, parse
from runners.engines.local import LocalEngine
from runners.engines.resources import Resources
from runners.errors import UserProblem
from runners.flops import run_flops
from runners.options import Options
from runners.store.grid import GridStore


@pytest.fixture(scope="module")
def mixed():
    """Runs of very different cost."""
    return load(find("native-recipes.yaml"), Overrides(seeds="2", steps=100)).specs


@pytest.mark.parametrize("count", [1, 3, 9])
def test_every_run_is_in_one_share(mixed, count) -> None:
    shares = [Shard(n + 1, count).share(mixed) for n in range(count)]
    ids = [spec.run_id for share in shares for spec in share]
    assert sorted(ids) == sorted(spec.run_id for spec in mixed)


def test_shares_cost_the_same_but_for_less_than_the_costliest_run(mixed) -> None:
    costs = {spec.run_id: run_flops(spec) for spec in mixed}
    totals = [sum(costs[spec.run_id] for spec in Shard(n, 3).share(mixed)) for n in (1, 2, 3)]
    assert max(totals) - min(totals) <= max(costs.values())
    assert max(costs.values()) > 4 * min(costs.values())


def test_a_share_does_not_depend_on_the_order_of_the_plan(mixed) -> None:
    other = random.Random(0).sample(mixed, len(mixed))
    first, again = Shard(2, 3).share(mixed), Shard(2, 3).share(other)
    assert {spec.run_id for spec in first} == {spec.run_id for spec in again}
    assert [mixed.index(spec) for spec in first] == sorted(mixed.index(spec) for spec in first)


def test_what_names_a_share_and_what_does_not() -> None:
    assert parse(None) == ALL == Shard(1, 1)
    assert parse(" 2/3 ") == Shard(2, 3)
    for text in ("0/3", "4/3", "3", "a/b", "-1/2", "1/0", "1/1000000"):
        with pytest.raises(UserProblem, match=f"--shard {text}: is no share; the second of"):
            parse(text)


@pytest.mark.slow
def test_shares_in_one_folder_are_the_whole_grid(tmp_path, capsys) -> None:
    grid = load(find("smoke.yaml"), Overrides(methods=("none", "weight_clipping"), seeds="1"))
    store, counts = GridStore(tmp_path / grid.name), itertools.count(1)

    def engine(options: Options) -> LocalEngine:
        return LocalEngine(options, Resources(workers=1))

    for part in (Shard(1, 2), Shard(2, 2)):
        assert run_grid(grid, tmp_path, Options(), engine, shard=part) == 0
        assert f"2 runs, 1 of them in shard {part}, 0 done already" in capsys.readouterr().out
        assert sum(store.run(run).is_done() for run in store.planned()) == next(counts)
