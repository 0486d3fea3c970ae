"""What is said of a key that is no field of a spec: the section that reads it declares it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

REQUIRED = "required"
"""The default of a key that must be there."""


class Key(NamedTuple):
    """A key of a section of a grid file.

    Args:
        kind: what its value is.
        default: what holds without it, or REQUIRED.
        meaning: in a line.
    """

    kind: str
    default: str
    meaning: str


def required(keys: Mapping[str, Key]) -> tuple[str, ...]:
    """Return those that must be there."""
    return tuple(name for name, key in keys.items() if key.default == REQUIRED)
