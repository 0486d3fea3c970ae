"""A budget as steps: measured once, kept, and the same on any machine afterwards."""

from __future__ import annotations

import dataclasses
import json
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bench import budget, calibrate
from bench.bundle.make import bundle
from bench.cli import app
from bench.dry_run import print_plan
from bench.grid import Grid
from bench.merge import merge
from bench.plan import Former, require_budget, require_kept, write_plan
from bench.session import run_grid
from reports.load.loader import load
from reports.page.cost_words import cost_words
from reports.stats.numbers import compute
from reports.stats.pairing import violations
from runners.engines.local import LocalEngine
from runners.engines.resources import Resources
from runners.errors import StoreProblem, UserProblem
from runners.files import write_json
from runners.options import Options
from runners.store import calibration
from runners.store.calibration import Measured
from runners.store.grid import GridStore
from runners.store.run import RunStore
from runners.store.states import State, Status

OPTIONS = Options(wandb="disabled")


def _grid(*specs, seconds: float = 1.0, name: str = "g") -> Grid:
    stand_in = tuple(dataclasses.replace(spec, steps=budget.STAND_IN) for spec in specs)
    return Grid(name, "", stand_in, (), budget=seconds)


def _engine(options: Options) -> LocalEngine:
    return LocalEngine(options, Resources(workers=1))


def _no_engine(_: Options):
    raise AssertionError("calibrated although the pace is known")


def _know(folder: Path, spec, pace: float) -> None:
    before = calibration.read(folder)
    one = Measured(calibrate.trained(spec), pace, 450, "2026-01-02", {"cpu": "EPYC"})
    calibration.write(folder, [*before.values(), one])


@pytest.fixture
def known(tiny, tmp_path):
    """Two methods, one of which takes twice as long; their grid and its folder."""
    specs = [tiny(method=m, seed=s) for s in (0, 1) for m in ("none", "weight_norm")]
    for spec, pace in zip(specs, (0.1, 0.2), strict=False):
        _know(tmp_path / "g", spec, pace)
    return _grid(*specs), GridStore(tmp_path / "g")


def test_a_budget_is_used_up_to_the_last_whole_step() -> None:
    assert budget.steps_in(1, 0.0101) == 99
    assert budget.steps_in(10, 0.3) == 33
    assert budget.steps_in(10, 11) == 0


def test_what_changes_no_pace_shares_an_entry_and_all_else_does_not(tiny) -> None:
    def of(**changes):
        return calibration.key(calibrate.trained(tiny(**changes)))

    adam = {"name": "adam", "lr": 0.1}
    assert of(seed=3) == of(steps=7) == of(optimizer=adam) == of(evaluation={"every": 9}) == of()
    kinds = [of(), of(method="weight_norm"), of(n_dis=2), of(batch_size=16), of(ema=0.9)]
    assert len(set(kinds)) == len(kinds)


def test_steps_come_from_what_is_kept_and_methods_have_others(known) -> None:
    grid, store = known
    said: list[str] = []
    made = budget.calibrated(grid, store, OPTIONS, said.append)
    assert [spec.steps for spec in made.specs] == [10, 5, 10, 5]
    assert [spec.seed for spec in made.specs] == [0, 0, 1, 1]
    assert said == [
        f"calibrated: steps in 1 s: none 10; weight_norm 5; {store.folder}/{calibration.NAME}"
    ]


def test_the_dry_run_says_what_is_not_known_and_measures_nothing(tiny, tmp_path, capsys) -> None:
    grid = _grid(tiny())
    print_plan(grid, tmp_path, OPTIONS, _no_engine)
    said = capsys.readouterr().out
    assert "the steps of none are not known until `bench run` has calibrated them" in said
    assert not (tmp_path / "g").exists()
    _know(tmp_path / "g", tiny(), 0.1)
    print_plan(_grid(), tmp_path, OPTIONS, _no_engine)
    assert "not known" not in capsys.readouterr().out


