"""What runs are said to cost: by stored runs of their kind, else by a few measured steps."""

from __future__ import annotations

import os
from typing import Any

import pytest

from bench.cost import Pace, estimate, stored_paces
from runners.engines.local import LocalEngine
from runners.engines.resources import Resources
from runners.errors import UserProblem
from runners.kinds import kind
from runners.options import Options


def _engine(options: Options) -> LocalEngine:
    return LocalEngine(options, Resources(workers=1))


def _no_engine(*_: Any) -> Any:
    raise AssertionError("trained although runs of this kind are stored")


def _refused(*_: Any) -> Any:
    raise UserProblem("no CUDA device")


def test_a_run_is_its_steps_and_what_is_measured_between_them(tiny) -> None:
    evaluation = {"every": 300, "samples": 100}
    spec = tiny(steps=1000, diagnostics_every=400, evaluation=evaluation)
    assert Pace(0.01, 2.0).seconds(spec) == pytest.approx(1000 * 0.01 + (1 + 4) * 2.0)


def test_seeds_steps_and_real_numbers_change_no_pace_but_all_else_does(tiny) -> None:
    def of(**changes: Any) -> str:
        return kind(tiny(**changes).as_dict)

    sn = {"name": "spectral_norm"}
    assert of(seed=3) == of(steps=7) == of(optimizer={"name": "adam", "lr": 0.1}) == of()
    assert of(method=sn | {"scale": 2.0}) == of(method=sn)
    kinds = [of(), of(method=sn), of(method=sn | {"n_power_iterations": 9}), of(n_dis=2),
             of(batch_size=16), of(loss="hinge"), of(evaluation={"every": 5})]  # fmt: skip
    assert len(set(kinds)) == len(kinds)


def test_stored_runs_tell_their_pace(tiny, trained, tmp_path) -> None:
    stores = [trained(tiny(seed=seed), "out/g/runs") for seed in (0, 1)]
    (tmp_path / "out/g/runs/broken").mkdir()
    (tmp_path / "out/g/runs/broken/spec.json").write_text("{")
    wanted = tiny(seed=9, steps=40)
    costs = estimate([wanted], tmp_path / "out", Options(), _no_engine)
    (pace,) = stored_paces((tmp_path / "out").glob("*/runs/*"), [kind(wanted.as_dict)]).values()
    steps = [store.status().seconds_per_step for store in stores]
    assert pace.step == pytest.approx(sum(steps) / 2)
    assert pace.measure > 0
    assert costs.seconds([wanted, wanted]) == pytest.approx(2 * pace.seconds(wanted))
    assert "stored runs" in costs.how
    assert costs.seconds([tiny(n_dis=2)]) is None


@pytest.mark.slow
def test_what_is_not_stored_is_measured_in_a_folder_that_is_gone(tiny, tmp_path) -> None:
    specs = [tiny(steps=10**6), tiny(steps=10**6, method="gradient_penalty")]
    out = tmp_path / "out"
    costs = estimate(specs, out, Options(), _engine)
    assert len(costs.paces) == 2
    assert all(pace.step > 0 and pace.measure > 0 for pace in costs.paces.values())
    assert (costs.seconds(specs) or 0) > 10**6 * 1e-5
    assert "measured now" in costs.how
    assert not out.exists()


@pytest.mark.slow
def test_of_many_kinds_some_are_measured_and_stand_for_the_others(
    tiny, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("bench.cost.MOST", 1)
    specs = [tiny(), tiny(n_dis=2), tiny(n_dis=3)]
    costs = estimate(specs, tmp_path, Options(), _engine)
    assert costs.how.endswith("; 2 of 3 kinds taken as the mean of these")
    assert len(costs.paces) == 3
    assert len(set(costs.paces.values())) == 1


def test_what_is_refused_and_why_nothing_was_measured(tiny, tmp_path) -> None:
    mnist = tiny(dataset="mnist")
    costs = estimate([mnist], tmp_path, Options(data_root=tmp_path), _no_engine)
    assert costs.how == f"not measured: no mnist in {tmp_path}"
    assert costs.seconds([mnist]) is None
    with pytest.raises(UserProblem, match="no CUDA device"):
        estimate([tiny()], tmp_path, Options(), _refused)
    assert estimate([], tmp_path, Options(), _no_engine).how == "all runs are done"


def test_data_that_are_gone_are_told_of_where_stored_runs_tell_the_pace(
    tiny, trained, tmp_path, monkeypatch
) -> None:
    trained(tiny(), "out/g/runs")
    monkeypatch.setattr("bench.cost.missing", lambda *_: "no digits in here")
    costs = estimate([tiny(seed=9)], tmp_path / "out", Options(), _no_engine)
    assert costs.how == f"by stored runs under {tmp_path / 'out'}; no digits in here"


def test_a_run_that_was_resumed_lowers_no_pace_below_nothing(tiny, trained, tmp_path) -> None:
    store = trained(tiny(), "out/g/runs")
    os.utime(store.floor_file, (2**31, 2**31))  # written again when it went on
    (pace,) = stored_paces((tmp_path / "out").glob("*/runs/*"), [kind(tiny().as_dict)]).values()
    assert pace.measure == 0
