"""Markdown made of the code's words."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from bench.grid.keys import Key

ARXIV = re.compile(r"\b(?:arXiv )?(\d{4}\.\d{5}|(?<=arXiv )\d{4}\.\d{4})\b")
ROLE = re.compile(r":\w+:`(?:[\w.]*\.)?(\w+)`")
SYMBOLS = {
    r"\bgrad_x\b": "∇ₓ",
    r"\bgrad\b": "∇",
    r"<-": "←",
    r" \* ": " · ",
    r"\^2": "²",
    r"\bW W'": "W Wᵀ",
    r"(?<![A-Za-z])sigma(?=\b|_)": "σ",
    r"\blambda(?=\b|_)": "λ",
    r"\bgamma\b": "γ",
    r"\bbeta\b": "β",
    r"\beps\b": "ε",
}
"""Letters of a formula in the code, as an expression -> as the field writes them."""


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, '' without rows."""
    lines = [_row(row) for row in rows]
    return "\n".join([_row(header), _row(["---"] * len(header)), *lines]) if lines else ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def key_table(keys: Mapping[str, Key]) -> str:
    """Return the table of keys or parameters."""
    rows = (
        (f"`{name}`", escaped(key.kind), f"`{key.default}`", escaped(key.meaning))
        for name, key in keys.items()
    )
    return table(("key", "value", "default", "meaning"), rows)


def paragraphs(doc: str | None) -> str:
    """Return a docstring up to its first section, as text of a page."""
    text = inspect.cleandoc(doc or "")
    text = re.split(r"^(?:Args|Returns|Raises):$", text, flags=re.M)[0].strip()
    return escaped(text.replace("``", "`"))


def escaped(text: str) -> str:
    """Return text of the code that Markdown and HTML leave as it is, papers as links.

    What stands between backticks stays; names of classes lose their modules.
    """
    text = ROLE.sub(r"`\1`", text).replace("``", "`")
    parts = re.split(r"(`[^`]*`)", text)
    plain = [re.sub(r"([*_<>\[\]#])", r"\\\1", part).replace("\\<", "&lt;") for part in parts[::2]]
    parts[::2] = [linked(part) for part in plain]
    return "".join(parts)


def linked(text: str) -> str:
    """Return text in which papers are links."""
    return ARXIV.sub(r"[arXiv \1](https://arxiv.org/abs/\1)", text)


def symbols(text: str) -> str:
    """Return a formula of plain letters with the field's symbols."""
    for letters, symbol in SYMBOLS.items():
        text = re.sub(letters, symbol, text)
    return f"`{text}`"


def formula(text: str) -> str:
    """Return the same as a line of its own."""
    return f"```text\n{symbols(text)[1:-1]}\n```"


def first_line(doc: str | None) -> str:
    """Return the first line of a docstring without its full stop."""
    return inspect.cleandoc(doc or "").partition("\n")[0].rstrip(".")


def blocks(*texts: str) -> str:
    """Return texts that are not empty as paragraphs of a page."""
    return "\n\n".join(filter(None, (textwrap.dedent(text).strip("\n") for text in texts)))
