"""A bundle as a file: written the same from the same content, and unpacked only where it is such.

Files are stored, not compressed: the bytes then depend on no version of a library, what a bundle
unpacks to is as large as itself, and every byte that is no content can be checked as well.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from runners.errors import StoreProblem, UserProblem
from runners.files import named
from runners.store.grid import RUN_ID

FIRST = "bundle.json"
"""The file that a bundle begins with."""

FILE = r"[A-Za-z0-9_=-][A-Za-z0-9_.=-]{0,199}"
NAME = re.compile(
    r"bundle\.json|bands\.json|grid\.json|calibration\.json|"
    rf"runs/{RUN_ID}/([a-z]+/)?{FILE}|report/({FILE}/)?{FILE}"
)
"""What files of a bundle are called: no such name leads out of a folder."""

DAMAGE = (
    zipfile.BadZipFile, RuntimeError, ValueError, OverflowError, EOFError, OSError, struct.error,
)  # fmt: skip
"""What reading a damaged zip file raises; OSError where it leads to before its beginning."""

LOCAL = 30  # bytes before the name of a file
WHEN = (1980, 1, 1, 0, 0, 0)
BLOCK = 1 << 20

Seen = Callable[[list[str]], Iterable[str]]
"""Gives names one by one, and shows how far that is."""


class Unsound(StoreProblem):
    """A bundle that is damaged, or holds what no bundle has: nothing of it is used."""


def write(out: Path, folder: Path, names: Iterable[str]) -> None:
    """Write files below a folder as a bundle, whole or not at all.

    Args:
        out: the bundle.
        folder: holds the files.
        names: of all of them, :data:`FIRST` first.

    Raises:
        StoreProblem: a name is none that a bundle may hold.
    """
    temporary = out.with_name(f".{out.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            _fill(file, folder, names)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(out)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        raise named(error, out) from None


def digest_of(file: Path) -> str:
    """Return the hash of a bundle, as sha256sum prints it."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def require_bundle(file: Path) -> None:
    """Refuse what does not even begin as a bundle does.

    Raises:
        UserProblem: what it is instead.
    """
    if not file.is_file():
        raise UserProblem(f"{file}: {'is no file' if file.exists() else 'there is no such file'}")
    with file.open("rb") as opened:
        start = opened.read(LOCAL + len(FIRST))
    if start[:4] != b"PK\x03\x04" and start[LOCAL:] != FIRST.encode():
        raise UserProblem(f"{file}: is no bundle, which is a file that `bench bundle` writes")
    if start[LOCAL:] != FIRST.encode() and not _lists_first(file):
        raise UserProblem(
            f"{file}: is a zip file but no bundle, for it does not begin with {FIRST}; "
            "`bench bundle RESULTS -o X.zip` writes one"
        )


def unpack(file: Path, folder: Path, seen: Seen) -> None:
    """Write all files of a bundle below a folder, once it is known that it holds nothing else.

    Args:
        file: the bundle.
        folder: where to; new, and nobody else's.
        seen: gives the names one by one.

    Raises:
        Unsound: everything that no bundle has, or the first file that is damaged.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if wrong := [f"  {line}" for line in _oddities(file, entries)]:
                raise Unsound(
                    "\n".join(("holds what no bundle has; nothing of it is used:", *wrong))
                )
            for name in seen([entry.filename for entry in entries]):
                _unpack_one(archive, name, folder / name)
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise  # a full disk is no fault of the bundle's
        raise Unsound(f"{file.name}: cut off or damaged: {error}") from error
    _require_plain(file, folder, entries)


def _fill(file: BinaryIO, folder: Path, names: Iterable[str]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in names:
            if not NAME.fullmatch(name):
                raise StoreProblem(f"{name}: no file of a bundle may have such a name")
            archive.writestr(_plain(name), (folder / name).read_bytes())


def _plain(name: str) -> zipfile.ZipInfo:
    """Return what a bundle says of a file: nothing but its name."""
    entry = zipfile.ZipInfo(name, WHEN)
    entry.create_system, entry.external_attr = 3, 0o100644 << 16
    return entry


def _lists_first(file: Path) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.namelist()[:1] == [FIRST]
    except DAMAGE:
        return False


def _oddities(file: Path, entries: list[zipfile.ZipInfo]) -> Iterator[str]:
    """Yield a line for everything in a list of files that `bench bundle` never writes."""
    counts = Counter(entry.filename.lower() for entry in entries)
    names = filter(NAME.fullmatch, counts)
    folders = {str(folder) for name in names for folder in PurePosixPath(name).parents}
    for entry in entries:
        shown = repr(entry.orig_filename[:120])
        if not NAME.fullmatch(entry.orig_filename):
            yield f"{shown}: no file of a bundle has such a name"
        elif counts[entry.filename.lower()] > 1:
            yield f"{shown}: is there {counts[entry.filename.lower()]} times"
        elif entry.filename.lower() in folders:
            yield f"{shown}: is a file and a folder"
        elif entry.external_attr != _plain("").external_attr:
            yield f"{shown}: is marked as a link, a folder or a program, not as a plain file"
        elif entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits:
            yield f"{shown}: is compressed, encrypted or marked otherwise"
    total, size = sum(entry.file_size for entry in entries), file.stat().st_size
    if total > size:
        yield f"its files add up to {total} bytes, more than its own {size}"


def _unpack_one(archive: zipfile.ZipFile, name: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open(name) as source, target.open("xb") as file:
            while block := source.read(BLOCK):
                file.write(block)
    except (zipfile.BadZipFile, EOFError) as error:
        raise Unsound(f"{name}: damaged, its bytes are not those that were bundled") from error


def _require_plain(file: Path, folder: Path, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse a bundle that differs from one of the same files: bytes that are no content.

    Raises:
        Unsound: the first byte that differs, and which file's it is.
    """
    again = folder.with_name(f"{folder.name}.zip")
    with again.open("xb") as made:
        _fill(made, folder, (entry.filename for entry in entries))
    place = _first_difference(file, again)
    again.unlink()
    if place is not None:
        whose = [entry.filename for entry in entries if entry.header_offset <= place]
        raise Unsound(
            f"{file.name}: byte {place} is not as `bench bundle` writes it, at or after "
            f"{whose[-1] if whose else 'its beginning'}"
        )


def _first_difference(one: Path, other: Path) -> int | None:
    place = 0
    with one.open("rb") as mine, other.open("rb") as theirs:
        while True:
            a, b = mine.read(BLOCK), theirs.read(BLOCK)
            if a != b:
                pairs = enumerate(zip(a, b, strict=False))
                return place + next((n for n, (x, y) in pairs if x != y), min(len(a), len(b)))
            if not a:
                return None
            place += len(a)
