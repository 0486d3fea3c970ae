"""YAML text -> plain data, with the place of every key and value.

Read with the core schema of YAML 1.2: ``2e-4`` is a number, ``no`` is text, and a key given twice
is a fault.
"""

from __future__ import annotations

from typing import Any

import yaml

from bench.grid.document import Document, Fault, KeyPath, Position
from bench.grid.messages import plain, show
from bench.grid.yaml_loader import (
    CORE,
    MAX_DEPTH,
    MAX_NODES,
    TAG,
    TOO_DEEP,
    TOO_MANY,
    Loader,
    end,
    position,
)

MERGE = "<<"  # of YAML 1.1; version 1.2 has no such keys
MAX_NUMBER = 100  # characters; int() and str() refuse thousands of digits with a ValueError


def read(content: bytes | str) -> Document:
    """Return the one document in ``content``; faults are recorded, never raised."""
    builder = _Builder()
    try:
        node = Loader.root(content if isinstance(content, str) else _decoded(content))
        data = None if node is None else builder.build(node, ())
    except Fault as fault:
        return Document(faults=(*builder.faults, fault), usable=False)
    return Document(data, builder.places, tuple(builder.faults))


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        text = f"not UTF-8 text: byte 0x{content[error.start]:02x}"
        raise Fault(end(before), (), text) from None


class _Builder:
    """Turns nodes into plain data and records where each stands."""

    def __init__(self) -> None:
        self.places: dict[KeyPath, tuple[Position, Position]] = {}
        self.faults: list[Fault] = []
        self.open: set[int] = set()  # collections being built: one met again contains itself

    def build(self, node: yaml.Node, path: KeyPath, at_key: Position | None = None) -> Any:
        """Return the node's data."""
        where = position(node.start_mark)
        if len(self.places) >= MAX_NODES:
            raise Fault(where, path, f"{TOO_MANY}, aliases expanded")
        self.places[path] = (at_key or where, where)
        kind = _kind(node, path)
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node, kind, path)
        if id(node) in self.open:
            raise Fault(where, path, "an alias to what contains it")
        if len(self.open) >= MAX_DEPTH:
            raise Fault(where, path, f"{TOO_DEEP}, aliases expanded")
        self.open.add(id(node))
        if isinstance(node, yaml.MappingNode):
            data = self._mapping(node, path)
        else:
            data = [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
        self.open.remove(id(node))
        return data

    def _mapping(self, node: yaml.Node, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value in node.value:
            where = position(key_node.start_mark)
            if key_node.tag != TAG + "str":
                scalar = isinstance(key_node, yaml.ScalarNode)
                shown = plain(key_node.value) if scalar else "of several values"
                self.faults.append(Fault(where, path, f"key {shown} is not text; quote it"))
                continue
            key = _scalar(key_node, "str", path)
            if key == MERGE:
                raise Fault(where, path, f"merge keys ({MERGE}) are not read; write the keys out")
            here = (*path, key)
            if key in data:
                line = self.places[here][0][0]
                self.faults.append(Fault(where, here, f"duplicate key, first on line {line}"))
                continue
            data[key] = self.build(value, here, where)
        return data


def _kind(node: yaml.Node, path: KeyPath) -> str:
    kind = node.tag.removeprefix(TAG)
    fitting = {yaml.MappingNode: ("map",), yaml.SequenceNode: ("seq",)}
    if kind in fitting.get(type(node), ("str", *CORE)) and node.tag.startswith(TAG):
        return kind
    shown = plain(node.tag.replace(TAG, "!!"))
    raise Fault(position(node.start_mark), path, f"tag {shown} is not allowed here")


def _scalar(node: yaml.ScalarNode, kind: str, path: KeyPath) -> Any:
    text, where = node.value, position(node.start_mark)
    if kind == "str":
        if any("\ud800" <= c <= "\udfff" for c in text):  # cannot be encoded, so not written
            raise Fault(where, path, f"{show(text)} has half a surrogate pair")
        return text
    form, value = CORE[kind]
    if len(text) > MAX_NUMBER:
        raise Fault(where, path, f"a number of {len(text):,} characters; at most {MAX_NUMBER}")
    if not form.fullmatch(text):
        raise Fault(where, path, f"{show(text)} is not of type {kind}")
    return value(text)
