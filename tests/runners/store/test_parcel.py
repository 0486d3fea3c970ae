"""A run's folder that is carried away and back in pieces is the same folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runners.errors import StoreProblem
from runners.store import parcel
from runners.store.lease import Claim, LeaseLost
from runners.store.parcel import Arrivals, Changes, Kind, Piece, batches
from runners.store.run import RunStore
from runners.store.states import State, Status


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], RunStore]:
    """Return a maker of a run's store in a grid's folder of its own."""

    def made(grid: str) -> RunStore:
        store = RunStore(tmp_path / grid / "runs" / "run")
        store.receive()
        return store

    return made


@pytest.fixture
def far(make) -> RunStore:
    return make("far")


@pytest.fixture
def near(make) -> RunStore:
    return make("near")


def _files(store: RunStore) -> dict[str, bytes]:
    return {
        path.relative_to(store.folder).as_posix(): path.read_bytes()
        for path in store.folder.rglob("*")
        if path.is_file()
    }


def _work(store: RunStore, steps: range) -> None:
    store.create({"a": 1})
    store.append("metrics", ({"step": step} for step in steps))
    store.write(store.sample_grid_file(steps[-1]), b"png")
    store.sync_rows()
    store.write(store.checkpoint_file, b"checkpoint" + bytes(steps))
    store.log_file.write_bytes(b"warned")
    (store.wandb_folder / "offline-run-1/files").mkdir(parents=True, exist_ok=True)
    (store.wandb_folder / "offline-run-1/run.wandb").write_bytes(bytes(steps))


def test_what_changes_arrives_and_only_that(far, near) -> None:
    changes, arrivals = Changes(far), Arrivals(near)
    _work(far, range(1, 4))
    arrivals.write(changes.look())
    assert _files(near) == _files(far)
    assert list(changes.look()) == []
    far.append("metrics", [{"step": 4}])
    (piece,) = changes.look()
    assert (piece.kind, piece.name) == (Kind.GROWN, "metrics.jsonl")
    assert piece.data == b'{"step": 4}\n'
    arrivals.write([piece])
    assert _files(near) == _files(far)


def test_rows_that_a_resumed_run_cuts_off_are_replaced(far, near) -> None:
    changes, arrivals = Changes(far), Arrivals(near)
    far.append("timing", [{"step": 1, "seconds": 0.5}, {"step": 2, "seconds": 1.5}])
    arrivals.write(changes.look())
    size = len(far.rows_file("timing").read_bytes().splitlines(keepends=True)[0])
    far.truncate_rows({"timing": size})
    arrivals.write(changes.look())
    assert _files(near) == _files(far)
    far.append("timing", [{"step": 2, "seconds": 1.75}, {"step": 3, "seconds": 2.5}])
    far.truncate_rows({"timing": size})  # between two looks, and longer than before in the end
    far.append("timing", [{"step": 2, "seconds": 1.25}, {"step": 3, "seconds": 2.25}])
    far.append("timing", [{"step": 4, "seconds": 3.25}])
    arrivals.write(changes.look())
    assert near.rows("timing")[1] == {"step": 2, "seconds": 1.25}
    assert _files(near) == _files(far)


def test_a_checkpoint_comes_after_its_rows_and_done_is_last(far, near) -> None:
    _work(far, range(1, 4))
    far.write_json(far.proof_file, {})
    far.write_status(Status(State.FINISHED, 3))
    names = [piece.name for piece in Changes(far).look()]
    assert names[-4:] == ["checkpoint.pt", "proof.json", "status.json", "done"]
    pieces, arrivals = list(Changes(far).look()), Arrivals(near)
    for number, piece in enumerate(pieces, 1):
        arrivals.write([piece])
        assert near.is_done() is (number == len(pieces))
    near.check_seal()


def test_rows_are_read_after_the_checkpoint_that_knows_of_them(far, near, monkeypatch) -> None:
    _work(far, range(1, 4))
    changes, read = Changes(far), Changes._read

    def write_while_read(self, name):
        found = read(self, name)
        if name == "checkpoint.pt":
            _work(far, range(4, 8))
        return found

    monkeypatch.setattr(Changes, "_read", write_while_read)
    Arrivals(near).write(changes.look())
    assert near.checkpoint_file.read_bytes() == b"checkpoint" + bytes(range(1, 4))
    assert len(near.rows("metrics")) == 7


def test_a_piece_that_comes_twice_changes_nothing(far, near) -> None:
    _work(far, range(1, 4))
    changes, arrivals = Changes(far), Arrivals(near)
    first = list(changes.look())
    far.append("metrics", [{"step": 4}])
    second = list(changes.look())
    arrivals.write([*first, *first, *second, *second, *first])
    assert _files(near) == _files(far)


def test_large_files_come_in_parts_and_appear_whole(far, near, monkeypatch) -> None:
    monkeypatch.setattr(parcel, "LARGEST", 10)
    far.append("metrics", ({"step": step} for step in range(9)))
    far.sync_rows()
    far.write(far.checkpoint_file, bytes(range(95)))
    pieces = list(Changes(far).look())
    assert max(len(piece.data) for piece in pieces) == 10
    arrivals = Arrivals(near)
    for batch in batches(pieces):
        arrivals.write(batch)
        assert not near.checkpoint_file.exists() or batch[-1] is pieces[-1]
    assert _files(near) == _files(far)


def test_what_is_gone_there_goes_here(far, near) -> None:
    changes, arrivals = Changes(far), Arrivals(near)
    far.write_status(Status(State.CRASHED, reason="x"))
    arrivals.write(changes.look())
    assert near.status_file.exists()
    far.status_file.unlink()
    arrivals.write(changes.look())
    assert not near.status_file.exists()


def test_a_run_set_aside_there_is_set_aside_here(far, near) -> None:
    far.rows_file("metrics").write_bytes(b"damaged\n")
    changes, arrivals = Changes(far), Arrivals(near)
    arrivals.write(changes.look())
    far.set_aside()
    far.receive()
    far.append("metrics", [{"step": 1}])
    arrivals.write(changes.look())
    assert near.rows("metrics") == [{"step": 1}]
    (aside,) = near.damaged_folder.iterdir()
    assert (aside / "metrics.jsonl").read_bytes() == b"damaged\n"


def test_pieces_of_an_attempt_that_lost_its_run_are_refused(far, near) -> None:
    changes = Changes(far)
    far.append("metrics", [{"step": 1}])
    with near.lease(Claim("me")):
        near.receive()
        arrivals = Arrivals(near)
        arrivals.write(changes.look())
        other = RunStore(near.folder)
        with other.lease(Claim("me")):
            far.append("metrics", [{"step": 2}])
            with pytest.raises(LeaseLost):
                arrivals.write(changes.look())
            assert other.rows("metrics") == [{"step": 1}]


@pytest.mark.parametrize("name", ["../other/metrics.jsonl", "/tmp/x", "samples/../../x"])
def test_a_name_that_leads_elsewhere_is_refused(near, name) -> None:
    with pytest.raises(StoreProblem, match="is no name of a file in it"):
        Arrivals(near).write([Piece(1, Kind.WHOLE, name, b"x")])