def test_shards_and_other_machines_wait_for_one_calibration(known, tiny) -> None:
    grid, store = known
    out = store.folder.parent
    budget.require_known(grid, out, "slurm", sharded=True)
    more = _grid(*grid.specs, tiny(method="weight_clipping"))
    budget.require_known(more, out, "local", sharded=False)
    for engine, sharded in (("local", True), ("slurm", False)):
        with pytest.raises(UserProblem, match="does not know weight_clipping yet"):
            budget.require_known(more, out, engine, sharded)


def test_impossible_budgets_are_refused(known, tiny) -> None:
    grid, store = known
    for seconds, said in ((0.05, "0 steps of none"), (1e7, "at most 10,000,000")):
        with pytest.raises(UserProblem, match=said):
            budget.calibrated(dataclasses.replace(grid, budget=seconds), store, OPTIONS, print)
    warm = tiny(schedule={"name": "linear", "warmup": 8}, method="weight_norm")
    _know(store.folder, warm, 0.2)
    with pytest.raises(UserProblem, match=r"5 steps of weight_norm: .*warmup takes 8 steps"):
        budget.calibrated(_grid(warm), store, OPTIONS, print)
    with pytest.raises(UserProblem, match="costs more with every phase"):
        budget.unknown(_grid(tiny(model="progressive")), store)


def test_a_calibration_that_is_gone_or_damaged_is_not_made_anew(known) -> None:
    grid, store = known
    made = budget.calibrated(grid, store, OPTIONS, lambda _: None)
    write_plan(made, store, made.specs)
    file = calibration.file(store.folder)
    file.write_text('{"calibration": 1, "kinds": [{"of": {}}]}')
    with pytest.raises(StoreProblem, match="kind 1 is damaged"):
        budget.calibrated(grid, store, OPTIONS, print)
    file.unlink()
    for refused in _commands(grid, store):
        with pytest.raises(StoreProblem, match="is gone, which gave planned runs their steps"):
            refused()


def test_a_calibration_that_lost_entries_is_not_made_anew(known, monkeypatch) -> None:
    grid, store = known
    made = budget.calibrated(grid, store, OPTIONS, lambda _: None)
    write_plan(made, store, made.specs)
    calibration.write(store.folder, [*calibration.read(store.folder).values()][:1])
    before = calibration.file(store.folder).read_bytes()
    monkeypatch.setattr(budget, "measured", lambda *_: pytest.fail("measured planned runs again"))
    for refused in _commands(grid, store):
        with pytest.raises(StoreProblem, match="lacks weight_norm, which gave planned runs their"):
            refused()
    assert calibration.file(store.folder).read_bytes() == before


def _commands(grid: Grid, store: GridStore) -> list[Callable[[], object]]:
    """Return what needs the calibration of planned runs whole."""
    out = store.folder.parent
    return [
        lambda: run_grid(grid, out, OPTIONS, _no_engine, former=Former.ADD),
        lambda: print_plan(grid, out, OPTIONS, _no_engine),
        lambda: merge([store.folder], out / "m", None, Console(quiet=True)),
    ]


def test_a_plan_that_is_replaced_may_be_calibrated_anew(known) -> None:
    grid, store = known
    made = budget.calibrated(grid, store, OPTIONS, lambda _: None)
    write_plan(made, store, made.specs)
    calibration.file(store.folder).unlink()
    for text in (store.plan_file.read_text(), "{"):
        store.plan_file.write_text(text)
        require_budget(grid, store, Former.REPLACE)
        with pytest.raises((StoreProblem, UserProblem)):
            require_budget(grid, store, None)


def test_runs_whose_pace_was_changed_are_not_added(known) -> None:
    grid, store = known
    made = budget.calibrated(grid, store, OPTIONS, lambda _: None)
    write_plan(made, store, made.specs)
    slower = [
        dataclasses.replace(one, seconds_per_step=2 * one.seconds_per_step)
        for one in calibration.read(store.folder).values()
    ]
    calibration.write(store.folder, slower)
    other = budget.calibrated(grid, store, OPTIONS, lambda _: None)
    with pytest.raises(
        UserProblem, match="gives none 10 steps, and the calibration beside it now 5"
    ):
        require_kept(other, store, Former.ADD)


