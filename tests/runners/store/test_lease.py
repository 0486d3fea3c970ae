"""One process at a time has a run: dead holders, sleepers that wake up, other machines, races."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from runners.errors import StoreProblem
from runners.store import lease as leases
from runners.store import place as places
from runners.store.lease import Claim, Held, Lease, lapse
from runners.store.run import RunStore
from runners.store.states import State, Status

OTHER_MACHINE = {"number": 1, "owner": "theirs", "host": "elsewhere", "pid": 7, "boot": "b"}
HANG = 600.0
HOLDS = """
import sys
from pathlib import Path
from runners.store.run import RunStore

store = RunStore(Path(sys.argv[1]))
with store.lease():
    store.begin({"seed": 1})
    store.append("metrics", [{"step": 1}])
    print("has it", flush=True)
    sys.stdin.readline()
    from runners.store.lease import LeaseLost
    from runners.store.states import State, Status

    for write in (
        lambda: store.append("metrics", [{"step": 99}]),
        lambda: store.write(store.checkpoint_file, b"stale"),
        lambda: store.write(store.sample_grid_file(9), b"stale"),
        lambda: store.truncate_rows({}),
        lambda: store.write_status(Status(State.FINISHED, step=99)),
    ):
        try:
            write()
            print("wrote", flush=True)
        except OSError as error:
            print(type(error).__name__, flush=True)
    try:
        store.require_lease()
    except LeaseLost as lost:
        print(lost, flush=True)
"""


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs" / "run")


@pytest.fixture
def elsewhere(store) -> Path:
    """The run is another machine's, by a lease of the same form."""
    store.lease_folder.mkdir(parents=True)
    file = store.lease_folder / "1"
    file.write_text(json.dumps(OTHER_MACHINE | {"free": False, "sign": 0}))
    return file


@pytest.fixture
def holds(store) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Return a starter of another process that has the run and stands in its folder."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDS, store.folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == "has it\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_numbers_are_given_once_each_and_the_holder_is_known(store) -> None:
    assert store.holder().free
    for number in (1, 2, 3):
        with store.lease(Claim("mine")) as lease:
            assert lease.number == number
            held = store.holder()
            assert (held.number, held.owner, held.pid, held.free) == (
                number, "mine", os.getpid(), False,
            )  # fmt: skip
            assert [file.name for file in store.lease_folder.iterdir()] == [str(number)]
        assert store.holder().free


def test_who_asks_while_another_has_it_is_told_who(store, holds) -> None:
    process = holds()
    with pytest.raises(Held, match=f"process {process.pid} on .* is at this run"), store.lease():
        pass
    with pytest.raises(Held), store.lease(Claim("mine", lapsed=7)):
        pass


def test_a_dead_process_of_this_machine_leaves_the_run_free_at_once(store, holds) -> None:
    process = holds()
    process.kill()
    process.wait()
    assert not store.holder().free
    with store.lease() as lease:
        assert (lease.number, lease.after_sleeper) == (2, False)
        assert store.rows("metrics") == [{"step": 1}]


def test_another_machine_s_silence_is_no_proof_by_itself(store, elsewhere) -> None:
    for moment in (0, 4_000_000_000):  # a clock that is years off changes nothing
        os.utime(elsewhere, (moment, moment))
        with pytest.raises(Held, match="process 7 on elsewhere"), store.lease():
            pass
    with store.lease(Claim(lapsed=1)) as lease:
        assert (lease.number, lease.after_sleeper) == (2, True)


def test_a_command_takes_a_run_from_its_own_attempt(store, elsewhere) -> None:
    with store.lease(Claim("theirs")) as lease:
        assert lease.number == 2
    elsewhere.parent.joinpath("3").write_text("")  # being written, or cut off
    with pytest.raises(Held), store.lease(Claim("theirs")):
        pass
    with store.lease(Claim(lapsed=3)) as lease:
        assert lease.number == 4


def test_a_sleeper_that_wakes_up_writes_nothing_that_is_read(store, holds) -> None:
    process = holds()
    os.kill(process.pid, signal.SIGSTOP)
    with store.lease(Claim(lapsed=store.holder().number)):
        store.begin({"seed": 1})
        store.truncate_rows({})
        store.append("metrics", [{"step": 1, "by": "the new one"}])
        os.kill(process.pid, signal.SIGCONT)
        said, _ = process.communicate("go on\n", timeout=HANG)
        assert "the run was given to another process" in said
        assert store.rows("metrics") == [{"step": 1, "by": "the new one"}]
        assert not store.checkpoint_file.exists()
        assert not store.status_file.exists()
        assert store.sample_grids() == []
        store.write_status(Status(State.FINISHED, step=1))
    store.check_seal()
    assert not store.superseded_folder.parent.exists()


