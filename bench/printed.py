"""Text that may be a stranger's, as a terminal shows it."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return text in its lines, of which nothing else reaches a terminal but what can be read."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
