"""What the scheduler makes of an engine's events, with an engine in memory and a clock by hand."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runners.engines.base import Attempt, Ended, Event, Lost, Note, Progress, Started, Tell
from runners.engines.scheduler import Scheduler
from runners.options import Limits
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.store.lease import Claim, lapse
from runners.store.states import State, Status

FINISHED = Status(State.FINISHED, step=10)
CRASHED = Status(State.CRASHED, reason="it broke")
BUSY = Status(State.BUSY, reason="another process is at this run")
STOPPED = Status(State.UNFINISHED, 4, "checkpoint at step 4")

Script = Callable[[Attempt], Sequence[Event | Status | str]]
"""What an attempt does: events, then a status it ends with or a reason it is lost for."""


class MemoryEngine:
    """Attempts that do what a script says: one thing per look at the events.

    An attempt whose script is used up hangs until it is stopped or killed.
    """

    def __init__(self, script: Script, slots: int = 1, deaf: bool = False) -> None:
        self.script, self.slots, self.deaf = script, slots, deaf
        self.left: dict[str, tuple[Attempt, deque[Any]]] = {}
        self.calls: list[tuple[str, str]] = []

    def __enter__(self) -> MemoryEngine:
        return self

    def __exit__(self, *error: object) -> None:
        self.left.clear()

    @property
    def free(self) -> int:
        return self.slots - len(self.left)

    def prepare(self, specs: Sequence[RunSpec], tell: Tell) -> list[str]:
        tell("data", "looking")
        return [spec.dataset.name for spec in specs]

    def submit(self, attempt: Attempt) -> None:
        assert self.free
        assert attempt.run not in self.left
        started = Started(attempt.run, attempt.number)
        self.left[attempt.run] = attempt, deque([started, *self.script(attempt)])
        self.calls.append(("submit", attempt.run))

    def events(self) -> Iterator[Event]:
        for run, (attempt, things) in list(self.left.items()):
            if not things:
                continue
            thing = things.popleft()
            if isinstance(thing, Status | str):
                del self.left[run]
                of = Ended if isinstance(thing, Status) else Lost
                yield of(run, attempt.number, thing)  # pyright: ignore
            else:
                yield thing

    def stop(self, run: str) -> None:
        self.calls.append(("stop", run))
        if not self.deaf:
            self.left[run][1].clear()
            self.left[run][1].append(STOPPED)

    def kill(self, run: str) -> None:
        self.calls.append(("kill", run))
        self.left[run][1].clear()
        self.left[run][1].append("the process was ended by SIGKILL")


class Bench:
    """A scheduler over a memory engine, and what came of it."""

    def __init__(self, script: Script, folder: Path, slots: int = 1, deaf: bool = False,
                 stride: float = 0.0, **limits: Any) -> None:  # fmt: skip
        self.now, self.stride, self.store = 0.0, stride, GridStore(folder)
        self.engine = MemoryEngine(script, slots, deaf)
        self.told: list[tuple[str, str]] = []
        self.scheduler = Scheduler(
            self.engine, Limits(**limits), lambda *words: self.told.append(words), lambda: self.now
        )
        self.watched: list[dict[str, tuple[str, int, int]]] = []
        self.during: Callable[[], None] = lambda: None

    def run(self, *specs: RunSpec) -> list[tuple[str, Status]]:
        """Return (method, status) as they came; a look at the events takes ``stride`` seconds."""

        def watch(running: dict[str, tuple[str, int, int]]) -> None:
            self.watched.append(running)
            self.now += self.stride
            assert len(self.watched) < 1000, "it never ends"
            self.during()

        ended = self.scheduler.run(specs, self.store, watch)
        return [(spec.method.name, status) for spec, status in ended]

    def tried(self, spec: RunSpec) -> int:
        return self.engine.calls.count(("submit", spec.run_id))


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., Bench]:
    return lambda script, **settings: Bench(script, tmp_path / "g", **settings)


@pytest.fixture
def runs(tiny) -> tuple[RunSpec, RunSpec, RunSpec]:
    return tiny(), tiny(method="spectral_norm"), tiny(method="weight_norm")


def test_runs_are_taken_in_order_as_slots_become_free(bench, runs) -> None:
    made = bench(lambda attempt: [FINISHED], slots=2)
    assert made.run(*runs) == [(spec.method.name, FINISHED) for spec in runs]
    assert made.engine.calls == [("submit", spec.run_id) for spec in runs]
    assert max(map(len, made.watched)) == 2


def test_prepare_is_asked_once_per_data_set_and_evaluation(bench, runs) -> None:
    made = bench(lambda attempt: [])
    other = replace(runs[0], evaluation=replace(runs[0].evaluation, samples=100))
    assert made.scheduler.prepare([*runs, other]) == ["digits", "digits"]
    assert made.told == [("data", "looking")]


def test_the_watcher_sees_how_far_runs_are_and_notes_are_told(bench, runs) -> None:
    run = runs[0].run_id
    made = bench(lambda attempt: [Progress(run, 1, 7), Note("disk", "nearly full"), FINISHED])
    made.run(runs[0])
    assert {run: ("none seed 0", 7, 10)} in made.watched
    assert made.told == [("disk", "nearly full")]


def test_a_crash_is_tried_again_after_the_others_and_told(bench, runs) -> None:
    first, second, _ = runs

    def script(attempt: Attempt) -> list[Status]:
        return [CRASHED if attempt.spec is first and attempt.number < 3 else FINISHED]

    made = bench(script, retries=2)
    assert made.run(first, second) == [("spectral_norm", FINISHED), ("none", FINISHED)]
    assert made.tried(first) == 3
    assert [text for _, text in made.told] == [
        f"{first.run_id}: it broke; retry {n} of 2" for n in (1, 2)
    ]


def test_a_crash_too_many_is_its_status(bench, runs) -> None:
    made = bench(lambda attempt: [CRASHED], retries=1)
    assert made.run(runs[0]) == [("none", CRASHED)]
    assert made.tried(runs[0]) == 2


def test_a_lost_attempt_is_a_recorded_crash_with_what_its_process_printed(bench, runs) -> None:
    made = bench(lambda attempt: ["it vanished"])
    store = made.store.run(runs[0].run_id)
    store.begin(runs[0].as_dict)
    store.log_file.write_text("last words")
    expected = Status(State.CRASHED, reason="it vanished", traceback="last words")
    assert made.run(runs[0]) == [("none", expected)]
    assert store.status() == expected


def test_other_states_are_final(bench, runs) -> None:
    for state in (State.DIVERGED, State.DAMAGED):
        made = bench(lambda attempt, state=state: [Status(state)], retries=5)
        assert made.run(runs[0]) == [("none", Status(state))]
        assert made.tried(runs[0]) == 1


def test_a_busy_run_gets_one_more_look_at_the_end(bench, runs) -> None:
    first, second, _ = runs
    made = bench(lambda attempt: [BUSY if attempt.spec is first else FINISHED], retries=5)
    assert made.run(first, second) == [("spectral_norm", FINISHED), ("none", BUSY)]
    assert made.tried(first) == 2
    made = bench(lambda attempt: [BUSY if attempt.number == 1 else FINISHED])
    assert made.run(first) == [("none", FINISHED)]


@pytest.fixture
def held(bench, runs) -> Callable[..., tuple[Bench, Path]]:
    """Return a maker of a scheduler whose first run is another machine's until it is claimed."""

    def make(**settings: Any) -> tuple[Bench, Path]:
        def script(attempt: Attempt) -> list[Status]:
            return [FINISHED if attempt.claim.lapsed == 4 else BUSY]

        made = bench(script, **settings)
        folder = made.store.run(runs[0].run_id).lease_folder
        folder.mkdir(parents=True)
        (folder / "4").write_text('{"host": "elsewhere", "pid": 7, "free": false}')
        return made, folder / "4"

    return make


