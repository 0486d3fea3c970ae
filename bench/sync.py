"""`bench sync`: uploads what wandb wrote offline of a grid's ended runs, by `wandb sync`.

Unfinished runs wait: their folder is written anew when they go on, and what was uploaded of it
before would stand twice in one history.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from runners.errors import StoreProblem, UserProblem
from runners.store.grid import GridStore, found
from runners.tracking import OFFLINE, environment_problem

AT_ONCE = 50
"""Folders that one `wandb sync` is given."""

ANSWER = 15.0  # seconds to wait for the server's first answer
LOOK = 0.1  # seconds between two looks at how far it is
STOPPED = "nothing was uploaded"
NO_KEY = "No API key configured"
LOGIN = "not logged in to wandb: `wandb login` asks for a key, or set WANDB_API_KEY"


@dataclass
class Folders:
    """What wandb wrote offline of a grid's runs.

    Args:
        waiting: folders to upload.
        before: how many were uploaded before.
        unfinished: how many belong to runs that have not ended.
        uploaded: how many were uploaded now.
        failed: folders and files that could not be uploaded, by the reason.
    """

    waiting: list[Path] = field(default_factory=list)
    before: int = 0
    unfinished: int = 0
    uploaded: int = 0
    failed: dict[str, list[Path]] = field(default_factory=dict)


def sync(results: Path, patience: float, console: Console) -> int:
    """Upload what is not uploaded yet, and say what was, what was not, and why.

    Args:
        results: a grid's results folder.
        patience: seconds in which no folder gets done, after which uploading is given up.
        console: to print to.

    Returns:
        The exit code: 1 if anything failed.

    Raises:
        UserProblem: there is no login, or no server answers; nothing was uploaded.
    """
    folders = _found(found(results))
    if folders.waiting:
        _require_server()
        _upload_all(folders, patience)
    for line in _words(folders):
        console.print(line, markup=False, highlight=False)
    return 1 if folders.failed else 0


def _found(grid: GridStore) -> Folders:
    folders = Folders()
    for run in map(grid.run, grid.folders()):
        mine = [f for f in sorted(run.wandb_folder.glob(OFFLINE)) if not f.is_symlink()]
        try:
            ended = run.status().ended
        except StoreProblem as problem:
            folders.failed |= {str(problem): mine} if mine else {}
            continue
        if not ended:
            folders.unfinished += len(mine)
            continue
        waiting = [folder for folder in mine if not _is_synced(folder)]
        folders.waiting += waiting
        folders.before += len(mine) - len(waiting)
    return folders


def _upload_all(folders: Folders, patience: float) -> None:
    waiting = folders.waiting
    for start in range(0, len(waiting), AT_ONCE):
        some = waiting[start : start + AT_ONCE]
        said = _upload(some, patience)
        if NO_KEY in said:
            raise UserProblem(LOGIN)
        left = [folder for folder in some if not _is_synced(folder)]
        folders.uploaded += len(some) - len(left)
        if left and STOPPED in said:
            folders.failed[_reason(said)] = left + waiting[start + AT_ONCE :]
            return
        if left:
            folders.failed.setdefault(_reason(said), []).extend(left)


def _is_synced(folder: Path) -> bool:
    """Whether wandb marked all that a folder holds as uploaded."""
    files = list(folder.glob("*.wandb"))
    return bool(files) and all(file.with_suffix(".wandb.synced").exists() for file in files)


def _require_server() -> None:
    """Refuse to begin where `wandb sync` would try for hours.

    Raises:
        UserProblem: which server does not answer, or a variable that wandb refuses.
    """
    if problem := environment_problem():
        raise UserProblem(problem)
    import wandb

    url = wandb.setup().settings.base_url
    try:
        urllib.request.urlopen(url, timeout=ANSWER).close()
    except urllib.error.HTTPError:  # an answer all the same
        return
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise UserProblem(
            f"{url}: no answer, so nothing is uploaded: {reason}; the same command goes on where "
            "there is a network"
        ) from error


def _upload(folders: Sequence[Path], patience: float) -> str:
    """Upload folders and return what wandb said; it is stopped when nothing is done any more."""
    command = [sys.executable, "-m", "wandb", "sync", *map(str, folders)]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        try:
            stopped = not _watched(process, folders, patience)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        return output.read() + f"\nERROR {STOPPED} for {patience:g} s" * stopped


def _watched(process: subprocess.Popen[bytes], folders: Sequence[Path], patience: float) -> bool:
    """Wait for the end of an upload, and return whether it came before nothing was done."""
    done, since = 0, time.monotonic()
    while process.poll() is None:
        now = sum(map(_is_synced, folders))
        if now > done:
            done, since = now, time.monotonic()
        if time.monotonic() - since > patience:
            return False
        time.sleep(LOOK)
    return True


def _reason(said: str) -> str:
    """Return what wandb said of errors, a line, or the last thing it said."""
    lines = [line.removeprefix("wandb: ").strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if re.match("(ERROR|Error)", line)]
    return "; ".join(dict.fromkeys(errors or lines[-1:]))[:300] or "wandb said nothing"


def _words(folders: Folders) -> Iterator[str]:
    counts = {
        "uploaded": folders.uploaded,
        "uploaded before": folders.before,
        "failed": sum(map(len, folders.failed.values())),
        "of unfinished runs, which wait for their end": folders.unfinished,
    }
    words = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
    yield f"wandb folders: {words or 'none, as of --wandb disabled and online'}"
    for reason, left in folders.failed.items():
        yield f"failed: {reason}"
        yield from (f"  {folder}" for folder in left)
