"""Commands, options and links of README.md and of the pages in docs/, as a reader finds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from generated import filled

ROOT = Path(__file__).parents[2]
FIRST = ("README.md", "docs/quickstart.md", "docs/commands.md")
"""Pages in whose order a newcomer reads; what they make is there for all others."""
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.M | re.S)
INLINE = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")


def pages() -> list[Path]:
    """Return the pages, those that come first at the beginning."""
    found = [ROOT / name for name in FIRST]
    rest = [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [*found, *(page for page in rest if page not in found)]


@dataclass(frozen=True)
class Line:
    """A command as it is typed.

    Args:
        page: the name of its file.
        text: on one line, without comment.
    """

    page: str
    text: str


def commands() -> Iterator[Line]:
    """Yield every command of the pages' ``sh`` blocks in order; ``a && b`` are two."""
    for page in pages():
        for block in fenced(page, "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                typed = re.sub(r"(^|\s+)#\s.*", "", line)
                for one in filter(None, map(str.strip, typed.split("&&"))):
                    yield Line(page.name, " ".join(one.split()))


def fenced(page: Path, language: str) -> list[str]:
    """Return what stands in a page's blocks of a language."""
    return [text for _, known, text in FENCE.findall(page.read_text()) if known == language]


def inline(page: Path) -> list[str]:
    """Return what a page names in its text as code."""
    return [" ".join(code.split()) for code in INLINE.findall(FENCE.sub("", page.read_text()))]


def links(page: Path) -> list[tuple[Path, str]]:
    """Return (file, anchor or '') of a page's links to other files."""
    text = FENCE.sub("", page.read_text())
    found = LINK.findall(text)
    return [((page.parent / name).resolve() if name else page, to) for name, to in found]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as forges and the site make them."""
    heads = re.findall(r"^#+ (.*)$", FENCE.sub("", filled(page.read_text())), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
