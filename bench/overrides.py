"""What the command line changes in a grid: --steps, --seeds, --methods and --set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bench import yaml_source
from bench.fields import ELSEWHERE, beside_setting, key_problem, setting_problem
from bench.layers import Assignment
from bench.problems import Report, unknown_name
from runners.lipschitz import METHODS


@dataclass(frozen=True)
class Overrides:
    """Changes to a grid, as given on the command line.

    Args:
        steps: replaces the steps of every run.
        seeds: a count, ``"3"``, or a list, ``"0,4,7"``; one seed is ``"4,"``.
        methods: names; one the grid configures keeps its parameters.
        set: ``"key=value"`` with a dotted key of base and a YAML value; also ends a sweep of
            the same key.
    """

    steps: int | None = None
    seeds: str | None = None
    methods: tuple[str, ...] | None = None
    set: tuple[str, ...] = ()


NO_OVERRIDES = Overrides()


def assignments(overrides: Overrides, report: Report) -> tuple[Assignment, ...]:
    """Return the changes to base made by --steps and --set, without those in error."""
    found: dict[tuple[str, ...], Assignment] = {}
    for assignment in _given(overrides, report):
        if assignment.target in found:
            report.option(str(assignment.source), f"{assignment.key}: given twice")
        found.setdefault(assignment.target, assignment)
    for key in beside_setting(target[0] for target in found if len(target) == 1):
        assignment = found.pop((key,))
        report.option(str(assignment.source), f"{key}: stands beside setting, which sets it")
    return tuple(found.values())


def _given(overrides: Overrides, report: Report) -> Iterator[Assignment]:
    if overrides.steps is not None:
        yield Assignment(("steps",), overrides.steps, f"--steps {overrides.steps}")
    for text in overrides.set:
        assignment = _parse(text, report)
        if assignment:
            yield assignment


def _parse(text: str, report: Report) -> Assignment | None:
    option = f"--set {text}"
    key, equals, value = (part.strip() for part in text.partition("="))
    if not key or not equals:
        report.option(option, "expected key=value")
        return None
    problem = f"use --{ELSEWHERE[key]}" if key in ELSEWHERE else key_problem(key)
    document = yaml_source.read(value)
    problems = [problem] if problem else [fault.text for fault in document.faults]
    if key == "setting" and not problems:
        problems = [p for p in (setting_problem(document.data),) if p]
    for problem in problems:
        report.option(option, f"{key}: {problem}")
    return None if problems else Assignment(tuple(key.split(".")), document.data, option)


def parse_seeds(text: str) -> int | list[int] | None:
    """Return the count or the list that --seeds gives, or None where it is neither."""
    if not re.fullmatch(r"\s*[0-9]{1,10}\s*(,\s*[0-9]{1,10}\s*)*,?\s*", text, re.ASCII):
        return None
    numbers = [int(number) for number in re.findall("[0-9]+", text)]
    return numbers if "," in text else numbers[0]


def known_methods(names: tuple[str, ...], report: Report) -> list[str]:
    """Return the methods that --methods names, without those in error."""
    if not names:
        report.option("--methods", "name at least one")
    known: list[str] = []
    for name in names:
        if name not in METHODS:
            report.option(f"--methods {name}", unknown_name(name, METHODS))
        elif name in known:
            report.option(f"--methods {name}", "given twice")
        else:
            known.append(name)
    return known
