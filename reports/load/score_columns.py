"""Columns of scores: what metrics say of them, and their headings.

The protocol is part of every heading, so that none is mixed with another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runners.errors import StoreProblem
from runners.failures.samples import judges
from runners.metrics import METRICS
from runners.metrics.score import Column
from runners.metrics.variants import averaged

LONG_LABEL = 38  # characters that fit beside a panel


@dataclass(frozen=True)
class Score:
    """A column of the scores frame that has a direction.

    Args:
        column: its name there.
        title: the name alone, for headings that state the protocol elsewhere.
        lower_is_better: the direction.
        total: the column of how many there are, where the score is a count.
        limit: mode collapse lies beyond it; of a count, a share of its total.
    """

    column: str
    title: str
    lower_is_better: bool
    total: str | None = None
    limit: float | None = None

    @property
    def sign(self) -> float:
        """What makes lower values better."""
        return 1.0 if self.lower_is_better else -1.0

    @property
    def direction(self) -> str:
        """The direction in words."""
        return "lower is better" if self.lower_is_better else "higher is better"

    def axis(self, extractors: Iterable[str]) -> str:
        """Return an axis label such as ``distance (cnn, lower is better)``, broken if long."""
        protocol = f"({', '.join([*extractors, self.direction])})"
        separator = " " if len(self.title) + len(protocol) < LONG_LABEL else "\n"
        return f"{self.title}{separator}{protocol}"

    def header(self, extractor: str) -> str:
        """Return a table header such as ``distance digits-cnn ↓``."""
        return f"{self.title} {extractor} {'↓' if self.lower_is_better else '↑'}"


@dataclass(frozen=True)
class ScoreColumns:
    """All columns that metrics write, in their order.

    Args:
        columns: of the registered metrics, then those that only the plan knows.
    """

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all of them, with or without a direction, and of the averaged G's."""
        ranking = (column.name for column in self.columns if column.ranks)
        names = [*(column.name for column in self.columns), *map(averaged, ranking)]
        return tuple(dict.fromkeys(names))

    @property
    def ranking(self) -> tuple[Score, ...]:
        """Those that methods are ranked by; lower is better first."""
        return _scores(sorted(self._directed(ranks=True), key=lambda c: not c.lower_is_better))

    @property
    def describing(self) -> tuple[Score, ...]:
        """Those that describe samples and rank no method; what mode collapse lies beyond first."""
        return _scores(sorted(self._directed(ranks=False), key=lambda c: c.limit is None))

    def _directed(self, ranks: bool) -> Iterable[Column]:
        directed = (column for column in self.columns if column.lower_is_better is not None)
        return (column for column in directed if column.ranks == ranks)

    @property
    def by_name(self) -> dict[str, Score]:
        """Those with a direction, by their names."""
        return {score.column: score for score in (*self.ranking, *self.describing)}


def _scores(columns: Iterable[Column]) -> tuple[Score, ...]:
    return tuple(
        Score(c.name, c.heading, bool(c.lower_is_better), c.total, c.limit) for c in columns
    )


def score_columns(planned: object = None, where: str = "plan") -> ScoreColumns:
    """Return the columns of all registered metrics, and of those that only the plan knows.

    Args:
        planned: what the plan says of its metrics' columns: a list of mappings with the fields
            of :class:`runners.metrics.score.Column`; None in a plan that says nothing.
        where: names the plan in messages.

    Raises:
        StoreProblem: what the plan says is damaged.
    """
    known = {column.name: column for metric in METRICS.values() for column in metric.columns}
    for entry in [] if planned is None else _listed(planned, where):
        known.setdefault(entry["name"], _column(entry, where))
    return ScoreColumns(tuple(known.values()))


def _listed(planned: object, where: str) -> list[Mapping[str, Any]]:
    if isinstance(planned, list) and all(_named(entry) for entry in planned):
        return planned
    raise StoreProblem(f"{where}: columns is no list of named columns; plan it again")


def _named(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("name"), str)


def _column(entry: Mapping[str, Any], where: str) -> Column:
    types = {"title": str, "lower_is_better": bool, "ranks": bool, "total": str,
             "limit": int | float}  # fmt: skip
    known = {name: entry[name] for name in types if entry.get(name) is not None}
    if not all(isinstance(value, types[name]) for name, value in known.items()):
        raise StoreProblem(f"{where}: column {entry['name']} is damaged; plan it again")
    return Column(entry["name"], **known)


@dataclass(frozen=True)
class Judging:
    """The score by which a run is called degraded, as words need it.

    Args:
        column: its name.
        title: in headings.
        bias: where a small number of data moves it, such as ``upwards``; '' if nowhere.
    """

    column: str
    title: str
    bias: str

    def biased(self, number: str) -> str:
        """Return ``, and <title> is biased upwards where n is small``, or '' where it is not."""
        return f", and {self.title} is biased {self.bias} where {number} is small" * bool(self.bias)


def judging(present: Collection[str]) -> Judging:
    """Return the score that runs with these columns are judged by.

    That is the first that is present; without any, the first of all.
    """
    found = [
        Judging(name, next(c.heading for c in metric.columns if c.name == name), metric.bias)
        for name, metric in judges()
    ]
    return next((one for one in found if one.column in present), found[0])
