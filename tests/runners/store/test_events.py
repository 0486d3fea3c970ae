"""What a run's folder says of its attempts: nothing of one that went through, all of others."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from runners.engines import task
from runners.errors import StoreProblem
from runners.options import Options
from runners.store.lease import Claim, Holder
from runners.store.run import EVENTS, RunStore
from runners.store.states import State


@pytest.fixture
def attempt(tiny, tmp_path: Path):
    """Execute the run of a small spec: attempt(steps=None, claim=...) -> its store."""
    spec = tiny(steps=6, evaluation={"every": 3, "samples": 100})
    store = RunStore(tmp_path / "runs" / spec.run_id)

    def execute(steps: int | None = None, **given: Claim) -> RunStore:
        asked = itertools.count(1)
        options = Options(wandb="disabled")
        task.execute(spec, store.folder, options, lambda: next(asked) == steps, **given)
        return store

    return execute


def told(store: RunStore) -> list[tuple[int, str, str]]:
    return [(row["step"], row["event"], row["reason"]) for row in store.rows(EVENTS)]


def test_a_run_that_was_never_disturbed_has_no_such_file(attempt) -> None:
    store = attempt()
    assert store.is_done()
    assert not store.rows_file(EVENTS).exists()


def test_what_goes_on_says_from_where_and_is_sealed(attempt, monkeypatch) -> None:
    attempt(steps=2)
    with monkeypatch.context() as patch:
        patch.setattr(task, "train", lambda *_: 1 / 0)
        store = attempt()
    assert told(store) == [(2, "resumed", "")]
    assert told(attempt()) == [
        (2, "resumed", ""), (2, "retried", "ZeroDivisionError: division by zero"),
    ]  # fmt: skip
    assert store.status().state == State.FINISHED
    store.check_seal()
    store.rows_file(EVENTS).write_text("")
    with pytest.raises(StoreProblem, match=r"events.jsonl: changed or damaged"):
        store.check_seal()


def test_a_run_of_a_machine_that_fell_silent_is_taken_over(attempt) -> None:
    store = attempt(steps=2)
    for lease in store.lease_folder.iterdir():
        lease.unlink()
    silent = Holder(1, "theirs", "elsewhere", 7, "another boot", False)
    (store.lease_folder / "1").write_text(json.dumps(asdict(silent)))
    assert told(attempt(claim=Claim(lapsed=1))) == [(2, "taken over", "")]


def test_an_event_that_was_cut_off_half_written_is_dropped(attempt) -> None:
    store = attempt(steps=2)
    store.rows_file(EVENTS).write_text('{"step": 1, "ev')
    assert told(attempt()) == [(2, "resumed", "")]
