"""Every registered engine keeps its promises, with the scheduler and without."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import slurm
from ray_clusters import cluster

from runners import plugins
from runners.engines import ENGINES, chosen
from runners.engines.base import Attempt, Ended, Engine, Lost, Note, Progress, Started
from runners.engines.resources import Resources
from runners.engines.scheduler import Scheduler
from runners.errors import UserProblem
from runners.lipschitz import METHODS
from runners.options import Limits, Options
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.store.lease import Claim
from runners.store.run import RunStore
from runners.store.states import State, Status
from runners.train import train

MEASURED = ("metrics", "scores", "spectra", "diagnostics")
PLUGIN = """
from typing import Literal

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import Method


@dataclass(frozen=True, config=STRICT)
class KnownHere(Method):
    name: Literal["known_here_only"] = "known_here_only"


METHODS = {"known_here_only": KnownHere}
"""
HANG = 600.0  # seconds after which something hangs, however slow the machine
LONG = {"diagnostics_every": 10_000, "steps": 100_000}

LACKING = {
    "slurm": slurm.REASON if slurm.LACKING else "",
    "ray": "" if find_spec("ray") else "Ray is not installed",
}
"""Why an engine that needs more than this project cannot be tried here; starting it takes long."""

pytestmark = pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=[pytest.mark.slow, pytest.mark.skipif(bool(why), reason=why or name)]
        )
        if (why := LACKING.get(name)) is not None
        else name
        for name in ENGINES
    ],
)


@pytest.fixture(scope="module")
def ray_address() -> Iterator[str]:
    with cluster(2) as made:
        yield made.address


@pytest.fixture(autouse=True)
def _there(name: str, request: pytest.FixtureRequest) -> None:
    """What an engine is for must be there."""
    if name == "slurm":
        request.getfixturevalue("slurm_cluster")


@pytest.fixture
def make(name: str, request: pytest.FixtureRequest) -> Callable[..., Engine]:
    """Return a maker of the engine, for options and resources."""
    where = {"address": request.getfixturevalue("ray_address")} if name == "ray" else {}

    def made(options: Options | None = None, **resources: Any) -> Engine:
        return ENGINES[name].make(options or Options(device="cpu"), Resources(**resources, **where))

    return made


@pytest.fixture
def engine(make: Callable[..., Engine]) -> Iterator[Engine]:
    """The engine with two slots."""
    with make(workers=2) as made:
        yield made


@pytest.fixture
def attempt(tmp_path: Path) -> Callable[[RunSpec], Attempt]:
    return lambda spec: Attempt(spec, 1, GridStore(tmp_path / "g").run(spec.run_id).folder)


def _numbers(store: RunStore) -> dict[str, bytes]:
    rows = {name: store.rows_file(name).read_bytes() for name in MEASURED}
    return rows | {"proof": store.proof_file.read_bytes()}


def _heard(engine: Engine, until: Callable[[Any], bool]) -> list[Any]:
    """Return events up to one of interest, which is the last; nothing is heard after it."""
    heard: list[Any] = []
    while True:
        for event in engine.events():
            heard.append(event)
            if until(event):
                return heard


def _over(event: Any) -> bool:
    return isinstance(event, Ended | Lost)


def _moves(event: Any) -> bool:
    return isinstance(event, Progress) and event.step > 0


def _statuses(engine: Engine, folder: Path, *specs: RunSpec, **limits: Any) -> dict[str, Status]:
    scheduler = Scheduler(engine, Limits(**limits))
    ended = scheduler.run(specs, GridStore(folder), lambda _: None)
    return {spec.run_id: status for spec, status in ended}


def test_has_a_line_in_the_list_and_is_found_by_name(name) -> None:
    assert ENGINES[name].summary
    assert chosen(name) is ENGINES[name]
    with pytest.raises(UserProblem, match=f"--engine x{name}: unknown; choices: .*{name}"):
        chosen(f"x{name}")


def test_resources_that_nobody_has_are_refused_at_once(name, make) -> None:
    asked: dict[str, Any] = {"workers": 1_000_000}
    said = "at most .* runs at once here"
    if "cpus" in ENGINES[name].reads:
        asked, said = {"cpus": 1e6}, r"--cpus 1e\+06.* has .* (CPUs|cores)"
    with pytest.raises(UserProblem, match=said):
        _enter(name, make, asked)


def _enter(name: str, make: Callable[..., Engine], asked: dict[str, Any]) -> None:
    chosen(name, Resources(**asked))
    with make(**asked):
        pass


def test_prepares_with_lines_to_print(engine, tiny) -> None:
    (line,) = engine.prepare([tiny()], lambda *_: None)
    assert line.startswith("digits: ")
    assert engine.free >= 2


def test_a_problem_found_when_preparing_is_the_users(make, tiny, tmp_path) -> None:
    (root := tmp_path / "file").write_text("not a folder")
    options = Options(device="cpu", data_root=root)
    with (
        make(options, workers=1) as engine,
        pytest.raises(UserProblem, match="--data-root"),
    ):
        engine.prepare([tiny(dataset="mnist")], lambda *_: None)


def test_an_attempt_starts_and_ends_once_and_takes_one_slot(engine, attempt, tiny) -> None:
    spec, free = tiny(), engine.free
    engine.submit(attempt(spec))
    assert engine.free == free - 1
    heard = [event for event in _heard(engine, _over) if not isinstance(event, Note)]
    assert engine.free == free
    assert heard[0] == Started(spec.run_id, 1)
    assert all(isinstance(event, Progress) for event in heard[1:-1])
    assert {(event.run, event.attempt) for event in heard} == {(spec.run_id, 1)}
    assert heard[-1].status.state == State.FINISHED
    assert not list(engine.events())


def test_numbers_are_those_of_training_in_this_process(engine, tiny, trained, tmp_path) -> None:
    specs = [tiny(), tiny(method="spectral_norm"), tiny(seed=1)]
    _statuses(engine, tmp_path / "g", *specs)
    for spec in specs:
        alone = trained(spec, "alone")
        assert _numbers(GridStore(tmp_path / "g").run(spec.run_id)) == _numbers(alone)


def test_a_stopped_attempt_writes_a_checkpoint_and_is_unfinished(engine, attempt, tiny) -> None:
    spec = tiny(**LONG)
    engine.submit(made := attempt(spec))
    _heard(engine, _moves)
    engine.stop(spec.run_id)
    status = _heard(engine, _over)[-1].status
    assert status.state == State.UNFINISHED
    assert f"checkpoint at step {status.step}" in status.reason
    assert RunStore(made.folder).checkpoint_file.exists()


def test_a_stop_before_the_first_step_is_not_forgotten(engine, attempt, tiny) -> None:
    spec = tiny(**LONG)
    engine.submit(attempt(spec))
    engine.stop(spec.run_id)
    assert _heard(engine, _over)[-1].status.state == State.UNFINISHED


def test_a_killed_attempt_is_lost_and_its_slot_free(engine, attempt, tiny) -> None:
    spec, free = tiny(**LONG), engine.free
    engine.submit(attempt(spec))
    _heard(engine, _moves)
    engine.kill(spec.run_id)
    last = _heard(engine, _over)[-1]
    assert isinstance(last, Lost)
    assert (last.run, last.attempt) == (spec.run_id, 1)
    assert last.reason
    assert engine.free == free


@pytest.mark.slow
def test_a_sleeper_that_wakes_up_after_its_run_was_given_away_changes_nothing(
    engine, attempt, tiny, trained
) -> None:
    spec = tiny(steps=1000, evaluation={"every": 500, "samples": 200}, diagnostics_every=500)
    first = replace(attempt(spec), claim=Claim("command"))
    store = RunStore(first.folder)
    engine.submit(first)
    _heard(engine, _moves)
    sleeper = store.holder().pid
    os.kill(sleeper, signal.SIGSTOP)
    try:
        engine.submit(replace(first, number=2))
        last = _heard(engine, _over)[-1]
        assert (last.attempt, last.status.state) == (2, State.FINISHED)
        then = _content(first.folder)
    finally:
        os.kill(sleeper, signal.SIGCONT)
    last = _heard(engine, _over)[-1]
    assert (last.attempt, last.status.state) == (1, State.BUSY)
    assert _content(first.folder) == then
    assert _numbers(store) == _numbers(trained(spec, "alone"))


def _content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_run_that_is_not_in_progress_can_be_stopped_and_killed(engine) -> None:
    engine.stop("nobody")
    engine.kill("nobody")


def test_a_killed_process_costs_its_run_one_attempt(engine, tiny, tmp_path) -> None:
    spec, other = tiny(**LONG), tiny(method="spectral_norm")
    told: list[str] = []
    limits = Limits(retries=1, grace=HANG)
    scheduler = Scheduler(engine, limits, lambda _, text: told.append(text))
    seen: dict[int, int] = {}

    def kill_then_stop(_: object) -> None:
        job = scheduler.jobs.get(spec.run_id)
        if job is None or job.step <= seen.setdefault(job.attempt, job.step):
            return
        if job.attempt == 1:
            engine.kill(spec.run_id)
        elif other.run_id not in scheduler.jobs and not scheduler.stopping:
            scheduler.stop()

    ended = dict(scheduler.run([spec, other], GridStore(tmp_path / "g"), kill_then_stop))
    assert ended[other].state == State.FINISHED
    assert ended[spec].state == State.UNFINISHED
    assert [text.split("; ")[-1] for text in told] == ["retry 1 of 1"]
    assert set(seen) == {1, 2}
    _begins_like_a_run_never_cut(GridStore(tmp_path / "g").run(spec.run_id), spec, tmp_path)


def _begins_like_a_run_never_cut(store: RunStore, spec: RunSpec, folder: Path) -> None:
    rows = store.rows_file("metrics").read_bytes()
    whole = RunStore(folder / "whole" / spec.run_id)
    whole.create(spec.as_dict)
    last = store.rows("metrics")[-1]["step"]
    steps = itertools.count(1)
    train(spec, whole, Options(), lambda: next(steps) >= last)
    assert rows
    assert rows == whole.rows_file("metrics").read_bytes()


def test_the_fault_of_one_run_does_not_touch_another(engine, tiny, trained, tmp_path) -> None:
    broken, sound = tiny(), tiny(method="spectral_norm")
    grid = GridStore(tmp_path / "g")
    grid.runs_folder.mkdir(parents=True)
    grid.run(broken.run_id).folder.write_text("in the way")
    statuses = _statuses(engine, grid.folder, broken, sound)
    assert statuses[broken.run_id].state in (State.CRASHED, State.DAMAGED)
    assert statuses[sound.run_id].state == State.FINISHED
    assert _numbers(grid.run(sound.run_id)) == _numbers(trained(sound, "alone"))


def test_what_cannot_be_read_on_the_other_side_costs_its_attempt_only(
    engine, attempt, tiny, tmp_path, known_here_only
) -> None:
    spec = tiny(method="spectral_norm")
    engine.submit(attempt(tiny(method=known_here_only)))
    last = _heard(engine, _over)[-1]
    assert isinstance(last, Lost)
    assert known_here_only in last.reason + last.traceback
    assert _statuses(engine, tmp_path / "g", spec)[spec.run_id].state == State.FINISHED


@pytest.fixture
def known_here_only(tmp_path: Path) -> Iterator[str]:
    """The name of a method whose plugin the engine's processes do not load."""
    (file := tmp_path / "known_here_only.py").write_text(PLUGIN)
    plugins.load([file])
    yield "known_here_only"
    del METHODS["known_here_only"]
    plugins._LOADED.clear()


def test_leaving_lets_everything_go(make, attempt, tiny) -> None:
    spec = tiny(**LONG)
    with make(workers=1) as engine:
        engine.submit(made := attempt(spec))
        _heard(engine, _moves)
    with RunStore(made.folder).lease():
        assert not RunStore(made.folder).is_done()