def test_a_run_without_a_sign_of_life_is_taken_over_after_a_lapse(held, runs) -> None:
    made, _ = held(stride=lapse() / 5)
    assert made.run(runs[0]) == [("none", FINISHED)]
    assert made.tried(runs[0]) == 3
    assert made.now >= lapse()
    ((topic, said),) = made.told
    assert topic == f"{runs[0].run_id} held"
    assert "process 7 on elsewhere has it; waiting up to 60 s for a sign of life" in said


def test_a_sign_of_life_ends_the_wait_whatever_the_other_s_clock(held, runs) -> None:
    made, lease = held(stride=lapse() / 9)
    made.during = lambda: os.utime(lease, (1, 1)) if len(made.watched) == 4 else None
    assert made.run(runs[0]) == [("none", BUSY)]
    assert made.now < lapse()


def test_waiting_for_another_holds_nobody_up(held, runs) -> None:
    made, _ = held(stride=lapse() / 5)
    assert [name for name, _ in made.run(*runs)] == ["spectral_norm", "weight_norm", "none"]


def test_a_stop_ends_the_wait(held, runs) -> None:
    made, _ = held(stride=lapse() / 50)
    made.during = lambda: made.scheduler.stop() if len(made.watched) == 9 else None
    assert made.run(runs[0]) == []