def test_a_plan_of_another_budget_is_not_added_to(known) -> None:
    grid, store = known
    made = budget.calibrated(grid, store, OPTIONS, lambda _: None)
    write_plan(made, store, made.specs)
    other = dataclasses.replace(grid, budget=2.0)
    other = budget.calibrated(other, store, OPTIONS, lambda _: None)
    with pytest.raises(UserProblem, match="another budget of seconds"):
        require_kept(other, store, Former.ADD)


@pytest.mark.parametrize("former", [None, Former.ADD])
def test_a_budget_that_the_plan_refuses_is_not_calibrated(known, tiny, former) -> None:
    grid, store = known
    made = budget.calibrated(grid, store, OPTIONS, lambda _: None)
    write_plan(made, store, made.specs)
    before = sorted(store.folder.rglob("*")), calibration.file(store.folder).read_bytes()
    other = _grid(tiny(n_dis=2), seconds=2.0)
    out = store.folder.parent
    for command in (run_grid, print_plan):
        with pytest.raises(UserProblem, match=r"another budget of .*OTHER, or --plan replace"):
            command(other, out, OPTIONS, _no_engine, former=former)
    assert (sorted(store.folder.rglob("*")), calibration.file(store.folder).read_bytes()) == before


def test_what_others_added_meanwhile_stands(known, tiny) -> None:
    _, store = known
    before = calibration.read(store.folder)
    again = [dataclasses.replace(one, seconds_per_step=9.0) for one in before.values()]
    new = Measured(calibrate.trained(tiny(n_dis=2)), 0.3, 450, "2026-01-03", {})
    budget._keep(store, [*again, new])
    assert calibration.read(store.folder) == before | {new.key: new}


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_while_calibrating_ends_it_with_a_word(tiny, tmp_path, monkeypatch, capsys, name):
    number, left = getattr(signal, name), []

    def measured(*_):
        try:
            signal.raise_signal(number)
        finally:
            left.append("what cleans up")

    monkeypatch.setattr(budget, "measured", measured)
    before = signal.signal(number, _unheard)
    try:
        assert run_grid(_grid(tiny()), tmp_path, OPTIONS, _no_engine) == 130
    finally:
        signal.signal(number, before)
    assert left == ["what cleans up"]
    said = capsys.readouterr().out
    assert "interrupted: nothing is calibrated yet; the same command begins anew" in said
    assert not (tmp_path / "g").exists()


def test_kinds_are_timed_where_the_command_says(tiny, tmp_path, monkeypatch) -> None:
    given: list[object] = []

    def measured(kinds, options, one):
        given.append(one)
        raise KeyboardInterrupt

    monkeypatch.setattr(budget, "measured", measured)
    run_grid(_grid(tiny()), tmp_path, OPTIONS, _engine, one=_no_engine)
    assert given == [_no_engine]
    engine = calibrate.alone(OPTIONS, ("cuda:1", "cuda:0"))
    assert isinstance(engine, LocalEngine)
    assert engine.resources == Resources(workers=1, devices=("cuda:1",))
    assert engine.options.device == "cuda"


def test_the_command_gives_its_devices_to_the_calibration(tmp_path, monkeypatch) -> None:
    given: list[Resources] = []

    def session(*args):
        given.append(args[-1](OPTIONS).resources)
        return 0

    monkeypatch.setattr("bench.session.run_grid", session)
    command = ["run", "--grid", "smoke.yaml", "--devices", "cuda:1", "--out", str(tmp_path)]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert given == [Resources(workers=1, devices=("cuda:1",))]


def _unheard(number: int, _: object) -> None:
    raise AssertionError(f"signal {number} was not handled")


