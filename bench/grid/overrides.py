"""What the command line changes in the fields of a grid: --steps and --set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.grid import yaml_source
from bench.grid.fields import ELSEWHERE, SETTING, beside_setting, key_problem, setting_problem
from bench.grid.merge import Assignment, Cell, Target
from bench.grid.problems import Problems


@dataclass(frozen=True)
class Overrides:
    """Changes to a grid, as given on the command line.

    Args:
        steps: replaces the steps of every run.
        seeds: a count, ``"3"``, or a list, ``"0,4,7"``; one seed is ``"4,"``.
        methods: names; one the grid configures keeps its parameters.
        set: ``"key=value"`` with a dotted key of base and a YAML value; also ends a sweep of
            the same key.
        trials: replaces the number of tuning's trials.
    """

    steps: int | None = None
    seeds: str | None = None
    methods: tuple[str, ...] | None = None
    set: tuple[str, ...] = ()
    trials: int | None = None


def assignments(problems: Problems, overrides: Overrides) -> Cell:
    """Return the changes to base made by --steps and --set, without those in error."""
    found: dict[Target, Assignment] = {}
    for assignment in _given(problems, overrides):
        if assignment.target in found:
            problems.option(assignment.source, f"{'.'.join(assignment.target)}: given twice")
        found.setdefault(assignment.target, assignment)
    for key in beside_setting(target[0] for target in found if len(target) == 1):
        source = found.pop((key,)).source
        problems.option(source, f"{key}: stands beside setting, which sets it")
    return tuple(found.values())


def _given(problems: Problems, overrides: Overrides) -> Iterator[Assignment]:
    if overrides.steps is not None:
        yield Assignment(("steps",), overrides.steps, f"--steps {overrides.steps}")
    for text in overrides.set:
        option = f"--set {text}"
        key, equals, written = (part.strip() for part in text.partition("="))
        if not key or not equals or not written:
            problems.option(option, "expected key=value")
            continue
        document = yaml_source.read(written)
        faults = [fault.text for fault in document.faults]
        if key in ELSEWHERE:
            faults = [f"use --{ELSEWHERE[key]}"]
        elif problem := key_problem(key):
            faults = [problem]
        elif key == SETTING and not faults:
            faults = list(filter(None, [setting_problem(document.data)]))
        for fault in faults:
            problems.option(option, f"{key}: {fault}")
        if not faults:
            yield Assignment(tuple(key.split(".")), document.data, option)
