"""A grid file and the command line's changes to it -> a Grid of validated specs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.grid import (
    budget,
    expand,
    fields,
    files,
    methods,
    overrides,
    sections,
    seeds,
    trials,
    tuning,
    yaml_source,
)
from bench.grid.keys import REQUIRED, Key, required
from bench.grid.messages import plain, show, unknown_key
from bench.grid.overrides import Overrides
from bench.grid.problems import Problems
from bench.grid.trials import Tuning
from runners.spec import RunSpec

NAME = r"(?![.-])[A-Za-z0-9._-]{1,80}"
"""What a folder may be called: none that is hidden, and none that a command takes for a flag."""
NAME_IN_WORDS = "1 to 80 letters, digits, '.', '_' or '-', not beginning with '.' or '-'"

MOST_MINUTES = 1e7
"""Nineteen years."""

KEYS = {
    "name": Key("text", "the file's", f"of the folder that results go to: {NAME_IN_WORDS}"),
    "description": Key("text", "none", "what is asked, for the reader of the report"),
    "minutes": Key("number > 0", "none", "about how long it takes on two cores"),
    "base": Key(
        "mapping",
        "{}",
        "fields of the spec that all runs share, see below; budget: {seconds: ...} may stand in "
        "place of steps",
    ),
    "methods": Key(
        "list of names, alone or with parameters",
        REQUIRED,
        "what is compared; beside a name, with: {...} holds keys of base that are this method's "
        "alone, which makes it a recipe",
    ),
    "seeds": Key(
        f"count up to {seeds.MAX_SEEDS:,}, or list of integers", REQUIRED, "of every method"
    ),
    "axes": Key(
        "mapping of keys of base, also dotted ones, to lists",
        "{}",
        "every cell of the lists' cartesian product is run with every method and every seed",
    ),
    "tuning": Key("mapping", "none", "settings that every method is tried at first, see below"),
}
"""The keys at the top of a grid file."""


@dataclass(frozen=True)
class Grid:
    """The runs of one experiment.

    Args:
        name: of the folder the results go to.
        description: for the reader of the report; may be empty.
        specs: cells of the axes outermost, then seeds, methods innermost: where a grid is
            stopped half-way, most seeds have all their methods.
        axes: dotted names of the swept fields.
        recipes: names of the fields that some method sets for itself.
        tuning: the trials that come first, None without; then ``specs`` are the runs that
            confirm every method as it stands.
        minutes: about how long it takes on two cores, None where the file does not say.
        budget: seconds that every run trains; None where steps are given. The steps of ``specs``
            only stand in until :mod:`bench.budget` knows them.
    """

    name: str
    description: str
    specs: tuple[RunSpec, ...]
    axes: tuple[str, ...]
    recipes: tuple[str, ...] = ()
    tuning: Tuning | None = None
    minutes: float | None = None
    budget: float | None = None


def load(path: Path, changes: Overrides | None = None) -> Grid:
    """Return the validated grid in a file.

    Args:
        path: as from :func:`bench.grid.find`.
        changes: what the command line changes.

    Raises:
        GridProblem: with every problem of the file and the changes.
    """
    changes = changes or Overrides()
    document = yaml_source.read(files.content(path))
    problems = Problems(plain(str(path), 1000), document)
    if not document.usable:
        problems.raise_if_any()
    top = _top(problems)
    name = _name(problems, top, path.stem)
    seed_list = seeds.read(problems, top, changes.seeds)
    listed = methods.read(problems, top)
    entries = methods.select(problems, listed, changes.methods)
    fixed = overrides.assignments(problems, changes)
    seconds = budget.read(problems, top, fixed)
    layers = sections.read(problems, budget.with_steps(top), fixed)
    known = list({entry.method: entry for entry in (*entries, *listed)}.values())
    search = tuning.read(problems, top, changes.trials, layers, known, methods.named(top))
    if search:
        tuning.check_confirmation(problems, seed_list, changes.seeds)
        tuning.refuse_recipes(problems, listed)
    specs = expand.specs(problems, layers, seed_list, entries)
    tried = search and trials.expanded(problems, search, layers, entries, seed_list)
    recipes = {".".join(one.target): None for entry in entries for one in entry.own}
    said, minutes = top.get("description") or "", top.get("minutes")
    return Grid(name, said, specs, layers.axes, tuple(recipes), tried, minutes, seconds)


def _top(problems: Problems) -> Mapping[str, Any]:
    top = problems.document.data
    if not isinstance(top, dict):
        got = "an empty file" if top is None else show(top)
        problems.at((), f"expected a mapping with the keys {', '.join(KEYS)}, got {got}")
        problems.raise_if_any()
        return {}
    for key in top:
        if key not in KEYS:
            text = fields.OF_BUDGET if key == fields.BUDGET else unknown_key(key, KEYS)
            problems.at((key,), text, key=True)
    for key in required(KEYS):
        if key not in top:
            problems.at((key,), "required but missing")
    description = top.get("description")
    if not isinstance(description, str | None):
        problems.at(("description",), f"expected text, got {show(description)}")
    minutes = top.get("minutes")
    if minutes is not None and not _is_duration(minutes):
        problems.at(("minutes",), f"expected a number of minutes above 0, got {show(minutes)}")
    return top


def _is_duration(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return 0 < value < MOST_MINUTES


def _name(problems: Problems, top: Mapping[str, Any], stem: str) -> str:
    name = top.get("name", stem)
    if not isinstance(name, str):
        problems.at(("name",), f"expected text, got {show(name)}")
    elif not re.fullmatch(NAME, name):
        source = "" if "name" in top else "; it is the file's, add a name: key"
        problems.at(("name",), f"expected {NAME_IN_WORDS}, got {show(name)}{source}")
    return str(name)
