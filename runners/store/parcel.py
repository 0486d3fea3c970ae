"""A run's folder carried to a machine that does not see it, and back: what changed, in pieces.

Row files, logs and wandb's files grow, so what was added to them is enough; others are sent whole
when they changed. Pieces come in the order in which a run writes: the rows that a checkpoint
knows of before it, ``done`` last. Cut off anywhere, a folder that they are written to is that of a
run that was cut off.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path, PurePosixPath

from runners.errors import StoreProblem
from runners.files import TEMPORARY, digest, require_own, write_bytes
from runners.store.run import RunStore

LARGEST = 4 << 20  # bytes of a piece


class Kind(Enum):
    """What a piece says of a file."""

    GROWN = auto()
    """The file is cut at ``start``, and goes on with these bytes."""
    PART = auto()
    """Bytes of a file that is written in one piece when the last of them is there."""
    WHOLE = auto()
    """The last of them."""
    GONE = auto()
    """The file was removed."""
    ASIDE = auto()
    """The folder was set aside as damaged, and the run begins anew."""


@dataclass(frozen=True)
class Piece:
    """A change of one file.

    Args:
        number: counts the pieces of an attempt from 1.
        kind: what it says.
        name: of the file, below the run's folder.
        data: bytes of it.
        start: where in the file they go, of one that grows.
    """

    number: int
    kind: Kind
    name: str = ""
    data: bytes = b""
    start: int = 0


@dataclass(frozen=True)
class _Sent:
    """What of a file was sent: what it looked like, and of one that grows, its bytes."""

    looks: tuple[int, int, int]
    size: int = 0
    digest: str = digest(b"")


class Changes:
    """Tells how a run's folder changed since the last look.

    Args:
        store: the run; another process may be writing in its folder.
        aside: whether a folder of damaged runs beside it can be this run's alone.
    """

    def __init__(self, store: RunStore, aside: bool = True) -> None:
        self.store, self.number, self.aside = store, 0, not aside
        self.sent: dict[str, _Sent] = {}

    def look(self) -> Iterator[Piece]:
        """Yield the changes, in the order in which they are to be written."""
        if self.store.damaged_folder.exists() and not self.aside:
            self.aside = True
            self.sent.clear()
            yield self._piece(Kind.ASIDE)
        # what knows of other files is read before them, and sent after them
        last = [(name, self._read(name)) for name in self.store.written_last()]
        for name in self._names():
            if name not in dict(last):
                yield from self._changed(name, self._read(name))
        for name in set(self.sent) - set(self._names()):
            del self.sent[name]
            yield self._piece(Kind.GONE, name)
        for name, found in reversed(last):
            yield from self._changed(name, found)

    def _names(self) -> list[str]:
        folder = self.store.folder
        files = (Path(at, name) for at, _, names in os.walk(folder) for name in names)
        return sorted(
            file.relative_to(folder).as_posix()
            for file in files
            if file.is_file() and not file.is_symlink() and not TEMPORARY.fullmatch(file.name)
        )

    def _read(self, name: str) -> tuple[_Sent, bytes] | None:
        """Return how a file looks and its bytes, None where it is gone or as it was sent."""
        try:
            with (self.store.folder / name).open("rb") as file:
                state = os.fstat(file.fileno())
                looks = (state.st_ino, state.st_size, state.st_mtime_ns)
                if name in self.sent and self.sent[name].looks == looks:
                    return None
                return _Sent(looks), file.read()
        except FileNotFoundError:
            return None

    def _changed(self, name: str, found: tuple[_Sent, bytes] | None) -> Iterator[Piece]:
        if found is None:
            return
        seen, data = found
        before = self.sent.get(name)
        self.sent[name] = _Sent(seen.looks, len(data), digest(data))
        if not self._grows(name):
            yield from self._whole(name, data)
            return
        start = before.size if before and digest(data[: before.size]) == before.digest else 0
        for at in range(start, max(len(data), start + 1), LARGEST):
            yield self._piece(Kind.GROWN, name, data[at : at + LARGEST], at)

    def _whole(self, name: str, data: bytes) -> Iterator[Piece]:
        end = max(0, len(data) - 1) // LARGEST * LARGEST
        for at in range(0, end, LARGEST):
            yield self._piece(Kind.PART, name, data[at : at + LARGEST])
        yield self._piece(Kind.WHOLE, name, data[end:])

    def _grows(self, name: str) -> bool:
        path = self.store.folder / name
        rows = [self.store.rows_file(row) for row in self.store.ROW_FILES]
        return path in (*rows, self.store.log_file) or self.store.wandb_folder in path.parents

    def _piece(self, kind: Kind, name: str = "", data: bytes = b"", start: int = 0) -> Piece:
        self.number += 1
        return Piece(self.number, kind, name, data, start)


class Arrivals:
    """Writes pieces to a run's folder; one that comes twice changes nothing.

    Args:
        store: the run, whose lease this process has if others see the folder.
    """

    def __init__(self, store: RunStore) -> None:
        self.store, self.number = store, 0
        self.parts: list[bytes] = []

    def write(self, pieces: Iterable[Piece]) -> None:
        """Write pieces, in order.

        Raises:
            LeaseLost: the run was given to another process.
            StoreProblem: a name that leads elsewhere.
            OSError: nothing can be written.
        """
        for piece in pieces:
            if piece.number > self.number:
                self.store.require_lease()
                try:
                    self._write(piece)
                except OSError:
                    self.store.require_lease()  # else the folder itself may be gone
                    raise
                self.number = piece.number

    def _write(self, piece: Piece) -> None:
        if piece.kind == Kind.ASIDE:
            self.store.set_aside()
            self.store.receive()
            return
        path, place = self._path(piece.name), self.store.place
        if piece.kind == Kind.GONE:
            place.unlink(path)
        elif piece.kind == Kind.GROWN:
            self._grow(path, piece)
        elif piece.kind == Kind.PART:
            self.parts.append(piece.data)
        else:
            if path in (self.store.checkpoint_file, self.store.done_file):
                self.store.sync_rows()
            place.make(path.parent)
            write_bytes(path, b"".join([*self.parts, piece.data]), place)
            self.parts.clear()

    def _grow(self, path: Path, piece: Piece) -> None:
        self.store.place.make(path.parent)
        descriptor = self.store.place.open(path, os.O_WRONLY | os.O_CREAT)
        with os.fdopen(descriptor, "wb") as file:
            file.truncate(piece.start)
            file.seek(piece.start)
            file.write(piece.data)

    def _path(self, name: str) -> Path:
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts:
            raise StoreProblem(f"{self.store.folder}: {name[:80]!r} is no name of a file in it")
        require_own(self.store.folder / name)
        return self.store.folder / name


def batches(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Yield pieces in lists that are not much larger than one may be."""
    batch: list[Piece] = []
    for piece in pieces:
        batch.append(piece)
        if sum(len(one.data) for one in batch) >= LARGEST:
            yield batch
            batch = []
    if batch:
        yield batch
