"""A run's folder from its first file to `done`."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from runners.errors import StoreProblem
from runners.store.run import RunStore
from runners.store.states import State, Status


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    store = RunStore(tmp_path / "runs" / "run")
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
    with store.lease():
        store.record_crash("killed")
    assert store.status() == Status(State.UNFINISHED)
    store.record_crash("killed")
    assert store.status() == Status(State.CRASHED, reason="killed")
    store.write_status(Status(State.FINISHED, step=0))
    store.record_crash("killed")
    assert store.status().state == State.FINISHED


@pytest.fixture
def ended(store) -> RunStore:
    """A run that finished after one row."""
    store.append("scores", [{"step": 1, "fid": 3.5}])
    store.write_status(Status(State.FINISHED, step=1))
    store.check_seal()
    return store


def test_a_seal_holds_for_every_file_but_the_checkpoint(ended) -> None:
    ended.checkpoint_file.write_bytes(b"newer")
    ended.check_seal()
    for name in RunStore.ROW_FILES:
        file = ended.rows_file(name)
        sound = file.read_bytes()
        file.write_bytes(sound + b'{"step": 2}\n')
        with pytest.raises(StoreProblem, match=rf"{name}\.jsonl: changed or damaged since"):
            ended.check_seal()
        file.write_bytes(sound)
    ended.samples_file.write_bytes(b"")
    with pytest.raises(StoreProblem, match=r"samples\.npz: was added since the run ended"):
        ended.check_seal()


def test_an_end_without_its_seal_is_none(ended) -> None:
    ended.done_file.unlink()
    assert ended.status() == Status(State.UNFINISHED)
    ended.check_seal()


def test_a_later_scoring_is_sealed_and_a_torn_one_dropped(ended) -> None:
    file = ended.rows_file("evals")
    ended.append_eval({"step": 1, "fid": 2.0})
    with file.open("a") as torn:
        torn.write('{"step": 1, "fid": 0.1}\n{"step": 1, "fi')
    assert ended.rows("evals") == [{"step": 1, "fid": 2.0}]
    ended.append_eval({"step": 1, "fid": 4.0})
    assert ended.rows("evals") == [{"step": 1, "fid": 2.0}, {"step": 1, "fid": 4.0}]
    assert len(file.read_text().splitlines()) == 2
    ended.check_seal()


def test_the_first_later_scoring_may_be_torn_as_well(ended) -> None:
    ended.rows_file("evals").write_text('{"step": 1, "fid": 0.1}\n{"st')
    assert ended.rows("evals") == []
    ended.append_eval({"step": 1, "fid": 2.0})
    assert ended.rows("evals") == [{"step": 1, "fid": 2.0}]


def test_later_scorings_that_an_earlier_version_left_unsealed_stay(ended) -> None:
    seal = json.loads(ended.done_file.read_text())
    del seal["evals"]
    ended.done_file.write_text(json.dumps(seal))
    ended.append("evals", [{"step": 1, "fid": 2.0}])
    ended.append_eval({"step": 1, "fid": 4.0})
    assert [row["fid"] for row in ended.rows("evals")] == [2.0, 4.0]


@pytest.mark.parametrize(("old", "new"), [("2.0", "0.1"), ("\n", ""), (".*\n", "")])
def test_an_edited_later_scoring_is_refused(ended, old, new) -> None:
    ended.append_eval({"step": 1, "fid": 2.0})
    file = ended.rows_file("evals")
    sealed, edited = ended.done_file.read_bytes(), re.sub(old, new, file.read_text())
    file.write_text(edited)
    for read in (lambda: ended.rows("evals"), lambda: ended.append_eval({"step": 1, "fid": 4.0})):
        with pytest.raises(StoreProblem, match=r"evals\.jsonl: changed or damaged since it was"):
            read()
    assert (file.read_text(), ended.done_file.read_bytes()) == (edited, sealed)


def test_a_later_scoring_waits_for_no_other_process(ended) -> None:
    with ended.lease(), pytest.raises(StoreProblem, match="another process is at this run"):
        ended.append_eval({"step": 1, "fid": 2.0})
    assert ended.rows("evals") == []


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to(path.parent / "other")])
@pytest.mark.parametrize("name", ["scores", "evals"])
def test_rows_are_read_from_the_run_s_own_file_alone(store, make, name) -> None:
    (store.folder / "other").write_text('{"step": 1}\n')
    store.rows_file(name).unlink(missing_ok=True)
    make(store.rows_file(name))
    for read in (store.rows, store.last_row):
        with pytest.raises(StoreProblem, match=rf"{name}\.jsonl: is .* but its own files; remove"):
            read(name)


def test_no_attempt_writes_through_a_link(store, tmp_path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("kept")
    store.rows_file("scores").symlink_to(outside)
    with pytest.raises(StoreProblem, match=r"scores\.jsonl: is a link"):
        store.begin({"seed": 1})
    assert outside.read_text() == "kept"


def test_a_run_s_folder_that_is_a_link_is_refused(ended, tiny) -> None:
    link = RunStore(ended.folder.parent / "link")
    link.folder.symlink_to(ended.folder)
    for use in (link.check_seal, lambda: link.check(tiny()), lambda: link.begin({"seed": 1})):
        with pytest.raises(StoreProblem, match="link: is a link"):
            use()


def test_leases_that_lie_elsewhere_are_refused(store, tmp_path) -> None:
    (tmp_path / "elsewhere").mkdir()
    store.lease_folder.parent.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreProblem, match="leases: is a link"), store.lease():
        pass
