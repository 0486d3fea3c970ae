"""Real offline folders, the real `wandb sync`, and a small server that takes what it sends."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench.sync import LOGIN, sync
from runners.errors import UserProblem
from runners.options import Options
from runners.spec import RunSpec, from_dict
from runners.store.grid import GridStore
from runners.store.states import State, Status
from runners.tracking import Tracker

SPEC = {"method": "none", "dataset": "digits", "model": "dcgan", "loss": "nonsaturating",
        "optimizer": "adam", "steps": 2, "batch_size": 32, "evaluation": {"every": 1}}  # fmt: skip
STATES = {0: State.FINISHED, 1: State.DIVERGED, 2: State.UNFINISHED}


@dataclass
class Uploads:
    """What a server took: rows of history by run, and names of files."""

    url: str = ""
    refuses: int = 0
    history: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


def _handler(uploads: Uploads) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, data: object, code: int = 200) -> None:
            content = json.dumps(data).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._answer({}, 404)

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            uploads.files.append(self.path.rpartition("/")[2])
            self._answer({})

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            if self.path == "/graphql":
                refused = {"errors": [{"message": "permission denied"}]}
                self._answer(refused if uploads.refuses else _asked(json.loads(content), uploads),
                             uploads.refuses or 200)  # fmt: skip
                return
            if self.path.endswith("/file_stream"):
                lines = json.loads(content).get("files", {}).get("wandb-history.jsonl", {})
                run = self.path.split("/")[-2]
                rows = map(json.loads, lines.get("content", ()))
                uploads.history.setdefault(run, []).extend(rows)
            self._answer({})

    return Handler


def _asked(query: dict[str, Any], uploads: Uploads) -> dict[str, Any]:
    values = query["variables"]
    if query["operationName"] == "UpsertBucket":
        project = {"id": "p", "name": values["project"], "entity": {"id": "e", "name": "me"}}
        run = {"id": "r", "name": values["name"], "displayName": values["name"],
               "description": None, "config": None, "sweepName": None, "project": project,
               "historyLineCount": None}  # fmt: skip
        return {"data": {"upsertBucket": {"bucket": run, "inserted": True}}}
    files = [{"name": f, "uploadUrl": f"{uploads.url}/up/{f}"} for f in values.get("files", ())]
    taken = {"runID": "r", "uploadHeaders": [], "files": files}
    return {"data": {"createRunFiles": taken}}


@pytest.fixture
def server() -> Iterator[Uploads]:
    uploads = Uploads()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(uploads)) as http:
        uploads.url = f"http://127.0.0.1:{http.server_port}"
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield uploads
        http.shutdown()


@pytest.fixture
def login(monkeypatch, tmp_path) -> Iterator[Any]:
    """Return a function that makes wandb use a server, with a key or without."""
    import wandb

    def use(url: str, key: str = "0" * 40) -> None:
        wandb.teardown()
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        monkeypatch.setenv("WANDB_BASE_URL", url)
        monkeypatch.setenv("WANDB_API_KEY", key) if key else None

    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    yield use
    wandb.teardown()


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> GridStore:
    """Three runs that were tracked offline: finished, diverged and unfinished."""
    grid = GridStore(tmp_path_factory.mktemp("stored") / "g")
    specs = [from_dict(SPEC | {"seed": seed}) for seed in STATES]
    grid.write_plan("g", {spec.run_id: spec.as_dict for spec in specs})
    for spec in specs:
        _track(grid, spec)
    return grid


def _track(grid: GridStore, spec: RunSpec) -> None:
    store, state = grid.run(spec.run_id), STATES[spec.seed]
    store.create(spec.as_dict)
    tracker = Tracker(spec, store, Options(wandb="offline"))
    rows = [{"step": step, "fid": 1.5 * step} for step in (0, 1, 2)]
    store.append("scores", rows)
    for row in rows:
        tracker.log(row["step"], row)
    status = Status(state, 2)
    if state == State.UNFINISHED:
        tracker.close()
    else:
        tracker.finish(status)
        store.write_status(status)


@pytest.fixture
def grid(stored: GridStore, tmp_path: Path) -> GridStore:
    return GridStore(Path(shutil.copytree(stored.folder, tmp_path / "g", symlinks=True)))


def run(grid: GridStore, patience: float = 300) -> tuple[int, str]:
    console = Console(soft_wrap=True, file=io.StringIO())
    return sync(grid.folder, patience, console), console.file.getvalue()  # pyright: ignore


def marks(grid: GridStore) -> list[Path]:
    return list(grid.folder.rglob("*.synced"))


def test_ended_runs_are_uploaded_once_under_their_ids(grid, server, login) -> None:
    login(server.url)
    assert run(grid) == (
        0,
        "wandb folders: 2 uploaded, 1 of unfinished runs, which wait for their end\n",
    )
    ended = [i for i in grid.folders() if grid.run(i).is_done()]
    assert sorted(server.history) == sorted(ended)
    for rows in server.history.values():
        assert [(row["_step"], row["fid"]) for row in rows] == [(0, 0), (1, 1.5), (2, 3)]
    before = {run_id: list(rows) for run_id, rows in server.history.items()}
    code, said = run(grid)
    assert (code, said.split(",")[0]) == (0, "wandb folders: 2 uploaded before")
    assert server.history == before


@pytest.mark.slow
def test_a_run_that_ended_in_its_second_attempt_is_one_upload(grid, server, login) -> None:
    login(server.url)
    (open_,) = (grid.run(i) for i in grid.folders() if not grid.run(i).is_done())
    spec = next(from_dict(plan) for i, plan in grid.plan()["runs"].items() if i == open_.run_id)
    tracker, status = Tracker(spec, open_, Options(wandb="offline")), Status(State.FINISHED, 2)
    tracker.finish(status)
    open_.write_status(status)
    assert len(list(open_.wandb_folder.glob("offline-run-*"))) == 1
    assert run(grid) == (0, "wandb folders: 3 uploaded\n")
    assert [row["_step"] for row in server.history[open_.run_id]] == [0, 1, 2]


def test_without_a_network_nothing_is_tried_or_marked(grid, login) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        login(url)
        with pytest.raises(UserProblem, match=f"{url}: no answer, so nothing is uploaded: "):
            run(grid)
    assert not marks(grid)


@pytest.mark.slow
def test_without_a_login_it_says_how_to_get_one(grid, server, login) -> None:
    login(server.url, key="")
    with pytest.raises(UserProblem) as problem:
        run(grid)
    assert str(problem.value) == LOGIN
    assert not marks(grid)
    assert not server.history


@pytest.mark.slow
def test_what_the_server_refuses_failed_and_is_tried_again(grid, server, login) -> None:
    login(server.url)
    server.refuses = 403
    code, said = run(grid)
    assert code == 1
    assert "2 failed" in said
    assert "failed: ERROR permission denied\n" in said
    assert said.count("/wandb/offline-run-") == 2
    assert not marks(grid)
    server.refuses = 0
    assert run(grid)[0] == 0
    assert [len(rows) for rows in server.history.values()] == [3, 3]


@pytest.mark.slow
def test_a_server_that_breaks_down_costs_the_patience_once(grid, login, server) -> None:
    login(server.url)
    server.refuses = 500  # wandb tries again and again
    code, said = run(grid, patience=3)
    assert code == 1
    assert "failed: ERROR nothing was uploaded for 3 s" in said
    assert not marks(grid)


def test_a_damaged_run_is_named_and_others_are_uploaded(grid, server, login) -> None:
    login(server.url)
    for store in map(grid.run, grid.folders()):
        store.status_file.write_text("{") if store.is_done() else None
    code, said = run(grid)
    assert code == 1
    assert said.count("cannot be read") == 2


def test_nothing_to_upload_needs_no_server(grid, login) -> None:
    login("http://127.0.0.1:9")
    for store in map(grid.run, grid.folders()):
        shutil.rmtree(store.wandb_folder)
    assert run(grid) == (0, "wandb folders: none, as of --wandb disabled and online\n")
