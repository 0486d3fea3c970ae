"""A search of a grid -> the trials of every method, and the runs that confirm one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bench.grid.expand import MAX_RUNS
from bench.grid.merge import Assignment, Layers
from bench.grid.methods import Entry
from bench.grid.problems import Origins, Problems
from bench.grid.space import Searched, with_parameters
from runners.identity import label
from runners.spec import RunSpec, from_dict, under_seed
from runners.tuning.plan import Select, Space
from runners.tuning.space import points

FIRST_SEED = 10**9
"""Seeds of trials begin here and seeds of confirmation are smaller, so that none is both."""


@dataclass(frozen=True)
class Search:
    """What a grid file searches, without what is in error.

    Args:
        trials, seeds: how many, of every method and of every trial.
        select: by what the winner is chosen.
        shared: dimensions of all methods.
        own: dimensions of one, by its name.
    """

    trials: int
    seeds: int
    select: Select
    shared: tuple[Searched, ...]
    own: Mapping[str, tuple[Searched, ...]]


@dataclass(frozen=True)
class Trial:
    """One setting of one method.

    Args:
        method: the label of the grid's own entry.
        number: 0 is the entry as it stands.
        settings: dotted keys and values, {} of the default.
        specs: its runs, one for each tuning seed.
    """

    method: str
    number: int
    settings: dict[str, Any]
    specs: tuple[RunSpec, ...]


@dataclass(frozen=True)
class Tuning:
    """What is tried before anything is confirmed.

    Args:
        trials: of every method.
        seeds: of every trial.
        confirmation: the seeds that winners are confirmed on.
        select: by what they are chosen.
        space: what is searched.
        points: every trial of every method.
    """

    trials: int
    seeds: tuple[int, ...]
    confirmation: tuple[int, ...]
    select: Select
    space: Space
    points: tuple[Trial, ...]

    @property
    def methods(self) -> tuple[str, ...]:
        """The labels of the grid's methods."""
        return tuple(dict.fromkeys(point.method for point in self.points))

    @property
    def specs(self) -> tuple[RunSpec, ...]:
        """The runs of all trials, each once: seeds outermost, methods innermost."""
        by_number = sorted(self.points, key=lambda point: point.number)
        rows = zip(*(point.specs for point in by_number), strict=True)
        return tuple({spec.run_id: spec for row in rows for spec in row}.values())

    def confirmed(self, method: str, number: int) -> tuple[RunSpec, ...]:
        """Return the runs that confirm a method's trial, one for each seed."""
        (first,) = (p.specs[0] for p in self.points if (p.method, p.number) == (method, number))
        return tuple(under_seed(first, seed) for seed in self.confirmation)


def expanded(
    problems: Problems,
    search: Search,
    layers: Layers,
    entries: Sequence[Entry],
    confirmation: tuple[int, ...],
) -> Tuning:
    """Return all trials of all methods; base and methods are valid.

    Raises:
        GridProblem: settings do not fit each other, or there are too many runs.
    """
    _limit(problems, search, len(entries))
    seeds = tuple(FIRST_SEED + i for i in range(search.seeds))
    found = [
        Trial(label(entry.method), number, settings, tuple(under_seed(spec, s) for s in seeds))
        for entry in entries
        for number, (settings, spec) in enumerate(_tried(problems, search, layers, entry))
    ]
    problems.raise_if_any()
    space = _space(search, entries)
    return Tuning(search.trials, seeds, confirmation, search.select, space, tuple(found))


def _limit(problems: Problems, search: Search, methods: int) -> None:
    runs = search.trials * search.seeds * methods
    if runs > MAX_RUNS:
        counts = f"{search.trials:,} trials x {search.seeds:,} seeds x {methods:,} methods"
        problems.at(("tuning", "trials"), f"{counts} = {runs:,} runs; at most {MAX_RUNS:,}")
    problems.raise_if_any()


def _space(search: Search, entries: Sequence[Entry]) -> Space:
    own = {
        label(entry.method): {one.target[1]: one.dimension.form for one in mine}
        for entry in entries
        if (mine := search.own.get(entry.method.name))
    }
    return Space({one.dimension.key: one.dimension.form for one in search.shared}, own)


def _tried(
    problems: Problems, search: Search, layers: Layers, entry: Entry
) -> Iterator[tuple[dict[str, Any], RunSpec]]:
    """Yield the settings of each trial of a method, with a spec whose seed only stands in."""
    shared, own = search.shared, search.own.get(entry.method.name, ())
    for settings in points([one.dimension for one in (*shared, *own)], search.trials):
        chosen = tuple(
            Assignment(one.target, settings[one.dimension.key], one.path)
            for one in (shared if settings else ())
        )
        mine = {one.target[1]: settings[one.dimension.key] for one in (own if settings else ())}
        given, _ = layers.merged(chosen)
        try:
            yield settings, from_dict(given | {"method": with_parameters(entry, mine), "seed": 0})
        except ValidationError as misfits:  # each value is valid, so it is their combination
            _refuse(problems, misfits, entry, settings)


def _refuse(
    problems: Problems, misfits: ValidationError, entry: Entry, settings: Mapping[str, Any]
) -> None:
    origins: Origins = {("method",): entry.source}
    where = ", ".join(f"{key}={value}" for key, value in settings.items())
    for misfit in misfits.errors(include_url=False):
        text = f"with {where}: {misfit['msg']}" if where else misfit["msg"]
        problems.field(origins, ("method",), text, key=True)
