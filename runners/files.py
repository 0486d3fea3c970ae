"""Whole files written in one piece, and rows of JSON appended; what is damaged is named.

A whole file is written to a unique temporary name, fsynced and renamed. Rows are appended, and
a reader drops only an unterminated last line. Reference: pypa/hatch's atomic writes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runners.errors import StoreProblem

APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND
TEMPORARY = re.compile(r"\..+\.\d+-[0-9a-f]{8}")

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
"""What is no regular file, in words."""


@dataclass(frozen=True)
class Place:
    """An open folder: files in it are reached through it, even where its name leads elsewhere.

    Args:
        folder: its name.
        descriptor: of the folder; None goes by the name.
    """

    folder: Path
    descriptor: int | None = None

    def name(self, path: Path) -> Path:
        """Return what a path in the folder is called from within it."""
        return path if self.descriptor is None else path.relative_to(self.folder)

    def open(self, path: Path, flags: int) -> int:
        """Open a file in the folder."""
        return os.open(self.name(path), flags, 0o666, dir_fd=self.descriptor)

    def make(self, folder: Path) -> None:
        """Make a folder in the folder, unless it is there."""
        if self.descriptor is None:
            folder.mkdir(parents=True, exist_ok=True)
            return
        for below in (*reversed(self.name(folder).parents), self.name(folder)):
            with contextlib.suppress(FileExistsError):
                os.mkdir(below, dir_fd=self.descriptor)

    def unlink(self, path: Path) -> None:
        """Remove a file in the folder, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.name(path), dir_fd=self.descriptor)

    def replace(self, old: Path, new: Path) -> None:
        """Rename a file in the folder."""
        here = {"src_dir_fd": self.descriptor, "dst_dir_fd": self.descriptor}
        os.replace(self.name(old), self.name(new), **here)  # noqa: PTH105 - Path has no place

    def sync(self, folder: Path) -> None:
        """Force the entries of the folder, or of one in it, to disk."""
        descriptor = self.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


ANYWHERE = Place(Path())
"""Files go by their names."""


def write_bytes(path: Path, data: bytes, place: Place = ANYWHERE) -> None:
    """Write a whole file so that a reader sees the old one or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with os.fdopen(place.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        place.replace(temporary, path)
    except BaseException as error:
        place.unlink(temporary)
        raise named(error, path) from None
    place.sync(path.parent)


def named(error: BaseException, path: Path) -> BaseException:
    """Return an error that says which file it is about, also where the system does not.

    A full disk is noticed while writing, when only the number of the open file is known.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return OSError(error.errno, error.strerror, str(path))
    return error


def require_own(path: Path) -> None:
    """Refuse a link, pipe or device where a results folder holds a file or folder of its own.

    Raises:
        StoreProblem: the path is there and is none.
    """
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        kind = "a link" if stat.S_ISLNK(mode) else "no regular file"
        raise StoreProblem(
            f"{path}: is {kind}, and a results folder holds nothing but its own files; remove it"
        )


def write_json(path: Path, data: object, place: Place = ANYWHERE) -> None:
    """Write a JSON file in one piece."""
    write_bytes(path, (json.dumps(data, indent=1) + "\n").encode(), place)


def sync_folder(path: Path) -> None:
    """Force a folder's entries to disk."""
    ANYWHERE.sync(path)


def remove_temporaries(folder: Path, place: Place = ANYWHERE) -> None:
    """Remove what a writer that was killed left half-written."""
    for file in folder.iterdir():
        if TEMPORARY.fullmatch(file.name):
            place.unlink(file)


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file in a results folder, none where there is no file.

    Raises:
        StoreProblem: it cannot be read, or is no file of the folder's own.
    """
    require_own(path)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise StoreProblem(f"{path}: cannot be read: {error}") from error


def read_json(path: Path) -> dict[str, Any]:
    """Return the object of a JSON file in a results folder.

    Raises:
        StoreProblem: the file is missing or damaged, or no file of the folder's own.
    """
    require_own(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreProblem(f"{path}: cannot be read: {error}") from error
    return _object(content, f"{path}: cannot be read")


def irregular(path: Path) -> str | None:
    """Say what a path leads to if that is no regular file, which may block whoever opens it.

    Raises:
        OSError: it leads nowhere.
    """
    mode = path.stat().st_mode
    return None if stat.S_ISREG(mode) else KINDS.get(stat.S_IFMT(mode), "no regular file")


def digest(content: bytes) -> str:
    """Return a hash of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


def append_rows(path: Path, rows: Iterable[dict[str, Any]], place: Place = ANYWHERE) -> None:
    """Append rows; non-finite numbers become null."""
    text = "".join(json.dumps(_finite(row), allow_nan=False) + "\n" for row in rows)
    try:
        with os.fdopen(place.open(path, APPEND), "a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise named(error, path) from None


def truncate(path: Path, size: int, place: Place = ANYWHERE) -> None:
    """Cut a file to so many bytes."""
    descriptor = place.open(path, os.O_WRONLY)
    try:
        os.ftruncate(descriptor, size)
    finally:
        os.close(descriptor)


def parse_rows(content: bytes, path: Path) -> Iterator[dict[str, Any]]:
    """Yield the complete rows in the bytes of a row file.

    Raises:
        StoreProblem: a row is damaged; it is named.
    """
    *lines, _torn = content.split(b"\n")
    for number, line in enumerate(lines, 1):
        yield _row(line, f"{path}:{number}")


def last_row(path: Path) -> dict[str, Any] | None:
    """Return the last complete row, reading only the file's end; None where there is none.

    Raises:
        StoreProblem: it is damaged.
    """
    require_own(path)
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4096))
            lines = file.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreProblem(f"{path}: cannot be read: {error}") from error
    return _row(lines[-1], f"{path}: last row") if lines else None


def _row(line: bytes, where: str) -> dict[str, Any]:
    row = _object(line, f"{where}: damaged row")
    step = row.get("step")
    if not isinstance(step, int) or isinstance(step, bool) or not 0 <= step < 2**53:
        raise StoreProblem(f"{where}: damaged row: step is {str(step)[:40]}, not a count")
    return row


def _object(content: bytes, what: str) -> dict[str, Any]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise StoreProblem(f"{what}: {error}") from error
    if not isinstance(data, dict):
        raise StoreProblem(f"{what}: holds {type(data).__name__}, not an object")
    return data


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
