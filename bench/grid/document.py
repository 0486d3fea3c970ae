"""What a grid file says, as plain data, and where each part of it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

KeyPath = tuple[str | int, ...]
"""Keys and list indices from the top of a document down to a value."""

Position = tuple[int, int]
"""Line and column, from 1."""


@dataclass(eq=False)
class Fault(Exception):
    """What is wrong with the text itself, and where; raised where nothing can be read on."""

    position: Position
    path: KeyPath
    text: str


@dataclass(frozen=True)
class Document:
    """Plain data, and the place of each key path.

    Args:
        data: None, str, bool, int, float, list and dict; an entry with a fault is left out.
        places: where a key, and its value, begin; a list's entries have no key of their own.
        faults: everything wrong with the text.
        usable: whether ``data`` is worth checking in spite of its faults.
    """

    data: Any = None
    places: dict[KeyPath, tuple[Position, Position]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    usable: bool = True

    def position(self, path: KeyPath, key: bool = False) -> Position:
        """Return the place of a value, or of its key; of what encloses it where it is missing."""
        while path not in self.places:
            if not path:
                return 1, 1
            path, key = path[:-1], True
        at_key, at_value = self.places[path]
        return at_key if key else at_value
