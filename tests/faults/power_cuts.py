"""A script: trains a tiny run again and again, each time with the power cut at another write.

    python power_cuts.py FOLDER METHOD STRIDE

Processes are forked, so that torch is imported once. Every file operation of a run is counted;
at the n-th the process dies. Then the disk forgets: either nothing, or everything that was not
fsynced (row data beyond the last fsync, renames and removals before their folder's fsync). The
run is resumed and compared, byte for byte, with one that was never cut. Prints JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import torch

from runners.engines.task import execute, prepare
from runners.options import Options
from runners.spec import RunSpec, from_dict
from runners.store.run import RunStore

CUT = 86
SPEC: dict[str, Any] = {
    "seed": 0,
    "dataset": "digits",
    "model": {"name": "dcgan", "width": 8, "latent": 16},
    "loss": "nonsaturating",
    "optimizer": {"name": "adam", "lr": 1e-3},
    "steps": 4,
    "batch_size": 16,
    "evaluation": {"every": 2, "samples": 100},
    "log_every": 1,
    "diagnostics_every": 3,
}
COMPARED = (*(f"{name}.jsonl" for name in ("metrics", "scores", "spectra", "diagnostics")),
            "proof.json", "floor.json", "spec.json", "samples.npz")  # fmt: skip


def _opened(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}").readlink()


class Disk:
    """Counts operations, cuts the power at one of them, and knows what was not safe yet."""

    def __init__(self, store: RunStore, cut_at: int, forgetful: bool) -> None:
        self.store, self.cut_at, self.forgetful, self.count = store, cut_at, forgetful, 0
        self.synced: dict[str, int] = {}
        self.undo: list[tuple[Path, bytes | None]] = []
        for name in ("fsync", "replace", "ftruncate", "unlink"):
            setattr(os, name, self._counted(getattr(os, name), getattr(self, f"_{name}")))
        self.append = RunStore.append
        setattr(RunStore, "append", lambda *row: self._append(*row))  # noqa: B010

    def _tick(self) -> bool:
        self.count += 1
        return self.count == self.cut_at

    def _counted(self, real: Any, note: Any) -> Any:
        def call(*arguments: Any, **keywords: Any) -> Any:
            if self._tick():
                self.cut()
            note(*arguments, **keywords)
            return real(*arguments, **keywords)

        return call

    def _append(self, store: RunStore, name: str, rows: Any) -> None:
        if self._tick():
            file = store.rows_file(name)
            before = file.stat().st_size if file.exists() else 0
            self.append(store, name, rows)
            os.ftruncate(os.open(file, os.O_RDWR), (before + file.stat().st_size) // 2)
            self.cut()
        self.append(store, name, rows)

    def _fsync(self, descriptor: int) -> None:
        path = _opened(descriptor)
        if path.is_dir():
            self.undo = [(file, old) for file, old in self.undo if file.parent != path]
        else:
            self.synced[path.name] = path.stat().st_size

    def _replace(
        self, _source: Any, target: Any, src_dir_fd: Any = None, dst_dir_fd: Any = None
    ) -> None:
        self._unlink(target, dir_fd=dst_dir_fd)

    def _unlink(self, target: Any, dir_fd: int | None = None) -> None:
        file = (Path.cwd() if dir_fd is None else _opened(dir_fd)) / target
        self.undo.append((file, file.read_bytes() if file.exists() else None))

    def _ftruncate(self, descriptor: int, size: int) -> None:
        name = _opened(descriptor).name
        self.synced[name] = min(size, self.synced.get(name, size))

    def cut(self) -> None:
        """Forget what was not safe, and die."""
        if self.forgetful:
            for file, old in reversed(self.undo):
                file.unlink(missing_ok=True) if old is None else file.write_bytes(old)
            for file in self.store.folder.glob("*.jsonl"):
                with file.open("r+b") as rows:
                    rows.truncate(min(self.synced.get(file.name, 0), file.stat().st_size))
        os._exit(CUT)


def run(store: RunStore, spec: RunSpec, cut_at: int = 0, forgetful: bool = False) -> int:
    """Execute in a forked process and return its exit code: 0 for done, CUT for cut."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    Disk(store, cut_at, forgetful)
    status = execute(spec, store.folder, Options())
    sys.stderr.write(json.dumps(status.to_json()) + "\n" if status.state != "finished" else "")
    os._exit(0 if status.state == "finished" else 1)


def state(store: RunStore) -> dict[str, bytes]:
    """Return the bytes that must not depend on what happened on the way."""
    return {name: (store.folder / name).read_bytes() for name in COMPARED}


def main(folder: Path, method: str, stride: int) -> None:
    """Cut at every ``stride``-th operation, resume, compare."""
    torch.set_num_threads(1)
    spec = from_dict({**SPEC, "method": method})
    prepare([spec], Options())  # cached for all forks
    whole = RunStore(folder / "whole/runs" / spec.run_id)
    assert run(whole, spec) == 0
    cuts, wrong, n = 0, [], 1
    while True:
        codes = set()
        for forgetful in (False, True):
            store = RunStore(folder / f"{n}-{forgetful}/runs" / spec.run_id)
            code = run(store, spec, n, forgetful)
            codes.add(code)
            cuts += code == CUT
            resumed = run(store, spec)
            rubbish = [file.name for file in store.folder.rglob(".*")]
            if resumed or state(store) != state(whole) or rubbish or not store.is_done():
                wrong.append([n, forgetful, code, resumed, rubbish])
        if codes == {0}:
            break
        n += stride
    print(json.dumps({"method": method, "operations": n, "cuts": cuts, "wrong": wrong}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
