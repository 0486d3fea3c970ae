"""wandb without a network, a right key or a writable folder: one note, and every number."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

KEY = "0SECRET0" * 5
UNWRITABLE = {
    f"WANDB_{name}": "/dev/null/x"
    for name in ("DIR", "CACHE_DIR", "DATA_DIR", "CONFIG_DIR", "ARTIFACT_DIR")
}


@dataclass
class SilentServer:
    """A server that takes connections and never answers."""

    url: str
    calls: list[float]
    """When each connection came, in seconds of the epoch, as files are dated."""


@pytest.fixture
def silent_server() -> Iterator[SilentServer]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        found = SilentServer(f"http://127.0.0.1:{server.getsockname()[1]}", [])
        kept: list[socket.socket] = []

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    kept.append(server.accept()[0])
                    found.calls.append(time.time())

        threading.Thread(target=take, daemon=True).start()
        yield found
        server.shutdown(socket.SHUT_RDWR)
    for connection in kept:
        connection.close()


def _no_secret(folder) -> None:
    for file in folder.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes(), file


@pytest.mark.slow
def test_a_wrong_key_and_unwritable_folders_cost_one_note(grid, start, tmp_path) -> None:
    grid("[none, spectral_norm]", steps=20)
    bench = start("--workers", "1", wandb="online", **UNWRITABLE, WANDB_API_KEY="short")
    assert bench.wait() == 0
    assert bench.text().count("note:") == 1
    assert "wandb is offline instead of online" in bench.text()
    assert "Traceback" not in bench.text()
    assert "2 finished" in bench.text()


@pytest.mark.slow
def test_a_silent_server_delays_once_and_no_key_is_written(
    grid, start, tmp_path, silent_server
) -> None:
    grid("[none, spectral_norm, weight_norm]", steps=20)
    bench = start("--workers", "1", wandb="online", WANDB_BASE_URL=silent_server.url,
                  WANDB_API_KEY=KEY)  # fmt: skip
    assert bench.wait() == 0
    begun = sorted(file.stat().st_mtime for file in bench.runs.glob("*/spec.json"))
    assert begun[0] < silent_server.calls[0]
    assert silent_server.calls[-1] < begun[1], "the second run waits for the server again"
    assert bench.text().count("note:") == 1
    assert "3 finished" in bench.text()
    _no_secret(tmp_path)
    assert len(list(bench.runs.glob("*/wandb/offline-run-*"))) == 3


@pytest.mark.slow
def test_offline_writes_no_key_and_disabled_writes_nothing(grid, start, tmp_path) -> None:
    grid("[none]", steps=20)
    assert start("--out", "a", wandb="offline", WANDB_API_KEY=KEY).wait() == 0
    assert start("--out", "b", wandb="disabled", WANDB_API_KEY=KEY).wait() == 0
    _no_secret(tmp_path)
    assert list((tmp_path / "a").rglob("*.wandb"))
    assert not list((tmp_path / "b").rglob("*wandb*"))