def test_a_live_holder_gives_signs_and_a_stopped_one_none(store, holds, monkeypatch) -> None:
    monkeypatch.setenv("BENCH_LEASE", "0.6")
    process = holds()
    first = store.holder().sign
    end = time.monotonic() + HANG
    while store.holder().sign == first:
        assert time.monotonic() < end, "no sign of life"
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)
    stopped = store.holder().sign
    time.sleep(0.3)
    assert store.holder().sign == stopped


def test_of_many_who_ask_at_once_one_gets_it(store, elsewhere) -> None:
    def take(_: int) -> Lease | None:
        try:
            return Lease(store.lease_folder, Claim(lapsed=1))
        except Held:
            return None

    with ThreadPoolExecutor(16) as pool:
        got = [lease for lease in pool.map(take, range(16)) if lease]
    assert [lease.number for lease in got] == [2]


def test_a_sleeper_stays_one_until_the_run_has_another_folder(store, elsewhere) -> None:
    store.create({"seed": 1})
    Lease(store.lease_folder, Claim(lapsed=1)).__exit__()  # died before it renewed the folder
    assert Lease(store.lease_folder).after_sleeper


@pytest.mark.parametrize("died", ["rename", "rmtree", "copytree"])
def test_a_folder_that_was_being_renewed_is_whole(store, elsewhere, monkeypatch, died) -> None:
    store.create({"seed": 1})
    store.append("metrics", [{"step": 1}])

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    module = Path if died == "rename" else places.shutil
    with monkeypatch.context() as patch:
        patch.setattr(module, died, die)
        with pytest.raises(KeyboardInterrupt), store.lease(Claim(lapsed=1)):
            pass
    (store.superseded_folder / "1.copy").mkdir(parents=True, exist_ok=True)
    with store.lease():
        assert store.spec() == {"seed": 1}
        assert store.rows("metrics") == [{"step": 1}]


def test_a_copy_takes_the_place_of_a_folder_that_was_moved_away(store) -> None:
    store.create({"seed": 1})
    (store.superseded_folder / "9.copy").mkdir(parents=True)
    store.folder.rename(store.superseded_folder / "11.copy")
    with store.lease():
        assert store.spec() == {"seed": 1}


def test_leases_that_are_links_are_refused(store, tmp_path) -> None:
    store.lease_folder.parent.mkdir()
    store.lease_folder.symlink_to(tmp_path)
    with pytest.raises(StoreProblem, match="is a link"), store.lease():
        pass


def test_the_time_after_which_a_run_is_taken_over(monkeypatch) -> None:
    for text, seconds in (("2.5", 2.5), ("often", leases.LAPSE), ("-1", 0.1), ("inf", 86_400.0)):
        monkeypatch.setenv("BENCH_LEASE", text)
        assert lapse() == seconds


def test_a_lease_that_another_machine_removed_is_let_go_without_a_word(store, monkeypatch) -> None:
    def stale(*_: object) -> int:
        raise OSError(116, "Stale file handle")

    with store.lease():
        monkeypatch.setattr(leases.os, "pwrite", stale)
    assert not store.holder().free


def test_an_old_look_at_the_leases_gives_nobody_a_number_again(store, monkeypatch) -> None:
    for _ in range(2):
        with store.lease():
            pass
    looked = leases.Holder(1, free=True)  # as a network's old list of the folder may say
    with store.lease(), monkeypatch.context() as patch:
        patch.setattr(leases, "holder", lambda _: looked)
        (store.lease_folder / "2").unlink(missing_ok=True)
        with pytest.raises(Held, match="faster"), store.lease():
            pass
        assert [file.name for file in store.lease_folder.iterdir()] == ["3"]


def test_what_knows_of_rows_is_copied_before_them(store, elsewhere, monkeypatch) -> None:
    store.create({"seed": 1})
    store.append("metrics", [{"step": 1}])
    store.write(store.checkpoint_file, b"knows of one row")
    copied = places.shutil.copy2

    def writes_on(source: Any, *rest: Any, **how: Any) -> Any:
        if Path(source).name == "checkpoint.pt":
            done = copied(source, *rest, **how)
            store.append("metrics", [{"step": 2}])
            store.write(store.checkpoint_file, b"knows of two rows")
            return done
        return copied(source, *rest, **how)

    monkeypatch.setattr(places.shutil, "copy2", writes_on)
    with store.lease(Claim(lapsed=1)):
        assert store.checkpoint_file.read_bytes() == b"knows of one row"
        assert store.rows("metrics") == [{"step": 1}, {"step": 2}]


def test_who_slept_while_it_renewed_a_folder_moves_nothing(store, elsewhere, monkeypatch) -> None:
    store.create({"seed": 1})
    taken: list[Lease] = []

    def given_away(_: Path) -> None:
        monkeypatch.setattr(places, "_sync", lambda _: None)
        taken.append(Lease(store.lease_folder, Claim(lapsed=2)))

    monkeypatch.setattr(places, "_sync", given_away)
    with pytest.raises(Held, match="given to another"), store.lease(Claim(lapsed=1)):
        pass
    assert store.spec() == {"seed": 1}
    taken[0].__exit__()
