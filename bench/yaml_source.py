"""YAML text to plain data, with the place of every key and value.

PyYAML's node tree, read with the core schema of YAML 1.2: ``2e-4`` is a number, ``no`` is text,
and a key given twice is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.error import Mark, MarkedYAMLError
from yaml.reader import ReaderError

from bench.problems import KeyPath, Position, plain, show

MAX_DEPTH = 50
MAX_NODES = 100_000
MAX_NUMBER = 100  # characters; int() and str() refuse thousands of digits with a ValueError

TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True)
class Fault:
    """What is wrong with the text itself, and where."""

    position: Position
    path: KeyPath
    text: str


@dataclass(frozen=True)
class Document:
    """Plain data, and the line and column (from 1) of each key path.

    Args:
        data: None, str, bool, int, float, list and dict; an entry with a fault is left out.
        keys: where a mapping's key stands.
        values: where a value begins; holds at least the root, ``()``.
        faults: everything wrong with the text.
        usable: whether ``data`` is worth checking in spite of its faults.
    """

    data: Any = None
    keys: dict[KeyPath, Position] = field(default_factory=dict)
    values: dict[KeyPath, Position] = field(default_factory=lambda: {(): (1, 1)})
    faults: tuple[Fault, ...] = ()
    usable: bool = True

    def position(self, path: KeyPath, key: bool = False) -> Position:
        """Return the place of a value, or of its key; of what encloses it where it is missing."""
        while path not in self.values:
            path, key = path[:-1], True
        value = self.values[path]
        return self.keys.get(path, value) if key else value


def read(content: bytes | str) -> Document:
    """Return the one document in ``content``; faults are recorded, never raised."""
    builder = _Builder()
    try:
        node = _compose(_text(content))
        data = None if node is None else builder.build(node, ())
    except _Stop as stop:
        return Document(faults=(*builder.faults, stop.fault), usable=False)
    values = builder.values or {(): (1, 1)}
    return Document(data, builder.keys, values, tuple(builder.faults))


class _Stop(Exception):
    """Ends the reading at a fault that leaves no data worth checking."""

    def __init__(self, position: Position, path: KeyPath, text: str) -> None:
        super().__init__(text)
        self.fault = Fault(position, path, text)


def _text(content: bytes | str) -> str:
    if isinstance(content, str):
        return content
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        byte = content[error.start]
        raise _Stop(_end(before), (), f"not UTF-8 text: byte 0x{byte:02x}") from None


def _end(before: str) -> Position:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _position(mark: Mark) -> Position:
    return mark.line + 1, mark.column + 1


def _compose(text: str) -> yaml.Node | None:
    try:
        loader = _Loader(text)
    except ReaderError as error:
        where = _end(text[: error.position])
        raise _Stop(where, (), f"character {text[error.position]!r} is not allowed") from None
    try:
        return loader.get_single_node()
    except MarkedYAMLError as error:
        raise _syntax(error) from None
    except _Stop:
        raise
    except Exception as error:  # PyYAML leaks others, as an OverflowError for "\UFFFFFFFF"
        where = _position(loader.get_mark())
        raise _Stop(where, (), f"not valid YAML: {plain(str(error))}") from error


def _syntax(error: MarkedYAMLError) -> _Stop:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or error.context or "unreadable"
    if problem == "but found another document":
        text = "a second document begins here; keep one"
    elif problem.startswith("found character '\\t'"):
        text = "not valid YAML: a tab; indent with spaces"
    else:
        text = f"not valid YAML: {plain(': '.join(filter(None, (error.context, problem))), 200)}"
    return _Stop(_position(mark) if mark else (1, 1), (), text)


class _Loader(yaml.SafeLoader):
    """SafeLoader with the scalars of YAML 1.2, and limits on depth and size."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self.nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        self.nodes += 1
        if self.depth > MAX_DEPTH or self.nodes > MAX_NODES:
            excess = _TOO_DEEP if self.depth > MAX_DEPTH else _TOO_MANY
            raise _Stop(_position(self.peek_event().start_mark), (), excess)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode and implicit[0]:
            return _core_tag(value)
        return yaml.resolver.BaseResolver.resolve(self, kind, value, (False, True))


