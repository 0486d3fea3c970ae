"""Problems of a grid in plain words: one line each, with the place, the value and the choices."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from runners.errors import UserProblem

if TYPE_CHECKING:
    from bench.yaml_source import Document

KeyPath = tuple[str | int, ...]
Position = tuple[int, int]

MAX_LINES = 100
SHOWN = 60  # characters of a value that a message repeats


class GridProblem(UserProblem):
    """Everything wrong with a grid: one line a problem, in the order of the file."""


class Report:
    """Collects problems until all are known.

    Args:
        file: the grid file's name as the user knows it.
        document: what it holds.
    """

    def __init__(self, file: str, document: Document) -> None:
        self.file = file
        self.document = document
        self._lines: dict[str, tuple[float, float]] = {}
        for fault in document.faults:
            self._add(fault.position, fault.path, fault.text)

    def at(self, path: KeyPath, text: str, key: bool = False) -> None:
        """Add a problem of the value, or of the key, at a path in the file."""
        self._add(self.document.position(path, key), path, text)

    def option(self, option: str, text: str) -> None:
        """Add a problem of a command-line option; these come after those of the file."""
        self._lines.setdefault(f"{plain(option)}: {text}", (math.inf, len(self._lines)))

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
        line, column = position
        label = f"{key_path(path)}: " if path else ""
        self._lines.setdefault(f"{self.file}:{line}:{column}: {label}{text}", position)


def plain(text: str, length: int = SHOWN) -> str:
    """Return text fit for one line of a message: printable and short."""
    shown = text if text.isprintable() else repr(text[: length + 1])[1:-1]
    return shown if len(shown) <= length else shown[: length - 3] + "..."


def show(value: object) -> str:
    """Return a value as a message shows it: text in quotes, the rest as YAML writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and len(value) > SHOWN:
        return repr(value[: SHOWN - 3] + "...")
    if isinstance(value, float) and not math.isfinite(value):
        return re.sub("(inf|nan)", r".\1", repr(value))
    return plain(repr(value))


def key_path(path: KeyPath) -> str:
    """Return ``methods[2].spectral_norm.scale`` for ("methods", 2, "spectral_norm", "scale")."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{_key(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[\w.-]{1,60}", key) else show(key)


def unknown_key(key: str, choices: Iterable[str]) -> str:
    """Return the words for a key that is not among the choices."""
    return f"unknown key; {_guess(key, tuple(sorted(choices)))}"


def unknown_name(name: object, choices: Iterable[str]) -> str:
    """Return the words for a name that is not among the choices, or not a name at all."""
    return f"unknown name {show(name)}; {_guess(str(name), tuple(choices))}"


@lru_cache(maxsize=1000)
def _guess(word: str, choices: tuple[str, ...]) -> str:
    lowered = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(word[:SHOWN].lower(), lowered, n=1)
    hint = f"did you mean {lowered[near[0]]}? " if near else ""
    return f"{hint}choices: {', '.join(choices)}"
