"""pydantic's complaints about a spec's fields in plain words, with the value and the choices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bench.grid.document import KeyPath
from bench.grid.fields import COMPONENTS, LISTS, names
from bench.grid.messages import show, unknown_key, unknown_name
from bench.grid.problems import Origins, Problems
from runners.component import written
from runners.metrics import METRICS
from runners.spec import Evaluation, RunSpec

WORDS = {
    "int_type": "expected an integer, got {got}",
    "int_from_float": "expected an integer, got {got}",
    "float_type": "expected a number, got {got}",
    "bool_type": "expected true or false, got {got}",
    "string_type": "expected a name, got {got}",
    "tuple_type": "expected a list, got {got}",
    "dict_type": "expected a name or a mapping, got {got}",
    "dataclass_type": "expected a mapping, got {got}",
    "literal_error": "expected {expected}, got {got}",
    "finite_number": "expected a finite number, got {got}",
    "greater_than_equal": "must be at least {ge}, got {got}",
    "greater_than": "must be greater than {gt}, got {got}",
    "less_than_equal": "must be at most {le}, got {got}",
    "less_than": "must be less than {lt}, got {got}",
    "multiple_of": "must be a multiple of {multiple_of}, got {got}",
    "too_short": "must have at least {min_length} entry, has {actual_length}",
    "missing": "required but missing",
    "misfit": "{message}",
}
"""pydantic's types of error, and the specs' own -> what to say."""

OF_KEYS = ("unexpected_keyword_argument", "missing", "misfit")
"""Errors about a key rather than its value."""


def report(
    problems: Problems, errors: ValidationError, fields: Mapping[str, Any], origins: Origins
) -> None:
    """Report what pydantic found wrong with a spec's fields, each where it was written.

    Args:
        problems: takes them.
        errors: their locations begin with a field's name.
        fields: what was validated.
        origins: where the fields were written.
    """
    for error in errors.errors(include_url=False):
        if error["type"] == "too_short" and error["input"]:
            continue  # pydantic counts valid items only; the others have problems of their own
        of_key = error["type"] in OF_KEYS or error["loc"] == ("method",)
        problems.field(origins, error["loc"], _words(error, fields), of_key)


def _words(error: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "unexpected_keyword_argument":
        moved = _moved(error["loc"])
        if moved:
            return moved
        return unknown_key(str(error["loc"][-1]), names(_owner(error["loc"], fields)) - {"name"})
    if kind == "unknown_name":
        choices = context["choices"].split(", ")
        if not isinstance(value, dict):
            return unknown_name(value, choices)
        if "name" not in value:
            return f"name is missing; choices: {', '.join(choices)}"
        return unknown_name(value["name"], choices)
    bounds = {key: f"{v:g}" if isinstance(v, float) else v for key, v in context.items()}
    template = WORDS.get(kind, "{message}, got {got}")
    return template.format(message=error["msg"], got=show(value), **bounds)


def _moved(location: KeyPath) -> str | None:
    """Say where a setting of a metric stands now that stood beside their names, or None."""
    for name, metric in METRICS.items():
        if location[0] == "evaluation" and location[-1] in metric.formerly:
            setting = metric.formerly[str(location[-1])]
            return f"stands with its metric now, as metrics: [{name}: {{{setting}: ...}}]"
    return None


def _owner(location: KeyPath, fields: Mapping[str, Any]) -> type:
    """Return the class that does not know the last key of a location."""
    found: Any = fields
    for n, key in enumerate(location[:-1]):
        found = found[key]
        registry = COMPONENTS.get(str(key)) or LISTS.get(".".join(map(str, location[:n])))
        named = written(found, registry) if registry else None
        if registry and isinstance(named, dict):
            return registry[named["name"]]
    return Evaluation if len(location) > 1 else RunSpec