_TOO_DEEP = f"nested deeper than {MAX_DEPTH}"
_TOO_MANY = f"more than {MAX_NODES:,} values"


def _integer(text: str) -> int:
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))


def _real(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


CORE: dict[str, tuple[re.Pattern[str], Callable[[str], Any]]] = {
    "null": (re.compile(r"|~|null|Null|NULL"), lambda _: None),
    "bool": (re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text.lower() == "true"),
    "int": (re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"), _integer),
    "float": (
        re.compile(
            r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
            r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
        ),
        _real,
    ),
}
"""The core schema (YAML 1.2.2, section 10.3.2): tag -> (form, value of the text)."""


def _core_tag(text: str) -> str:
    return TAG + next((kind for kind, (form, _) in CORE.items() if form.fullmatch(text)), "str")


class _Builder:
    """Turns nodes into plain data and records where each stands."""

    def __init__(self) -> None:
        self.keys: dict[KeyPath, Position] = {}
        self.values: dict[KeyPath, Position] = {}
        self.faults: list[Fault] = []
        self.open: set[int] = set()  # collections being built: one met again contains itself

    def build(self, node: yaml.Node, path: KeyPath) -> Any:
        """Return the node's data."""
        where = _position(node.start_mark)
        if len(self.values) >= MAX_NODES:
            raise _Stop(where, path, f"{_TOO_MANY}, aliases expanded")
        self.values[path] = where
        kind = _kind(node, path)
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node, kind, path)
        self._enter(node, path)
        entries = self._mapping if isinstance(node, yaml.MappingNode) else self._sequence
        data = entries(node, path)
        self.open.remove(id(node))
        return data

    def _enter(self, node: yaml.Node, path: KeyPath) -> None:
        if id(node) in self.open:
            raise _Stop(_position(node.start_mark), path, "an alias to what contains it")
        if len(self.open) >= MAX_DEPTH:
            raise _Stop(_position(node.start_mark), path, f"{_TOO_DEEP}, aliases expanded")
        self.open.add(id(node))

    def _sequence(self, node: yaml.Node, path: KeyPath) -> list[Any]:
        return [self.build(item, (*path, i)) for i, item in enumerate(node.value)]

    def _mapping(self, node: yaml.Node, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value in node.value:
            if key_node.tag != TAG + "str":
                self._fault(key_node, path, f"key {_source(key_node)} is not text; quote it")
                continue
            key = _scalar(key_node, "str", path)
            here = (*path, key)
            if key in data:
                first = self.keys[here][0]
                self._fault(key_node, here, f"duplicate key, first on line {first}")
                continue
            self.keys[here] = _position(key_node.start_mark)
            data[key] = self.build(value, here)
        return data

    def _fault(self, node: yaml.Node, path: KeyPath, text: str) -> None:
        self.faults.append(Fault(_position(node.start_mark), path, text))


def _source(node: yaml.Node) -> str:
    return plain(node.value) if isinstance(node, yaml.ScalarNode) else "of several values"


def _kind(node: yaml.Node, path: KeyPath) -> str:
    kind = node.tag.removeprefix(TAG)
    fitting = {yaml.MappingNode: ("map",), yaml.SequenceNode: ("seq",)}
    if kind in fitting.get(type(node), ("str", *CORE)) and node.tag.startswith(TAG):
        return kind
    shown = plain(node.tag.replace(TAG, "!!"))
    raise _Stop(_position(node.start_mark), path, f"tag {shown} is not allowed here")


def _scalar(node: yaml.ScalarNode, kind: str, path: KeyPath) -> Any:
    text, where = node.value, _position(node.start_mark)
    if kind == "str":
        if any("\ud800" <= c <= "\udfff" for c in text):  # cannot be encoded, so not written
            raise _Stop(where, path, f"{show(text)} has half a surrogate pair")
        return text
    form, value = CORE[kind]
    if len(text) > MAX_NUMBER:
        raise _Stop(where, path, f"a number of {len(text):,} characters; at most {MAX_NUMBER}")
    if not form.fullmatch(text):
        raise _Stop(where, path, f"{show(text)} is not of type {kind}")
    return value(text)
