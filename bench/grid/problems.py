"""Problems of a grid, collected until all are known: one line each, in the order of the file."""

from __future__ import annotations

import math

from bench.grid.document import Document, KeyPath, Position
from bench.grid.messages import key_path, plain
from runners.errors import UserProblem
from runners.tuning.space import RANGES

MAX_LINES = 100

Source = KeyPath | str
"""Where a value was written: a path in the grid file, or an option of the command line."""

Origins = dict[KeyPath, Source]
"""A path in a spec's fields -> where its value was written; of several, the longest counts."""


SEVERAL = ("axes", "tuning")
"""Sections where a name is given several values: a value's path goes on below the name's."""


class GridProblem(UserProblem):
    """Everything wrong with a grid: one line per problem, in the order of the file."""


class Problems:
    """Collects problems until all are known.

    Args:
        file: the grid file's name as the user knows it.
        document: what it holds; its faults are the first problems.
    """

    def __init__(self, file: str, document: Document) -> None:
        self.file, self.document = file, document
        self.refused: set[str] = set()
        """Fields left out for a problem reported already: that they are missing is not another."""
        self._lines: dict[str, tuple[float, float]] = {}
        for fault in document.faults:
            self._add(fault.position, fault.path, fault.text)

    def at(self, path: KeyPath, text: str, key: bool = False) -> None:
        """Add a problem of the value, or of the key, at a path in the file."""
        self._add(self.document.position(path, key), path, text)

    def option(self, option: Source, text: str) -> None:
        """Add a problem of a command-line option; these come after those of the file."""
        self._lines.setdefault(f"{plain(str(option))}: {text}", (math.inf, len(self._lines)))

    def field(self, origins: Origins, path: KeyPath, text: str, key: bool = False) -> None:
        """Add a problem of a spec's field, where the field was written.

        Args:
            origins: where the fields were written; holds the beginning of every path.
            path: of the field in the spec.
            text: what is wrong.
            key: whether the field's name is at fault, not its value.
        """
        if path and path[0] in self.refused and path[:1] not in origins:
            return
        length = next(n for n in range(len(path), -1, -1) if path[:n] in origins)
        source = origins[path[:length]]
        if isinstance(source, str):
            label = key_path(path[1:] if path[0] == "method" else path)
            self.option(source, f"{label}: {text}" if label else text)
        elif key and length == len(path) and source[0] in SEVERAL:
            self.at(_named(source), text, key)
        else:
            self.at(source + path[length:], text, key)

    def raise_if_any(self) -> None:
        """Raise what was collected.

        Raises:
            GridProblem: there was a problem.
        """
        lines = sorted(self._lines, key=self._lines.__getitem__)
        if len(lines) > MAX_LINES:
            lines[MAX_LINES:] = [f"{self.file}: {len(lines) - MAX_LINES:,} more problems"]
        if lines:
            raise GridProblem("\n".join(lines))

    def _add(self, position: Position, path: KeyPath, text: str) -> None:
        label = f"{key_path(path)}: " if path else ""
        where = ":".join(map(str, position))
        self._lines.setdefault(f"{self.file}:{where}: {label}{text}", position)


def _named(source: KeyPath) -> KeyPath:
    """Return where the name stands that one of several values, or an end of a range, is for."""
    above = source[:-1]
    return above[:-1] if source[0] == "tuning" and above[-1] in RANGES else above
