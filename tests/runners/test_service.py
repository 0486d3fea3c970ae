"""What a worker process answers, with its pipe in this process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection

import pytest

from runners.engines import service, task
from runners.engines.service import Flag, serve
from runners.errors import UserProblem
from runners.options import Options


@pytest.fixture
def worker(monkeypatch) -> Iterator[Callable[[], tuple[Connection, Flag]]]:
    """Return a function that starts serving in a thread and gives the pipe and the stop flag."""
    flags: list[Flag] = []
    started: list[tuple[Connection, threading.Thread]] = []
    monkeypatch.setattr(service, "start_worker", flags.append)
    monkeypatch.setattr(service, "_send_warnings", lambda _: lambda: False)

    def start() -> tuple[Connection, Flag]:
        near, far = Pipe()
        thread = threading.Thread(target=serve, args=(far,))
        thread.start()
        started.append((near, thread))
        near.send((Options(device="cpu"), None))
        near.send(("devices",))
        assert near.recv() is not None
        return near, flags[-1]

    yield start
    for near, thread in started:
        near.close()
        thread.join()


def test_answers_with_results_and_problems(worker, tiny, monkeypatch) -> None:
    near, _ = worker()
    near.send(("devices",))
    assert near.recv() == ("done", ["cpu"], False)
    near.send(("prepare", [tiny()]))
    kind, (line,), spent = near.recv()
    assert (kind, spent) == ("done", False)
    assert line.startswith("digits: ")


def test_a_task_that_fails_answers_with_its_traceback(worker) -> None:
    near, _ = worker()
    near.send(("no such task",))
    kind, text, _ = near.recv()
    assert kind == "failed"
    assert "KeyError: 'no such task'" in text


def test_options_come_before_any_spec_and_once(worker, monkeypatch) -> None:
    begun: list[tuple[Options, str | None]] = []
    monkeypatch.setattr(task, "begin", lambda *arguments: begun.append(arguments))
    near, _ = worker()
    near.send(("devices",))
    near.recv()
    assert begun == [(Options(device="cpu"), None)]


def test_a_worker_that_cannot_begin_answers_everything_with_why(worker, monkeypatch) -> None:
    def begin(*_: object) -> None:
        raise UserProblem("mine.py: no such file")

    monkeypatch.setattr(task, "begin", begin)
    near, _ = worker()
    for message in (("devices",), ("execute", "a spec", "a folder")):
        near.send(message)
        assert near.recv() == ("problem", "mine.py: no such file", False)


def test_a_stop_is_for_one_worker_and_has_it_replaced(worker) -> None:
    first, flag = worker()
    second, _ = worker()
    flag.up()
    for near, replaced in ((first, True), (second, False)):
        near.send(("devices",))
        assert near.recv() == ("done", ["cpu"], replaced)