@pytest.fixture
def ended(tmp_path, monkeypatch):
    """What ends where, in place of runs: a function of the probes' steps by their learning rate.

    A step takes a tenth of a second under the first seed, half of it under the other.
    """

    def probed(steps: dict[float, int]) -> list[float]:
        tried: list[float] = []

        def fake(short, options, make, limit, look):
            tried.extend(spec.optimizer.lr for spec in short)
            return [
                look(_stopped(tmp_path / "p", spec, steps[spec.optimizer.lr])) for spec in short
            ]

        monkeypatch.setattr(calibrate, "probed", fake)
        return tried

    return probed


CRASH = 60  # the step of a probe that crashes


def _stopped(folder: Path, spec, step: int) -> RunStore:
    store = RunStore(folder / spec.run_id)
    store.folder.mkdir(parents=True)
    pace = 0.05 if spec.seed else 0.1
    rows = [{"step": n, "seconds": 9 + pace * n} for n in range(calibrate.LOG_EVERY, step + 1, 10)]
    store.append("timing", [{"step": 0, "seconds": 0.0}, *rows])
    store.write_json(store.proof_file, {"cpu": "EPYC"})
    if step != CRASH:
        store.write_status(Status(State.FINISHED if step == 500 else State.DIVERGED, step))
    return store


def _rates(tiny, *rates: float):
    return [[tiny(optimizer={"name": "adam", "lr": lr}) for lr in rates]]


def test_a_kind_whose_first_cell_diverges_is_timed_by_the_next(tiny, ended) -> None:
    tried = ended({0.5: 40, 0.1: 500, 0.2: 500})
    (one,) = calibrate.measured(_rates(tiny, 0.5, 0.1, 0.2), OPTIONS)
    assert tried == [0.5, 0.5, 0.1, 0.1]
    assert (round(one.seconds_per_step, 9), one.steps) == (0.05, 450)


def test_scoring_before_the_first_step_takes_nothing_of_a_probe(tiny, monkeypatch) -> None:
    stopped: list[str] = []
    engine = SimpleNamespace(stop=stopped.append)
    now = iter((20.0, 21.0, 30.0, 31.0, 40.0, 41.0))
    monkeypatch.setattr(calibrate, "time", SimpleNamespace(monotonic=lambda: next(now)))
    watch = calibrate._limit(engine)  # pyright: ignore
    watch({"r": ("none", 0, 500)})  # scoring, however long
    for step in (100, 200):
        assert stopped == []
        watch({"r": ("none", step, 500)})
    assert stopped == ["r"]
    assert calibrate._probe(tiny(evaluation={"samples": 5000}), 0).evaluation.samples == 100


def test_a_kind_has_all_its_cells_but_each_under_one_seed(tiny, tmp_path) -> None:
    (cells,) = _rates(tiny, 0.5, 0.1)
    grid = _grid(*(dataclasses.replace(cell, seed=s) for s in (3, 4) for cell in cells))
    (kind,) = budget.unknown(grid, GridStore(tmp_path / "g"))
    assert [(spec.optimizer.lr, spec.seed) for spec in kind] == [(0.5, 0), (0.1, 0)]


def test_where_all_cells_diverge_the_steps_before_count(tiny, ended) -> None:
    ended({0.5: 40, 0.1: 10})
    (one,) = calibrate.measured(_rates(tiny, 0.5), OPTIONS)
    assert (round(one.seconds_per_step, 9), one.steps) == (0.05, 30)
    (one,) = calibrate.measured(_rates(tiny, 0.1), OPTIONS)
    assert one.steps == 10
    ended({0.2: CRASH})
    with pytest.raises(UserProblem, match="none did not come as far as 100 steps"):
        calibrate.measured(_rates(tiny, 0.2), OPTIONS)


def test_folders_that_were_calibrated_apart_are_not_merged(known, tiny, tmp_path) -> None:
    _, store = known
    _know(tmp_path / "other", tiny(), 0.3)
    with pytest.raises(StoreProblem, match="know another pace of the same kind"):
        calibration.united([store.folder, tmp_path / "other"])
    assert len(calibration.united([store.folder, store.folder])) == 2


