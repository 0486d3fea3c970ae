"""How messages show values, key paths and choices."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from functools import lru_cache

from bench.grid.document import KeyPath

SHOWN = 60  # characters of a value that a message repeats


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
    label = ""
    for part in path:
        simple = isinstance(part, str) and re.fullmatch(r"[\w.-]{1,60}", part)
        label += f"[{part}]" if isinstance(part, int) else f".{part if simple else show(part)}"
    return label.removeprefix(".")


def unknown_key(key: str, choices: Iterable[str]) -> str:
    """Return the words for a key that is not among the choices."""
    return f"unknown key; {_guess(key, tuple(sorted(choices)))}"


def unknown_name(name: object, choices: Iterable[str]) -> str:
    """Return the words for a name that is not among the choices, or not a name at all."""
    known = tuple(choice for choice in choices if choice)
    return f"unknown name {show(name)}; {_guess(str(name), known)}"


@lru_cache(maxsize=1000)
def _guess(word: str, choices: tuple[str, ...]) -> str:
    lowered = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(word[:SHOWN].lower(), lowered, n=1)
    hint = f"did you mean {lowered[near[0]]}? " if near else ""
    return f"{hint}choices: {', '.join(choices)}"
