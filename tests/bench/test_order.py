"""What is started when: seeds whole, the costliest run of a seed first."""

from __future__ import annotations

import pytest

from bench import order
from bench.cost import Pace
from bench.grid import Overrides, find, load
from bench.order import ordered
from runners.kinds import kind


def test_the_methods_of_a_seed_stay_together_and_the_penalty_comes_first(tmp_path) -> None:
    specs = load(find("lipschitz.yaml"), Overrides(seeds="2")).specs
    names = [(spec.seed, spec.method.name) for spec in ordered(specs, tmp_path)]
    assert [seed for seed, _ in names] == [0] * 5 + [1] * 5
    assert names[0] == (0, "gradient_penalty")
    assert [name for _, name in names[1:5]] == [
        "none", "weight_clipping", "spectral_norm", "weight_norm",
    ]  # fmt: skip


def test_costlier_cells_come_first(tiny, tmp_path) -> None:
    cells = [[tiny(n_dis=n, seed=seed) for seed in (0, 1)] for n in (1, 5, 2)]
    specs = [spec for cell in cells for spec in cell]
    assert [(s.n_dis, s.seed) for s in ordered(specs, tmp_path)] == [
        (5, 0), (5, 1), (2, 0), (2, 1), (1, 0), (1, 1),
    ]  # fmt: skip


def test_this_machine_s_own_paces_count_and_others_are_scaled_by_them(
    tiny, tmp_path, monkeypatch
) -> None:
    names = ("none", "gradient_penalty", "weight_norm")
    none, penalty, norm = (tiny(method=name) for name in names)
    paces = {kind(none.as_dict): Pace(0.01, 0), kind(norm.as_dict): Pace(0.03, 0)}
    monkeypatch.setattr(order, "stored_paces", lambda folders, wanted: paces)
    methods = [spec.method.name for spec in ordered([none, penalty, norm], tmp_path)]
    assert methods == ["weight_norm", "gradient_penalty", "none"]


@pytest.mark.parametrize("name", ["tuned.yaml", "toys.yaml", "stylegan.yaml", "regime.yaml"])
def test_nothing_is_lost_or_added(name, tmp_path) -> None:
    grid = load(find(name), Overrides())
    specs = grid.tuning.specs if grid.tuning else grid.specs
    assert sorted(s.run_id for s in ordered(specs, tmp_path)) == sorted(s.run_id for s in specs)
    assert ordered([], tmp_path) == []
