"""Columns of scores: what metrics say of them, their splits, and their headings.

A score that is computed against real data has a column for each split of them: train to compare
with other work, validation to choose by, test to claim with, and the gap between test and train.
The split is part of every heading and so is the protocol, so that none is mixed with another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from runners.errors import StoreProblem
from runners.failures.samples import judges
from runners.metrics import METRICS
from runners.metrics.score import AVERAGED, GAP, Column

LONG_LABEL = 39  # characters that fit beside a panel
TEST, TRAIN, VALIDATION = "test", "train", "validation"
SPLITS = (TEST, TRAIN, VALIDATION, GAP)
"""In the order in which they are shown."""


@dataclass(frozen=True)
class Score:
    """A column of the scores frame that has a direction.

    Args:
        column: its name there.
        base: the column that it is a variant of; its own where it is none.
        name: of all variants, in headings.
        lower_is_better: the direction.
        total: the column of how many there are, where the score is a count.
        limit: mode collapse lies beyond it; of a count, a share of its total.
        split: one of SPLITS, '' where data are held against none.
        alone: of train, where no other split was recorded, so that headings need not name it.
        averaged: of the averaged generator.
    """

    column: str
    base: str
    name: str
    lower_is_better: bool
    total: str | None = None
    limit: float | None = None
    split: str = ""
    alone: bool = True
    averaged: bool = False

    @property
    def sign(self) -> float:
        """What makes lower values better."""
        return 1.0 if self.lower_is_better else -1.0

    @property
    def direction(self) -> str:
        """The direction in words; a gap has none, as the best one is zero."""
        if self.split == GAP:
            return "zero is best"
        return "lower is better" if self.lower_is_better else "higher is better"

    @property
    def title(self) -> str:
        """The name with its split, for headings that state the protocol elsewhere."""
        if self.split == GAP:
            return f"{self.name} gap, test - train at equal n"
        return f"{self.name} ({', '.join(self._details)})" if self._details else self.name

    @property
    def _details(self) -> list[str]:
        split = [] if self.alone or not self.split else [self.split]
        return split + ["averaged generator"] * self.averaged

    def scale(self, extractors: Iterable[str]) -> str:
        """Return what its numbers are in, such as ``distance (test, cnn)``."""
        return f"{self.name} ({', '.join([*self._details, *extractors])})"

    def axis(self, extractors: Iterable[str]) -> str:
        """Return a label such as ``distance (cnn, lower is better)``, on two lines if long."""
        scale = self.scale(extractors)
        whole, broken = f"{scale[:-1]}, {self.direction})", f"{scale}\n{self.direction}"
        within = f"{self.name}\n({whole.removeprefix(self.name)[2:]}"
        lines = {label: max(map(len, label.split("\n"))) for label in (whole, broken, within)}
        return next((label for label in lines if lines[label] < LONG_LABEL), within)

    def header(self, extractor: str) -> str:
        """Return a table header such as ``distance (test) digits-cnn ↓``; a gap has no arrow."""
        if self.split == GAP:
            return f"{self.title}, {extractor}"
        return f"{self.title} {extractor} {'↓' if self.lower_is_better else '↑'}"


@dataclass(frozen=True)
class ScoreColumns:
    """All columns that metrics write, in their order.

    Args:
        columns: of the registered metrics, then those that only the plan knows.
        recorded: the names of those that some run has.
        first: the one that leads, where a report was asked for another than the plan's.
    """

    columns: tuple[Column, ...]
    recorded: frozenset[str] = frozenset()
    first: str = ""

    def recorded_in(self, present: Iterable[str]) -> ScoreColumns:
        """Return the same columns, of which those with these names were recorded."""
        return replace(self, recorded=frozenset(present) & frozenset(self.names))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all of them, with or without a direction."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def ranking(self) -> tuple[Score, ...]:
        """The claims of those that methods are ranked by; what leads, then lower is better."""
        bases = sorted(
            self._bases(ranks=True), key=lambda c: (c.name != self.first, not c.lower_is_better)
        )
        return tuple(self.claim(column.name) for column in bases)

    @cached_property
    def describing(self) -> tuple[Score, ...]:
        """Those that describe samples and rank no method; what mode collapse lies beyond first."""
        bases = sorted(self._bases(ranks=False), key=lambda c: c.limit is None)
        return tuple(self._score(column, column) for column in bases)

    @cached_property
    def by_name(self) -> dict[str, Score]:
        """All with a direction and their variants, by their names."""
        bases = [self._known[score.base] for score in (*self.ranking, *self.describing)]
        return {score.column: score for base in bases for score in self._variants(base)}

    def claim(self, name: str) -> Score:
        """Return the variant that carries claims: of test where it was recorded, else the base.

        Args:
            name: of a base column or a variant of it.
        """
        known = self._variants(self._origin(self._known[name]))
        tested = (s for s in known if s.split == TEST and s.column in self.recorded)
        return next(tested, next(s for s in known if s.column == s.base))

    def selection(self, claim: Score) -> Score:
        """Return the variant by which the best step is chosen: of validation, else the claim."""
        return next((s for s in self.splits(claim) if s.split == VALIDATION), claim)

    def splits(self, score: Score) -> list[Score]:
        """Return the recorded variants of a score, one per split; none where it stands alone."""
        variants = self._variants(self._known[score.base])
        known = [s for s in variants if s.split and not s.averaged]
        return [s for s in known if s.column in self.recorded and not s.alone]

    @cached_property
    def _known(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def _bases(self, ranks: bool) -> Iterable[Column]:
        bases = (c for c in self.columns if not c.of and c.lower_is_better is not None)
        return (column for column in bases if column.ranks == ranks)

    def _origin(self, column: Column) -> Column:
        """Return what a column is a variant of: a split, an average, or a split of an average."""
        of = self._known[column.of] if column.of else column
        return self._known[of.of] if of.of else of

    def _variants(self, base: Column) -> list[Score]:
        """Return the scores of a base column and of its variants, in the order of SPLITS."""
        mine = [column for column in self.columns if self._origin(column) is base]
        scores = [self._score(column, base) for column in mine]
        order = ["", *SPLITS]
        return sorted(scores, key=lambda score: (score.averaged, order.index(score.split)))

    def _score(self, column: Column, base: Column) -> Score:
        others = [c for c in self.columns if c.of == base.name and c.split]
        return Score(
            column.name, base.name, base.heading, bool(base.lower_is_better), base.total,
            base.limit, split=column.split or (TRAIN if others else ""),
            alone=not column.split and not any(c.name in self.recorded for c in others),
            averaged=bool(column.of) and column.name.endswith(f"_{AVERAGED}"),
        )  # fmt: skip


def score_columns(planned: object = None, where: str = "plan") -> ScoreColumns:
    """Return the columns of all registered metrics, and of those that only the plan knows.

    Args:
        planned: what the plan says of its metrics' columns: a list of mappings with the fields
            of :class:`runners.metrics.score.Column`; None in a plan that says nothing.
        where: names the plan in messages.

    Raises:
        StoreProblem: what the plan says is damaged.
    """
    known = {c.name: c for metric in METRICS.values() for c in metric.all_columns()}
    for entry in [] if planned is None else _listed(planned, where):
        known.setdefault(entry["name"], _column(entry, where))
    if lost := [column.name for column in known.values() if column.of not in ("", *known)]:
        raise StoreProblem(f"{where}: columns lacks what {', '.join(lost)} is of; plan it again")
    return ScoreColumns(tuple(known.values()))


def _listed(planned: object, where: str) -> list[Mapping[str, Any]]:
    if isinstance(planned, list) and all(_named(entry) for entry in planned):
        return planned
    raise StoreProblem(f"{where}: columns is no list of named columns; plan it again")


def _named(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("name"), str)


def _column(entry: Mapping[str, Any], where: str) -> Column:
    types = {"title": str, "lower_is_better": bool, "ranks": bool, "total": str,
             "limit": int | float, "of": str, "split": str}  # fmt: skip
    known = {name: entry[name] for name in types if entry.get(name) is not None}
    typed = all(isinstance(value, types[name]) for name, value in known.items())
    if not typed or known.get("split", "") not in ("", *SPLITS):
        raise StoreProblem(f"{where}: column {entry['name']} is damaged; plan it again")
    return Column(entry["name"], **known)


@dataclass(frozen=True)
class Judging:
    """The score by which a run is called degraded, as words need it.

    Args:
        column: what verdicts read.
        title: its, in headings.
        bias: where a small number of data moves it, such as ``upwards``; '' if nowhere.
        claim: its variant that carries claims.
    """

    column: str
    title: str
    bias: str
    claim: Score

    def biased(self, number: str) -> str:
        """Return ``, and <name> is biased upwards where n is small``, or '' where it is not."""
        name = self.claim.name
        return f", and {name} is biased {self.bias} where {number} is small" * bool(self.bias)


def judging(columns: ScoreColumns) -> Judging:
    """Return the score that runs with these columns are judged by.

    That is the first that was recorded; without any, the first of all.
    """
    known = list(judges())
    name, metric = next((one for one in known if one[0] in columns.recorded), known[0])
    return Judging(name, columns.by_name[name].title, metric.bias, columns.claim(name))
