"""The command's side of the SLURM engine, with SLURM's words and the tasks' played by the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runners.engines import slurm, slurm_calls, slurm_watch
from runners.engines.base import Attempt, Detached, Ended, Lost, Note, Started
from runners.engines.resources import Resources
from runners.engines.slurm import SlurmEngine
from runners.engines.slurm_spool import Spool
from runners.errors import UserProblem
from runners.options import Options
from runners.store.grid import GridStore
from runners.store.lease import Claim
from runners.store.run import RunStore

LIFE = "7_0.0"
RUNNING = {"7_0": "RUNNING"}


class Slurm:
    """What a cluster would say and be asked."""

    def __init__(self) -> None:
        self.tasks: dict[str, str] | None = {}
        self.submitted: list[int] = []
        self.cancelled: list[str] = []
        self.refuses: str | None = None

    def submit(self, _spool: Spool, _job: Any, count: int, _environ: Any) -> None:
        if self.refuses:
            raise UserProblem(self.refuses)
        self.submitted.append(count)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Slurm:
    made = Slurm()
    monkeypatch.setattr(slurm, "POLL", 0.01)
    monkeypatch.setattr(slurm_watch, "EVERY", 0.0)
    monkeypatch.setattr(slurm_calls, "tasks", lambda _name: made.tasks)
    monkeypatch.setattr(slurm_calls, "submit", made.submit)
    monkeypatch.setattr(slurm_calls, "cancel", made.cancelled.append)
    monkeypatch.setattr(slurm_calls, "cancel_task", made.cancelled.append)
    monkeypatch.setattr(slurm_calls, "ending", lambda _task: "TIMEOUT")
    return made


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "g/slurm")


@pytest.fixture
def engine(cluster) -> Iterator[SlurmEngine]:
    with SlurmEngine(Options(), Resources(workers=5)) as made:
        yield made
        cluster.tasks = {}


@pytest.fixture
def attempt(tiny, tmp_path) -> Callable[..., Attempt]:
    def make(number: int = 1, **changes: Any) -> Attempt:
        spec = tiny(**changes)
        folder = GridStore(tmp_path / "g").run(spec.run_id).folder
        return Attempt(spec, number, folder, Claim("me"))

    return make


def _heard(engine: SlurmEngine, until: type) -> list[Any]:
    heard: list[Any] = []
    while not any(isinstance(event, until) for event in heard):
        heard += engine.events()
    return heard


def _detached(*attempts: Attempt) -> None:
    """Leave attempts to SLURM, as a command with --detach does."""
    with SlurmEngine(Options(), Resources(detach=True)) as first:
        for attempt in attempts:
            first.submit(attempt)
        with pytest.raises(Detached, match=f"{len(attempts)} runs are with SLURM"):
            list(first.events())


def _take(spool: Spool, life: str = LIFE) -> str:
    """Do as a task does that takes the first run of the queue."""
    if life not in spool.lives():
        spool.begin(life)
    name = spool.waiting()[0]
    assert spool.take(name, life)
    spool.say(life, "started", ticket=name)
    return name


def test_as_many_jobs_as_attempts_but_no_more_than_workers(engine, cluster, attempt) -> None:
    cluster.tasks = None  # nothing is known but what was submitted
    for seed in range(3):
        engine.submit(attempt(seed=seed))
    list(engine.events())
    assert cluster.submitted == [3]
    for seed in range(3, 9):
        engine.submit(attempt(seed=seed))
    list(engine.events())
    assert cluster.submitted == [3, 2]


def test_a_task_that_has_taken_nothing_yet_is_waited_for(engine, cluster, attempt, spool) -> None:
    engine.submit(attempt())
    cluster.tasks = {"7_0": "PENDING"}
    for _ in range(9):
        list(engine.events())
    assert cluster.submitted == [1]
    cluster.tasks = {"7_0": slurm_calls.HELD}  # requeued: it comes in two minutes
    while cluster.submitted == [1]:
        list(engine.events())
    assert cluster.submitted == [1, 1]


def test_the_same_command_finds_what_is_queued_and_taken(cluster, attempt, spool) -> None:
    made, other = attempt(), attempt(seed=1)
    _detached(made, other)
    assert cluster.submitted == [2]
    assert cluster.cancelled == []
    cluster.tasks = RUNNING
    name = _take(spool)
    with SlurmEngine(Options(), Resources()) as again:
        again.submit(attempt(4))
        again.submit(attempt(seed=1))
        heard = _heard(again, Started)
        assert [event for event in heard if isinstance(event, Started)] == [Started(made.run, 4)]
        (note,) = [event for event in heard if isinstance(event, Note)]
        assert "1 tasks, 1 runs in the queue, 1 taken" in note.text
        assert spool.close(name, LIFE)
        spool.say(LIFE, "ended", ticket=name, status={"state": "finished"})
        assert isinstance(_heard(again, Ended)[-1], Ended)
        assert len(spool.waiting()) == 1
        again.stop(other.run)
        assert [type(event) for event in _heard(again, Ended)] == [Started, Ended]
    assert cluster.submitted[:2] == [2, 1]  # the task that is there was busy
    assert cluster.cancelled == [again.job.name]


def test_runs_of_tasks_that_ended_unwatched_wait_again(cluster, attempt, spool) -> None:
    _detached(attempt())
    name = _take(spool)
    with SlurmEngine(Options(), Resources()) as again:
        again.submit(attempt())
        list(again.events())
        assert spool.waiting() == [name]
        assert cluster.submitted == [1, 1]


def test_queued_runs_that_are_not_planned_any_more_are_dropped(cluster, attempt, spool) -> None:
    kept, dropped = attempt(), attempt(seed=1)
    _detached(dropped, kept)
    GridStore(spool.folder.parent).write_plan("g", {kept.run: kept.spec.as_dict})
    with SlurmEngine(Options(), Resources()) as again:
        again.submit(kept)
        assert [name.split("+")[1] for name in spool.waiting()] == [kept.run]


def test_an_attempt_of_a_task_that_is_gone_is_lost_and_fenced(
    engine, cluster, attempt, spool
) -> None:
    made = attempt()
    engine.submit(made)
    list(engine.events())
    cluster.tasks = RUNNING
    name = _take(spool)
    (spool.output / "7_0.txt").write_text("slurmstepd: error: out of time")
    with RunStore(made.folder).lease(Claim("me")) as sleeper:
        _heard(engine, Started)
        cluster.tasks = {}
        lost = _heard(engine, Lost)[-1]
        assert sleeper.lost()
    assert lost == Lost(
        made.run, 1, "SLURM's task 7_0 ended: TIMEOUT", "slurmstepd: error: out of time"
    )
    assert not spool.may_take(LIFE)
    assert not spool.has(name, LIFE)


def test_what_a_task_said_before_it_was_gone_counts(engine, cluster, attempt, spool) -> None:
    engine.submit(attempt())
    list(engine.events())
    name = _take(spool)
    spool.close(name, LIFE)
    spool.say(LIFE, "ended", ticket=name, status={"state": "diverged"})
    heard = _heard(engine, Ended)
    assert not any(isinstance(event, Lost) for event in heard)
    assert heard[-1].status.state == "diverged"


def test_an_attempt_of_a_task_to_be_started_anew_waits_again(
    engine, cluster, attempt, spool
) -> None:
    engine.submit(attempt())
    list(engine.events())
    cluster.tasks = RUNNING
    name = _take(spool)
    _heard(engine, Started)
    cluster.tasks = {"7_0": slurm_calls.HELD}
    while not spool.waiting():
        assert not any(isinstance(event, Lost) for event in engine.events())
    assert spool.waiting() == [name]
    assert not spool.may_take(LIFE)


def test_a_task_without_a_sign_of_life_is_cancelled(
    engine, cluster, attempt, spool, monkeypatch
) -> None:
    monkeypatch.setenv("BENCH_LEASE", "0.5")
    engine.submit(attempt())
    list(engine.events())
    cluster.tasks = RUNNING
    _ = _take(spool)
    assert _heard(engine, Lost)[-1].reason == "its task gave no sign of life"
    assert cluster.cancelled == ["7_0"]


def test_silence_of_slurm_loses_nothing(engine, cluster, attempt, spool) -> None:
    engine.submit(attempt())
    list(engine.events())
    cluster.tasks = RUNNING
    name = _take(spool)
    _heard(engine, Started)
    cluster.tasks = None
    for _ in range(20):
        assert not any(isinstance(event, Lost) for event in engine.events())
    assert spool.has(name, LIFE)


def test_a_refusal_stops_the_first_jobs_and_is_told_of_later_ones(
    engine, cluster, attempt, spool
) -> None:
    engine.submit(attempt())
    cluster.refuses = "sbatch refuses the job: no such account"
    with pytest.raises(UserProblem, match="no such account"):
        list(engine.events())
    cluster.refuses = None
    engine.submit(attempt(seed=1))
    list(engine.events())
    cluster.refuses = "sbatch refuses the job: Unable to contact slurm controller"
    assert "Unable to contact" in _heard(engine, Note)[-1].text
    cluster.refuses = None
    while len(cluster.submitted) < 2:
        list(engine.events())


def test_jobs_that_end_at_once_are_not_submitted_for_ever(engine, cluster, attempt, spool) -> None:
    engine.submit(attempt())
    list(engine.events())
    (spool.output / "7_0.txt").write_text("python: not found")
    with pytest.raises(UserProblem, match=r"3 times jobs ended without .*\n.*python: not found"):
        _heard(engine, Ended)
    assert cluster.submitted == [1, 1, 1]


def test_why_no_task_can_begin_is_told(engine, cluster, attempt, spool) -> None:
    engine.submit(attempt())
    list(engine.events())
    spool.begin(LIFE)
    spool.say(LIFE, "problem", text="--device cuda: torch finds no CUDA device")
    spool.take_back(LIFE)
    assert "in SLURM's task 7_0.0: --device cuda" in _heard(engine, Note)[-1].text
    with pytest.raises(UserProblem, match=r"without taking a run; .*\n.*finds no CUDA device"):
        _heard(engine, Ended)


def test_leaving_keeps_the_jobs_while_runs_of_another_command_are_left(
    cluster, attempt, spool
) -> None:
    mine, other = attempt(), attempt(seed=1)
    _detached(other)
    with SlurmEngine(Options(), Resources()) as again:
        again.submit(mine)
        list(again.events())
    assert [name.split("+")[1] for name in spool.waiting()] == [other.run]
    assert cluster.cancelled == []


def test_an_attempt_whose_file_vanished_is_put_in_the_queue_anew(
    engine, cluster, attempt, spool
) -> None:
    engine.submit(attempt())
    list(engine.events())
    (name,) = spool.waiting()
    (spool.queue / name).unlink()
    while not spool.waiting():
        list(engine.events())
    assert spool.waiting() != [name]
    assert engine.free == slurm.CAPACITY - 1
