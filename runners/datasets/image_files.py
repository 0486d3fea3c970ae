"""The image files below a folder: which are read, and which cannot be used, and why."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from runners.errors import DataProblem
from runners.files import irregular

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}
FEW = 5  # files that are named

T = TypeVar("T")


class Unusable(Exception):
    """Why a file is no image to train on, in words that follow its name."""


class LeftOut(UserWarning):
    """Files of a folder were skipped, as it was told to."""

    @property
    def topic(self) -> str:
        """Each folder is worth telling of."""
        return str(self)


class Reader:
    """Reads the image files of a folder, and remembers those that cannot be used.

    Args:
        root: the folder, which nothing may link out of.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.unusable: dict[Path, str] = {}

    def read(self, place: Path, use: Callable[[Path], T]) -> dict[Path, T]:
        """Return what ``use`` makes of each image file below a place, in order of path.

        Args:
            place: the root, or a folder in it.
            use: raises Unusable for a file that is no image.

        Raises:
            DataProblem: the place links out of the root.
        """
        if self._outside(place):
            raise DataProblem(f"{place}: links out of {self.root}; move or copy it there")
        files, refused = walk(place)
        self.unusable |= refused
        found = {}
        for file in files:
            try:
                self._require_own(file)
                found[file] = use(file)
            except Unusable as why:
                self.unusable[file] = str(why)
        return found

    def conclude(self, skip: bool) -> None:
        """Name what could not be used: in a warning if it is to be skipped.

        Raises:
            DataProblem: it is not.
        """
        if not self.unusable:
            return
        files = sorted(self.unusable)
        lines = [
            f"  {_printable(f.relative_to(self.root))}: {self.unusable[f]}" for f in files[:FEW]
        ]
        lines += [f"  and {len(files) - FEW} more"] if len(files) > FEW else []
        count = f"{len(files)} image file{'s' if len(files) > 1 else ''}"
        if skip:
            text = f"{self.root}: {count} left out, by skip_unreadable"
            warnings.warn(LeftOut("\n".join([text, *lines])), stacklevel=2)
            return
        text = f"{self.root}: {count} cannot be used; mend or remove them, or leave them out with "
        raise DataProblem("\n".join([f"{text}skip_unreadable: true", *lines]))

    def _require_own(self, file: Path) -> None:
        """Refuse what is no regular file or not the folder's, before anything opens it."""
        try:
            kind = irregular(file)
        except OSError as error:
            raise Unusable(f"cannot be read: {error.strerror}") from error
        if kind:
            raise Unusable(f"is {kind}, not a regular file")
        if file.is_symlink() and self._outside(file):
            raise Unusable("links out of the folder; copy it there")

    def _outside(self, path: Path) -> bool:
        return not path.resolve().is_relative_to(self.root.resolve())


def walk(folder: Path) -> tuple[list[Path], dict[Path, str]]:
    """Return what is named like an image file below a folder, and the folders not looked into.

    Names that begin with a dot are passed over, as notebooks and file managers leave them.

    Returns:
        Paths in order, and path -> why.
    """
    files: list[Path] = []
    refused: dict[Path, str] = {}

    def unreadable(error: OSError) -> None:
        refused[Path(error.filename)] = f"cannot be read: {error.strerror}"

    for place, folders, names in os.walk(folder, onerror=unreadable):
        here = Path(place)
        folders[:], names = shown(folders), shown(names)
        files += [here / name for name in names if Path(name).suffix.lower() in SUFFIXES]
        links = [here / name for name in folders if (here / name).is_symlink()]
        refused |= dict.fromkeys(links, "is a link to a folder; these are not followed")
    return sorted(files), refused


def shown(names: Iterable[str]) -> list[str]:
    """Return the names that do not begin with a dot."""
    return [name for name in names if not name.startswith(".")]


def _printable(path: Path) -> str:
    """Return a path for a terminal: whatever is in its name, it stays on its line."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(path))