def test_a_probe_that_was_stopped_tells_its_machine(tiny, tmp_path) -> None:
    from runners.train import train

    spec = tiny(steps=1000, log_every=2)
    store, looks = RunStore(tmp_path / spec.run_id), iter(range(1000))
    store.create(spec.as_dict)
    train(spec, store, OPTIONS, stop=lambda: next(looks) >= 120)
    assert not store.proof()
    timed = calibrate._timed(store)
    assert timed is not None
    assert timed.machine["device"] == "cpu"
    assert timed.machine["threads"] == "1"


@pytest.mark.slow
def test_a_budget_from_the_first_run_to_the_report(tiny, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("bench.calibrate.PROBE", 40)
    monkeypatch.setattr("bench.calibrate.WARM", 10)
    monkeypatch.setattr("bench.calibrate.LEAST", 20)
    grid = _grid(*(tiny(seed=s) for s in (0, 1)), seconds=0.3)
    assert run_grid(grid, tmp_path, OPTIONS, _engine) == 0
    store = GridStore(tmp_path / "g")
    first, ids = calibration.read(store.folder), store.planned()
    _know(store.folder, tiny(method="weight_norm"), 0.03)  # another pace, so other steps
    more = [tiny(seed=s, method=m) for s in (0, 1) for m in ("none", "weight_norm")]
    assert run_grid(_grid(*more, seconds=0.3), tmp_path, OPTIONS, _engine) == 0
    assert first.items() <= calibration.read(store.folder).items()
    assert set(ids) < set(store.planned())

    results = load(store.folder)
    assert results.budget == 0.3
    assert results.methods == ["none", "weight_norm"]
    assert results.cells == [""]
    numbers = compute(results)
    assert set(numbers.pairing["batches"]) == {"differ by steps"}
    assert violations(numbers.pairing) == []
    assert [one.role for one in results.differences if one.field == "steps"] == [
        "what the budget of seconds allows"
    ]
    assert "0.3 s of training" in cost_words(results, numbers).notes[0]

    quiet = Console(quiet=True)
    merge([store.folder], tmp_path / "m", None, quiet)
    assert calibration.read(tmp_path / "m") == calibration.read(store.folder)
    assert GridStore(tmp_path / "m").plan()["budget"] == {"seconds": 0.3}


def test_a_bundle_carries_the_calibration(known, tmp_path, monkeypatch) -> None:
    store = known[1]
    plan = {"name": "g", "columns": [], "runs": {}}
    write_json(store.plan_file, plan | {"budget": {"seconds": 1.0}})
    monkeypatch.setattr("bench.bundle.make.write_report", lambda _: None)  # of no run
    bundle(store.folder, tmp_path / "b.zip", checkpoints=False, console=Console(quiet=True))
    with zipfile.ZipFile(tmp_path / "b.zip") as made:
        assert made.read(calibration.NAME) == calibration.file(store.folder).read_bytes()
        assert calibration.NAME in json.loads(made.read("bundle.json"))["files"]


def test_a_damaged_calibration_keeps_no_grid_without_a_budget_from_its_bundle(
    known, tmp_path, monkeypatch
) -> None:
    store = known[1]
    calibration.file(store.folder).write_text("{")
    monkeypatch.setattr("bench.bundle.make.write_report", lambda _: None)  # of no run
    plan, quiet = {"name": "g", "columns": [], "runs": {}}, Console(quiet=True)
    write_json(store.plan_file, plan | {"budget": {"seconds": 1.0}})
    with pytest.raises(StoreProblem, match=calibration.NAME):
        bundle(store.folder, tmp_path / "b.zip", checkpoints=False, console=quiet)
    write_json(store.plan_file, plan)
    bundle(store.folder, tmp_path / "b.zip", checkpoints=False, console=quiet)
    with zipfile.ZipFile(tmp_path / "b.zip") as made:
        assert calibration.NAME not in made.namelist()
