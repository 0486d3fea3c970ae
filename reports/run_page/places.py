"""Where each run stands among the others, and which are next to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from urllib.parse import quote

from reports.folder import PAGES
from reports.load.results import Results


@dataclass(frozen=True)
class Place:
    """A run, as others link to it.

    Args:
        run_id: the name of its folder.
        cell: the cell it is of, or its trial; '' in a grid of one cell.
        method, seed: within the cell.
        state, reason: how it stands.
        tried: whether it is a trial of a tuned grid.
    """

    run_id: str
    cell: str
    method: str
    seed: int
    state: str
    reason: str
    tried: bool = False

    @property
    def file(self) -> str:
        """The name of its page in the report's folder."""
        return f"{PAGES}/{self.run_id}.html"

    @property
    def link(self) -> str:
        """Its page as another run's page links to it."""
        return quote(f"{self.run_id}.html")

    @property
    def title(self) -> str:
        """What it is called."""
        return ", ".join(filter(None, (self.method, self.cell, f"seed {self.seed}")))


def page_of(run_id: str) -> str:
    """Return a run's page as the report's page links to it."""
    return f"{PAGES}/{quote(run_id)}.html"


def places(results: Results) -> list[Place]:
    """Return the places of every run, one in each cell, trials last."""
    keys = ["run_id", "cell", "method", "seed", "state", "reason"]
    rows = results.runs[keys].itertuples(index=False)
    repeated = results.tuning.repeated if results.tuning else ()
    tried = results.trials[["run_id", "trial", "method", "seed", "state", "reason"]]
    return [
        *(Place(_run(row, repeated), *rest) for row, *rest in rows),
        *(
            Place(i, f"trial {trial}", method, seed, state, _text(reason), tried=True)
            for i, trial, method, seed, state, reason in tried.itertuples(index=False)
        ),
    ]


def _run(row: str, repeated: Collection[str]) -> str:
    """Return the run that a row is of, whose id in a second cell ends in its name."""
    return row.rpartition(" (")[0] if row in repeated else row


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Neighbours:
    """The runs that one is compared with, and those before and after it.

    Args:
        rivals: of the same cell and seed, with every method, itself too.
        before, after: of the same method, over seeds and then cells; None at an end.
    """

    rivals: tuple[Place, ...]
    before: Place | None
    after: Place | None


def neighbours(found: Iterable[Place]) -> dict[str, Neighbours]:
    """Return the neighbours of every run by its id: those of its first place."""
    runs = list(found)
    rivals = _grouped(runs, lambda one: (one.tried, one.cell, one.seed))
    courses = _grouped(first_places(runs), lambda one: (one.tried, one.method))
    known = {}
    for mine in courses.values():
        for one, before, after in zip(mine, [None, *mine], [*mine[1:], None], strict=False):
            beside = rivals[one.tried, one.cell, one.seed]
            known[one.run_id] = Neighbours(tuple(beside), before, after)
    return known


def first_places(found: Iterable[Place]) -> list[Place]:
    """Return one place of each run: that of the first cell it stands in."""
    first: dict[str, Place] = {}
    for place in found:
        first.setdefault(place.run_id, place)
    return list(first.values())


def _grouped(
    runs: Iterable[Place], key: Callable[[Place], Hashable]
) -> dict[Hashable, list[Place]]:
    groups: dict[Hashable, list[Place]] = {}
    for one in runs:
        groups.setdefault(key(one), []).append(one)
    return groups


def index(found: Iterable[Place]) -> list[tuple[str, list[Place]]]:
    """Return (cell and method, their runs) in order, for the links of the report's page."""
    groups = _grouped(found, lambda one: ": ".join(filter(None, (one.cell, one.method))))
    return [(str(name), runs) for name, runs in groups.items()]