def test_all_attempts_of_a_command_have_its_claim(bench, runs) -> None:
    claims = []
    made = bench(lambda attempt: [claims.append(attempt.claim) or CRASHED], retries=1)
    made.run(runs[0])
    assert claims == [Claim(made.scheduler.owner)] * 2


def test_a_run_that_takes_too_long_is_stopped_and_keeps_its_checkpoint(bench, runs) -> None:
    made = bench(lambda attempt: [], stride=1.0, timeout=5.0)
    ((_, status),) = made.run(runs[0])
    assert status.reason == "longer than --run-timeout 5 s; checkpoint at step 4"
    assert status.state == State.CRASHED
    assert 5 < made.now < 9


def test_time_runs_from_the_start_not_from_submission(bench, runs) -> None:
    pending = [Note("queue", "waiting")] * 20

    class Pending(MemoryEngine):
        def submit(self, attempt: Attempt) -> None:
            super().submit(attempt)
            started = self.left[attempt.run][1].popleft()
            self.left[attempt.run][1].extendleft([started, *pending])

    made = bench(lambda attempt: [FINISHED], stride=1.0, timeout=5.0)
    made.scheduler.engine = Pending(lambda attempt: [FINISHED])
    assert made.run(runs[0]) == [("none", FINISHED)]
    assert made.now > 20


def test_a_run_that_does_not_stop_is_killed_after_its_grace(bench, runs) -> None:
    made = bench(lambda attempt: [], deaf=True, stride=1.0, timeout=5.0, grace=7.0)
    ((_, status),) = made.run(runs[0])
    assert status.reason == "longer than --run-timeout 5 s; killed, as it did not stop"
    assert status.state == State.CRASHED
    assert [name for name, _ in made.engine.calls] == ["submit", "stop", "kill"]
    assert 5 + 7 < made.now < 5 + 7 + 5


def test_every_attempt_has_its_full_time(bench, runs) -> None:
    made = bench(lambda attempt: [], stride=1.0, timeout=5.0, retries=2)
    ((_, status),) = made.run(runs[0])
    assert status.reason == "longer than --run-timeout 5 s; checkpoint at step 4"
    assert made.tried(runs[0]) == 3
    assert made.now > 15


def test_stop_starts_nothing_and_ends_what_is_in_progress(bench, runs) -> None:
    made = bench(lambda attempt: [], slots=2, retries=3)
    made.during = lambda: made.scheduler.stopping or made.scheduler.stop()
    assert made.run(*runs) == [("none", STOPPED), ("spectral_norm", STOPPED)]
    assert made.told == []


def test_a_run_that_ignores_the_stop_is_killed_and_goes_on_later(bench, runs) -> None:
    made = bench(lambda attempt: [], deaf=True, stride=1.0, grace=7.0)
    made.during = lambda: made.scheduler.stopping or made.scheduler.stop()
    ((_, status),) = made.run(runs[0])
    reason = "killed, as it did not stop; goes on from its last checkpoint"
    assert status == Status(State.UNFINISHED, reason=reason)
    assert not made.store.run(runs[0].run_id).status_file.exists()


def test_a_crash_while_stopping_is_not_tried_again(bench, runs) -> None:
    made = bench(lambda attempt: [Progress(attempt.run, 1, 1), CRASHED], deaf=True, retries=3)
    made.during = lambda: made.scheduler.stopping or made.scheduler.stop()
    assert made.run(runs[0]) == [("none", CRASHED)]


def test_a_process_stopped_by_somebody_else_crashed(bench, runs) -> None:
    made = bench(lambda attempt: [STOPPED])
    ((_, status),) = made.run(runs[0])
    assert status.state == State.CRASHED
    assert status.reason == "its worker was told to stop (SIGTERM); checkpoint at step 4"


def test_what_an_older_attempt_still_says_counts_for_nothing(bench, runs) -> None:
    run = runs[0].run_id

    def script(attempt: Attempt) -> list[Any]:
        if attempt.number == 1:
            return ["lost with its node"]
        return [Progress(run, 1, 9), Ended(run, 1, CRASHED), Lost(run, 1, "again"), FINISHED]

    made = bench(script, retries=1)
    assert made.run(runs[0]) == [("none", FINISHED)]
    assert all(step == 0 for seen in made.watched for _, step, _ in seen.values())
