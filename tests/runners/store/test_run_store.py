"""A run's folder from its first file to `done`."""

from __future__ import annotations

from pathlib import Path

import pytest

from runners.errors import StoreProblem
from runners.store.run import RunStore
from runners.store.states import State, Status


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    store = RunStore(tmp_path / "run")
    store.create({"seed": 1})
    return store


def test_rows_come_back_and_non_finite_numbers_become_null(store) -> None:
    store.append("metrics", [{"step": 1, "x": 0.1}, {"step": 2, "x": float("nan")}])
    assert store.rows("metrics") == [{"step": 1, "x": 0.1}, {"step": 2, "x": None}]
    assert store.last_row("metrics") == {"step": 2, "x": None}
    assert store.rows("scores") == []
    assert store.last_row("scores") is None


def test_only_an_unterminated_last_line_is_dropped(store) -> None:
    file = store.rows_file("metrics")
    file.write_text('{"step": 1}\n{"step": 2}\n{"ste')
    assert [row["step"] for row in store.rows("metrics")] == [1, 2]
    assert store.last_row("metrics") == {"step": 2}
    file.write_text('{"step": 1}\n{"st\n{"step": 3}\n')
    with pytest.raises(StoreProblem, match=r"metrics\.jsonl:2: damaged row"):
        store.rows("metrics")


def test_rows_are_cut_back_to_a_checkpoint(store) -> None:
    store.append("metrics", [{"step": 1}])
    sizes = store.sync_rows()
    store.append("metrics", [{"step": 2}])
    store.append("scores", [{"step": 2}])
    store.truncate_rows(sizes)
    assert store.rows("metrics") == [{"step": 1}]
    assert store.rows("scores") == []


def test_done_comes_last_and_a_crash_is_not_done(store) -> None:
    assert store.status() == Status(State.UNFINISHED)
    store.write_status(Status(State.CRASHED, reason="boom"))
    assert not store.is_done()
    store.write_status(Status(State.FINISHED, step=3))
    assert store.is_done()
    assert store.status() == Status(State.FINISHED, step=3)
    assert RunStore(store.folder.parent / "absent").status() == Status(State.MISSING)


def test_one_attempt_leaves_nothing_half_written_to_the_next(store) -> None:
    store.write_status(Status(State.CRASHED, reason="boom"))
    (store.folder / ".spec.json.12-0123abcd").write_text("{")
    (store.samples_folder / ".step-00000000.png.12-0123abcd").write_bytes(b"")
    (store.folder / ".hidden").write_text("not ours")
    store.begin({"seed": 1})
    assert store.status() == Status(State.UNFINISHED)
    assert [file.name for file in store.folder.rglob(".*")] == [".hidden"]


def test_a_folder_set_aside_keeps_all_and_makes_room(store) -> None:
    store.append("metrics", [{"step": 1}])
    aside = [store.set_aside()]
    store.create({"seed": 1})
    aside.append(store.set_aside())
    assert [folder.name for folder in aside] == ["run-1", "run-2"]
    assert (aside[0] / "metrics.jsonl").read_text() == '{"step": 1}\n'
    assert not store.folder.exists()


def test_a_crash_is_not_recorded_over_another_process(store) -> None:
    with store.lock():
        store.record_crash("killed")
    assert store.status() == Status(State.UNFINISHED)
    store.record_crash("killed")
    assert store.status() == Status(State.CRASHED, reason="killed")
    store.write_status(Status(State.FINISHED, step=0))
    store.record_crash("killed")
    assert store.status().state == State.FINISHED
