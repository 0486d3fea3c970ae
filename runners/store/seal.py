"""What the files of an ended run were at its end, by their hashes.

The hashes have no key: they show damage and editing by hand, not a forger who makes them anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from runners.errors import StoreProblem
from runners.files import digest, read_bytes

BELOW = re.compile(r"[a-z]+/[A-Za-z0-9_-][A-Za-z0-9_.-]*")


def seal(folder: Path, files: Iterable[Path]) -> dict[str, Any]:
    """Return the hash of each file that is there, by its name below the folder."""
    return {_name(folder, file): digest(read_bytes(file)) for file in files if file.exists()}


def require_unchanged(
    folder: Path, sealed: Mapping[str, Any], files: Iterable[Path], pictures: Iterable[Path]
) -> None:
    """Refuse files that are not as they were sealed, that were added, or that are gone.

    Args:
        folder: of the run.
        sealed: of :func:`seal`.
        files: that every version sealed.
        pictures: that only seals with a file in a subfolder know of; earlier ones have none.

    Raises:
        StoreProblem: which file, or that the seal is damaged.
    """
    below = [name for name in sealed if "/" in name]
    if odd := [name for name in below if not BELOW.fullmatch(name)]:
        raise StoreProblem(f"{folder}: its seal names {odd[0][:80]!r}, which no run has")
    known = [*files, *(pictures if below else ()), *(folder / name for name in below)]
    for file in dict.fromkeys(known):
        then = sealed.get(_name(folder, file))
        if then is None and file.exists():
            raise StoreProblem(f"{file}: was added since the run ended")
        if then is not None and then != digest(read_bytes(file)):
            raise StoreProblem(f"{file}: changed or damaged since the run ended")


def part(content: bytes) -> dict[str, Any]:
    """Return what is sealed of a file that may grow."""
    return {"bytes": len(content), "digest": digest(content)}


def sealed_part(file: Path, known: object) -> bytes:
    """Return what of a file is sealed; the rest was cut off before it was whole.

    Args:
        file: one that may grow.
        known: of :func:`part`.

    Raises:
        StoreProblem: it changed.
    """
    size = known.get("bytes") if isinstance(known, dict) else None
    content = read_bytes(file)[:size] if isinstance(size, int) else b""
    if part(content) != known:
        raise StoreProblem(f"{file}: changed or damaged since it was written")
    return content


def _name(folder: Path, file: Path) -> str:
    return file.relative_to(folder).as_posix()
