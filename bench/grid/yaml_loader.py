"""YAML text -> PyYAML's node tree, with the scalars of YAML 1.2 and limits on depth and size.

Everything that depends on how PyYAML works inside stands here, in :class:`Loader`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml
from yaml.error import Mark, MarkedYAMLError
from yaml.reader import ReaderError

from bench.grid.document import Fault, Position
from bench.grid.messages import plain

MAX_DEPTH = 50
MAX_NODES = 100_000
TOO_DEEP = f"nested deeper than {MAX_DEPTH}"
TOO_MANY = f"more than {MAX_NODES:,} values"

TAG = "tag:yaml.org,2002:"

CORE: dict[str, tuple[re.Pattern[str], Callable[[str], Any]]] = {
    "null": (re.compile(r"|~|null|Null|NULL"), lambda _: None),
    "bool": (re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text.lower() == "true"),
    "int": (
        re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
        lambda text: int(text, {"0o": 8, "0x": 16}.get(text[:2], 10)),
    ),
    "float": (
        re.compile(
            r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
            r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
        ),
        lambda text: float(re.sub(r"\.(inf|nan)", r"\1", text.lower())),
    ),
}
"""The core schema (YAML 1.2.2, section 10.3.2): tag -> (form, value of the text)."""


def position(mark: Mark) -> Position:
    """Return the line and column of one of PyYAML's marks."""
    return mark.line + 1, mark.column + 1


def end(before: str) -> Position:
    """Return the line and column at which a text goes on after ``before``."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


class Loader(yaml.SafeLoader):
    """SafeLoader with the scalars of YAML 1.2, and limits on depth and size."""

    depth = nodes = 0

    @classmethod
    def root(cls, text: str) -> yaml.Node | None:
        """Return the node of the one document in a text, or None where there is none.

        Raises:
            Fault: the text is not YAML, or holds a second document or too much.
        """
        try:
            loader = cls(text)
        except ReaderError as error:
            character = f"character {text[error.position]!r} is not allowed"
            raise Fault(end(text[: error.position]), (), character) from None
        try:
            return loader.get_single_node()
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise Fault(position(mark) if mark else (1, 1), (), _syntax(error)) from None
        except Fault:
            raise
        except Exception as error:  # PyYAML leaks others, as an OverflowError for "\UFFFFFFFF"
            text = f"not valid YAML: {plain(str(error))}"
            raise Fault(position(loader.get_mark()), (), text) from error

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose one node, unless there are too many, or too many around it."""
        self.depth += 1
        self.nodes += 1
        if self.depth > MAX_DEPTH or self.nodes > MAX_NODES:
            excess = TOO_DEEP if self.depth > MAX_DEPTH else TOO_MANY
            raise Fault(position(self.peek_event().start_mark), (), excess)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        """Return the tag of a node that gives none."""
        if kind is yaml.ScalarNode and implicit[0]:
            return TAG + next((tag for tag in CORE if CORE[tag][0].fullmatch(value)), "str")
        return super().resolve(kind, value, (False, True))


def _syntax(error: MarkedYAMLError) -> str:
    problem = error.problem or error.context or "unreadable"
    if problem == "but found another document":
        return "a second document begins here; keep one"
    if problem.startswith("found character '\\t'"):
        return "not valid YAML: a tab; indent with spaces"
    return f"not valid YAML: {plain(': '.join(filter(None, (error.context, problem))), 200)}"
