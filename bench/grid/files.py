"""Grid files on disk: where a name leads, and the bytes found there."""

from __future__ import annotations

import re
from pathlib import Path

from bench import built_in
from bench.grid.messages import plain
from bench.grid.problems import GridProblem

BUILT_IN = built_in.FOLDER

MAX_BYTES = 1_000_000


def find(name_or_path: str) -> Path:
    """Return the grid file of a path, or of a built-in grid's name.

    Raises:
        GridProblem: there is no such file or grid.
    """
    names = (name_or_path, f"{name_or_path}.yaml")
    candidates = [Path(name) for name in names]
    if re.fullmatch(r"[\w.-]+", name_or_path):
        candidates += [BUILT_IN / name for name in names]
    for path in candidates:
        if _kind(path) == "file":
            return path
    known = ", ".join(built_in.names(BUILT_IN)) or "none"
    what = "is a folder" if _kind(candidates[0]) == "folder" else "no such grid file"
    raise GridProblem(f"{plain(name_or_path, 200)}: {what}; built-in grids: {known}")


def content(path: Path) -> bytes:
    """Return the bytes of a grid file.

    Raises:
        GridProblem: it cannot be read, or is too large for one.
    """
    try:
        with path.open("rb") as file:
            found = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        what = {"folder": "is a folder, not a grid file", "missing": "no such file"}
        text = what.get(_kind(path), f"cannot be read: {reason}")
        raise GridProblem(f"{plain(str(path), 1000)}: {text}") from None
    if len(found) > MAX_BYTES:
        raise GridProblem(f"{plain(str(path), 1000)}: larger than {MAX_BYTES:,} bytes")
    return found


def _kind(path: Path) -> str:
    try:
        return "folder" if path.is_dir() else "file" if path.exists() else "missing"
    except (OSError, ValueError):  # a name that no file can have
        return "missing"
