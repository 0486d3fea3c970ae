"""How attempts change hands in the shared folder; no SLURM is needed."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from runners.engines.resources import Resources
from runners.engines.slurm_spool import Job, Spool, run_of
from runners.engines.slurm_tail import Tail
from runners.engines.slurm_watch import alone
from runners.errors import StoreProblem, UserProblem
from runners.options import Options

FIRST, AGAIN, OTHER = "5_0.0", "5_0.1", "5_1.0"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    made = Spool(tmp_path / "g/slurm")
    made.create()
    return made


def _put(spool: Spool, order: int = 1, run: str = "run-a") -> str:
    return spool.put(order, run, {"seed": 0}, "me", 3)


def test_a_ticket_is_taken_by_one_only_and_says_what_was_put(spool) -> None:
    name = _put(spool)
    spool.begin(FIRST)
    spool.begin(OTHER)
    assert spool.take(name, FIRST)
    assert not spool.take(name, OTHER)
    assert not spool.withdraw(name)
    ticket = spool.ticket(name, FIRST)
    assert (ticket.run, ticket.spec, ticket.owner, ticket.lapsed) == ("run-a", {"seed": 0}, "me", 3)
    assert run_of(name) == "run-a"
    assert spool.lives() == {FIRST: [name], OTHER: []}


def test_the_queue_is_in_order(spool) -> None:
    names = [_put(spool, order, f"r{order}") for order in (11, 2, 100)]
    assert spool.waiting() == [names[1], names[0], names[2]]


def test_the_next_life_of_a_task_takes_back_what_the_last_one_had(spool) -> None:
    mine, others = _put(spool), _put(spool, 2)
    spool.begin(FIRST)
    spool.begin(OTHER)
    spool.take(mine, FIRST)
    spool.take(others, OTHER)
    spool.begin(AGAIN)
    assert spool.waiting() == [mine]
    assert spool.lives() == {AGAIN: [], OTHER: [others]}


def test_a_life_that_was_given_up_takes_and_ends_nothing(spool) -> None:
    name = _put(spool)
    spool.begin(FIRST)
    spool.take(name, FIRST)
    spool.take_back(FIRST)
    assert not spool.may_take(FIRST)
    assert not spool.take(name, FIRST)
    assert not spool.has(name, FIRST)
    assert not spool.close(name, FIRST)
    assert spool.waiting() == [name]


def test_what_tasks_say_is_heard_once_and_in_whole_lines(spool) -> None:
    spool.begin(FIRST)
    spool.say(FIRST, "note", text="before")
    tail, whole = Tail(spool, skip=True), Tail(spool, skip=False)
    spool.say(FIRST, "note", text="after")
    with spool.events_file(FIRST).open("a") as file:
        file.write('{"kind": "no')
    assert [said["text"] for _, said in tail.read()] == ["after"]
    assert [said["text"] for _, said in whole.read()] == ["before", "after"]
    with spool.events_file(FIRST).open("a") as file:
        file.write('te", "text": "late"}\nnot JSON\n[3]\n{}\n')
    assert list(tail.read()) == [(FIRST, {"kind": "note", "text": "late"})]
    assert list(tail.read()) == []


def test_the_last_words_of_a_task_that_is_over_are_heard(spool) -> None:
    spool.begin(FIRST)
    tail = Tail(spool, skip=False)
    spool.say(FIRST, "note", text="last")
    spool.take_back(FIRST)
    assert [said["text"] for _, said in tail.read()] == ["last"]
    assert tail.over == {FIRST}


def test_a_sign_of_life_changes_what_is_seen_of_a_task(spool) -> None:
    spool.begin(FIRST)
    tail = Tail(spool, skip=False)
    list(tail.read())
    before = tail.signs[FIRST]
    spool.beat(FIRST)
    list(tail.read())
    assert tail.signs[FIRST] > before


def test_options_and_resources_survive_as_json(spool, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    options = Options(data_root=Path("d"), cache=Path("c"), plugins=(Path("p.py"),)).absolute()
    job = Job("bench-g-1", options, Resources(workers=3, sbatch=("-p x",), time="30"), tmp_path)
    spool.write_job(job)
    assert spool.job() == job
    assert job.options.plugins == (tmp_path / "p.py",)
    assert json.loads(spool.job_file.read_text())["options"]["data_root"] == str(tmp_path / "d")


def test_a_damaged_file_is_named(spool) -> None:
    spool.job_file.write_text('{"name": "x"}')
    with pytest.raises(StoreProblem, match=r"job\.json: damaged"):
        spool.job()
    spool.begin(FIRST)
    (spool.taken / FIRST / "x").write_text('{"run": 3}')
    with pytest.raises(StoreProblem, match="x: damaged"):
        spool.ticket("x", FIRST)
    assert spool.lives() == {FIRST: []}


def test_a_spool_that_lies_elsewhere_is_refused(tmp_path) -> None:
    (tmp_path / "g").mkdir()
    (tmp_path / "g/slurm").symlink_to(tmp_path)
    with pytest.raises(StoreProblem, match="is a link"):
        Spool(tmp_path / "g/slurm").create()


def test_one_command_watches_a_spool(spool) -> None:
    with alone(spool) as lease:
        threading.Timer(0.1, lease.beat).start()
        with pytest.raises(UserProblem, match="watches these jobs already"):
            alone(spool)
    with alone(spool):
        pass


def test_a_command_that_gives_no_sign_is_followed(spool, monkeypatch) -> None:
    monkeypatch.setenv("BENCH_LEASE", "0.1")
    monkeypatch.setattr("runners.store.lease.Lease.beat", lambda _: None)
    with alone(spool) as sleeper, alone(spool) as next_one:
        assert next_one.number == sleeper.number + 1
