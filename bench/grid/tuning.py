"""The section tuning of a grid file: how many trials, what they search, and how one is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from bench.grid import space
from bench.grid.document import KeyPath
from bench.grid.keys import REQUIRED, Key, required
from bench.grid.merge import Layers
from bench.grid.messages import show, unknown_key, unknown_name
from bench.grid.methods import Entry
from bench.grid.problems import Problems
from bench.grid.trials import FIRST_SEED, Search
from runners.lipschitz import METHODS
from runners.metrics import METRICS
from runners.metrics.score import Column
from runners.spec import RunSpec, from_dict
from runners.tuning.plan import Select

LEAST = {"trials": 2, "seeds": 1}
MOST = 10_000
SELECT = {"metric": "fid", "at": "final"}
"""By what a winner is chosen unless the file says otherwise."""

DIMENSIONS = "lists of choices, {log: [low, high]} or {linear: [low, high]}"
KEYS = {
    "trials": Key(
        f"integer from {LEAST['trials']} to {MOST:,}",
        REQUIRED,
        "of every method; the first is the grid's own setting",
    ),
    "seeds": Key(f"integer from {LEAST['seeds']} to {MOST:,}", REQUIRED, "of every trial"),
    "select": Key(
        "mapping of metric and at",
        "metric {metric}, at {at}".format(**SELECT),
        "the score against the validation split that chooses a method's winner",
    ),
    "shared": Key(
        f"mapping of keys of base, also dotted ones, to {DIMENSIONS}",
        "{}",
        "what all methods search",
    ),
    "methods": Key(
        f"mapping of methods to mappings of their parameters to {DIMENSIONS}",
        "{}",
        "what a method searches besides",
    ),
}
"""The keys of tuning; of shared and methods there must be one."""

SPLIT = "validation"


def read(
    problems: Problems,
    top: Mapping[str, Any],
    option: int | None,
    layers: Layers,
    entries: Sequence[Entry],
    named: set[str],
) -> Search | None:
    """Return what a grid file searches, None where it has no tuning.

    Args:
        problems: takes what is wrong.
        top: the file's content.
        option: the number of --trials, which replaces the file's.
        layers: base and the command line's changes.
        entries: the methods of the file and of --methods.
        named: the names of all methods the file lists, also of those in error.
    """
    if "tuning" not in top:
        if option is not None:
            problems.option(f"--trials {option}", "the grid has no section tuning")
        return None
    section = top["tuning"]
    if not isinstance(section, dict):
        problems.at(("tuning",), f"expected a mapping, got {show(section)}")
        return None
    _check_keys(problems, section)
    if layers.swept:
        text = "a grid with tuning has no axes: tune one operating point per grid"
        problems.at(("axes",), text, key=True)
    shared = space.shared(problems, section, layers)
    own = space.own(problems, section, entries, named)
    trials = _count(problems, section, "trials")
    if option is not None:
        trials, text = option, _count_problem(option, "trials")
        if text:
            problems.option(f"--trials {option}", text)
    seeds = _count(problems, section, "seeds")
    return Search(trials, seeds, _select(problems, section, layers), shared, own)


def check_confirmation(problems: Problems, seeds: Sequence[int], option: str | None) -> None:
    """Refuse seeds of the confirmation that a trial may have.

    Args:
        problems: takes them.
        seeds: of the grid.
        option: the text of --seeds, which they come from where it is given.
    """
    for i, seed in enumerate(seeds):
        if seed >= FIRST_SEED:
            text = f"seeds from {FIRST_SEED} on are tuning's, got {seed}"
            if option is None:
                problems.at(("seeds", i), text)
            else:
                problems.option(f"--seeds {option}", text)


def refuse_recipes(problems: Problems, entries: Sequence[Entry]) -> None:
    """Refuse methods with settings of their own: tuning gives all methods the same ones to try."""
    for entry in entries:
        for one in entry.own:
            if not isinstance(one.source, str):
                text = "a grid with tuning has no recipes: every method begins at base"
                problems.at(one.source[:-1], text, key=True)


def _check_keys(problems: Problems, section: Mapping[str, Any]) -> None:
    for key in section:
        if key not in KEYS:
            problems.at(("tuning", key), unknown_key(key, KEYS), key=True)
    for key in required(KEYS):
        if key not in section:
            problems.at(("tuning", key), "required but missing")
    if not section.get("shared") and not section.get("methods"):
        text = "nothing to search; name a dimension under shared or methods"
        problems.at(("tuning",), text, key=True)


def _count(problems: Problems, section: Mapping[str, Any], key: str) -> int:
    """Return the number of trials or of seeds, the least where it is missing or in error."""
    count = section.get(key, LEAST[key])
    if text := _count_problem(count, key):
        problems.at(("tuning", key), text)
        return LEAST[key]
    return count


def _count_problem(count: object, key: str) -> str | None:
    if type(count) is not int:  # true is none
        return f"expected a count, got {show(count)}"
    if not LEAST[key] <= count <= MOST:
        return f"must be from {LEAST[key]} to {MOST:,}, got {show(count)}"
    return None


def _select(problems: Problems, section: Mapping[str, Any], layers: Layers) -> Select:
    path, given = ("tuning", "select"), section.get("select")
    if not isinstance(given, dict | None):
        problems.at(path, f"expected a mapping of metric and at, got {show(given)}")
    chosen = SELECT | (given if isinstance(given, dict) else {})
    for key in chosen.keys() - SELECT.keys():
        problems.at((*path, key), unknown_key(key, SELECT), key=True)
    if chosen["at"] != SELECT["at"]:
        problems.at((*path, "at"), unknown_name(chosen["at"], [SELECT["at"]]))
    column = _column(problems, chosen["metric"], (*path, "metric"), layers)
    return Select(
        column.name, SELECT["at"], SPLIT, f"{column.name}_{SPLIT}", bool(column.lower_is_better)
    )


def _column(problems: Problems, name: object, path: KeyPath, layers: Layers) -> Column:
    """Return the ranking column of this name, or some column and what is wrong reported."""
    spec = _shared(layers)
    if spec and getattr(spec.dataset, SPLIT, None) == 0:
        text = f"chooses by the {SPLIT} split, and dataset.{SPLIT}: 0 leaves none"
        problems.at(("tuning",), text, key=True)
    ranking = _ranking(spec)
    found = [column for column in ranking if column.name == name]
    if not found:
        problems.at(path, unknown_name(name, [column.name for column in ranking]))
    return found[0] if found else Column("")


def _shared(layers: Layers) -> RunSpec | None:
    """Return what the runs share, None where base is in error."""
    given, _ = layers.merged(())
    try:
        return from_dict(given | {"method": next(iter(METHODS)), "seed": 0})
    except ValidationError:
        return None


def _ranking(spec: RunSpec | None) -> list[Column]:
    """Return the columns against held-out data that runs are ranked by: all without a spec."""
    metrics = map(type, spec.evaluation.metrics) if spec else METRICS.values()
    comparing = (metric for metric in metrics if metric.compares)
    return [column for metric in comparing for column in metric.columns if column.ranks]
