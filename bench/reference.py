"""`bench grid-reference`: every key of a grid file, with its type, default and meaning.

All of it is read from what reads grids: types and defaults from the dataclasses, meanings from
their docstrings, names from the registries.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema

from bench.grid import budget, fields, lists, reader, tuning, usual
from bench.grid.keys import REQUIRED, Key
from runners.spec import Evaluation, RunSpec

WIDTH = 100
INDENT = " " * 4

Keys = dict[str, Key]


@dataclass(frozen=True)
class Section:
    """Keys that belong together: of a section of a grid file, or of one component.

    Args:
        title: its heading.
        keys: what is known of each, by its name.
        registry: the key that a component is chosen by, as ``model``; '' of a section of the file.
        name: the component's; '' of a section of the file.
    """

    title: str
    keys: Keys
    registry: str = ""
    name: str = ""


def reference() -> str:
    """Return all keys, section by section, with the parameters of every component, as text."""
    return "\n\n".join(map(_text, sections()))


def sections() -> Iterator[Section]:
    """Yield the sections of a grid file, then every component."""
    base = _keys(RunSpec, only=fields.BASE)
    yield Section("a grid file", dict(reader.KEYS))
    yield Section(
        "base", {f"base.{name}": key for name, key in base.items()} | {"base.setting": _setting()}
    )
    evaluation = _keys(Evaluation, "evaluation.")
    yield Section(
        "base.evaluation", {f"base.evaluation.{name}": key for name, key in evaluation.items()}
    )
    yield Section("base.budget", {f"base.budget.{name}": key for name, key in budget.KEYS.items()})
    yield Section("tuning", {f"tuning.{name}": key for name, key in tuning.KEYS.items()})
    for field, registry in (fields.COMPONENTS | fields.LISTS).items():
        for name, component in registry.items():
            yield _component(fields.ELSEWHERE.get(field, field), name, component)


def _component(registry: str, name: str, component: Any) -> Section:
    keys = {key: said for key, said in _keys(component, f"{name}.").items() if key != "name"}
    return Section(f"{registry}: {name}, {component.summary}", keys, registry, name)


def _text(section: Section) -> str:
    lines = [line for name, key in section.keys.items() for line in _lines(name, key)]
    return "\n".join([section.title, *(lines or ["  no parameters"])])


def _lines(name: str, key: Key) -> Iterator[str]:
    default = key.default if key.default == REQUIRED else f"default {key.default}"
    head = f"{name}: {key.kind}; {default}"
    for text, indent in ((head, "  "), (key.meaning, INDENT)):
        yield from textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=INDENT)


def _keys(cls: Any, above: str = "", only: frozenset[str] | None = None) -> Keys:
    """Return what is known of the fields of a dataclass.

    Args:
        cls: the dataclass.
        above: the keys it stands below, with a dot; '' for the spec itself.
        only: names of those wanted; None for all.
    """
    schema, meant = _schema(cls), meanings(cls)
    must = schema.get("required", ())
    return {
        name: Key(
            _kind(above + name, form),
            _default(above + name, form, name in must),
            meant.get(name, ""),
        )
        for name, form in schema.get("properties", {}).items()
        if only is None or name in only
    }


def _schema(cls: Any) -> dict[str, Any]:
    try:
        return TypeAdapter(cls).json_schema()
    except PydanticInvalidForJsonSchema:  # a plugin's field of a type that JSON does not know
        return {"properties": {name: {} for name in sorted(fields.names(cls))}}


def _kind(name: str, form: Mapping[str, Any]) -> str:
    if registry := fields.COMPONENTS.get(name):
        return f"{_choices(registry)}; with parameters as {{name: ..., parameter: ...}}"
    if name in fields.LISTS:
        return f"list of {_choices(fields.LISTS[name])}"
    if registry := fields.NAMES.get(name):
        return _choices([*registry, *([form["default"]] if "default" in form else [])])
    return _type(form)


def _type(form: Mapping[str, Any]) -> str:
    """Return what a JSON schema takes, in words."""
    if "anyOf" in form:
        return " or ".join(map(_type, form["anyOf"]))
    if "enum" in form or "const" in form:
        return _choices(map(written, form.get("enum", [form.get("const")])))
    kinds = {"boolean": "true or false", "string": "text", "array": "list", "object": "mapping"}
    kind = str(form.get("type", "mapping" if "$ref" in form else "any"))
    return kinds.get(kind, kind) + _bounds(form)


def _bounds(form: Mapping[str, Any]) -> str:
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<",
             "multipleOf": "multiple of"}  # fmt: skip
    words = [f"{sign} {_number(form[bound])}" for bound, sign in signs.items() if bound in form]
    return f" {', '.join(words)}" if words else ""


def _number(value: int | float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _default(name: str, form: Mapping[str, Any], must: bool) -> str:
    if name in usual.USUAL and must:
        points = usual.FOR_POINTS.get(name)
        return written(usual.USUAL[name]) + (f", for points {written(points)}" if points else "")
    if name == lists.METRICS:
        return "those usual with the data set"
    return REQUIRED if must else written(form.get("default", {}))


def _choices(names: Any) -> str:
    return ", ".join(names)


def _setting() -> Key:
    sets = " and ".join(fields.SETS)
    return Key(_choices(fields.SETTINGS), "none", f"a named choice of {sets}, in their place")


def written(value: object) -> str:
    """Return a value as a grid file writes it, on one line."""
    if isinstance(value, dict):
        named = sorted(value.items(), key=lambda item: item[0] != "name")
        return f"{{{', '.join(f'{key}: {written(one)}' for key, one in named)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def meanings(cls: type) -> dict[str, str]:
    """Return what the docstrings of a class, and of those it is made from, say of its fields."""
    found: dict[str, str] = {}
    for one in reversed(cls.__mro__):
        found |= _arguments(one.__doc__ or "")
    return found


def _arguments(doc: str) -> dict[str, str]:
    """Return the entries under ``Args:``, each on one line."""
    _, _, below = textwrap.dedent(doc.partition("\n")[2]).partition("Args:\n")
    block = re.match(r"(?:(?:    .*)?\n?)*", below)
    text = textwrap.dedent(block[0] if block else "")
    entries = re.findall(r"^(\w+(?:, \w+)*): (.*(?:\n +.*)*)", text, flags=re.M)
    return {
        name: re.sub(r"\bNone\b", "null", " ".join(said.replace("``", "").split())).rstrip(".")
        for names, said in entries
        for name in names.split(", ")
    }
