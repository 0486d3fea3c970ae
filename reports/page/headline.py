"""What can be concluded, in sentences made of the numbers: none says more than they carry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reports.load.columns import Frame
from reports.load.results import Results
from reports.page.cost_words import ended_after
from reports.page.operating_point import methods_in_full, operating_point
from reports.stats.comparisons import BETTER, EQUIVALENT, OPEN, WORSE
from reports.stats.detectable import POWER
from reports.stats.equivalence import MARGIN
from reports.stats.numbers import Numbers
from reports.stats.pairing import in_recipes
from reports.stats.power import LEVEL, TUNED, Family
from reports.text import counted, detectable_text, number

ONE_POINT = (
    "No method was tuned in this grid: this ranking is of this operating point, it may "
    "depend on it, and it says nothing of the methods at other settings."
)
SEVERAL_POINTS = (
    "No method was tuned in this grid: each ranking is of its operating point, it may "
    "depend on it, and it says nothing of the methods at other settings."
)
RECIPES = (
    "Methods stand here with recipes of their own: besides the constraint they differ in {fields}, "
    "so that a difference is one of recipes, and cannot be put down to the constraint."
)
UNPROVEN = (
    "Each method stands at settings that were chosen for it. That all had the same budget for "
    "this choice is not shown here."
)

IMPORTED = (
    "These runs were imported: what differs between methods besides their names is not known, and "
    "whether their scores were made alike is not proven. So a difference is one of these runs, and "
    "cannot be put down to the constraint."
)

DOUBTED = (
    "The proof that methods were tuned on equal terms does not hold, so that this ranking is of "
    "the default settings alone, and may depend on them."
)


@dataclass(frozen=True)
class Headline:
    """What the section of conclusions begins with.

    Args:
        opening: what was compared, where, by how many seeds and which test.
        claims: what is better, what is alike, and what cannot be told.
        scope: what the claims depend on.
    """

    opening: str
    claims: tuple[str, ...]
    scope: str


def headline(results: Results, numbers: Numbers, tuned: str | None = None) -> Headline | None:
    """Return what can be concluded, None where nothing was to be compared or scored.

    Args:
        results: of a grid.
        numbers: computed from them.
        tuned: of a grid whose methods were tuned: that each had the same budget, proven.
    """
    family = numbers.family
    if family.pairs_shown == 0 or family.metric is None:
        return None
    pairs = numbers.pairs[numbers.pairs["claimed"]]
    return Headline(
        _opening(results, family, pairs, ended_after(results, numbers)),
        tuple(_claims(pairs, family)),
        _scope(results, family, tuned),
    )


def tests_counted(family: Family) -> str:
    """Return what Holm's correction counts, such as ``10 pairs``."""
    pairs = counted(family.size, "pair")
    return pairs if family.scores == 1 else f"{pairs} by {family.scores} scores"


def and_list(words: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _opening(results: Results, family: Family, pairs: Frame, took: str) -> str:
    where = "one operating point" if len(family.cells) == 1 else f"{len(family.cells)} settings"
    score = results.columns.by_name[str(family.metric)]
    extractor = results.extractors.get(results.protocol(family.cells[0]) or "", "not scored")
    return (
        f"Compared by {score.title} {results.end}{took} ({extractor}, {score.direction}), "
        f"{_seeds(pairs, family.paired)}, at {where}: "
        f"{operating_point(results, family.cells) or 'of which nothing is known'}. The methods: "
        f"{methods_in_full(results, family.cells)}. Exact {family.test} test, Holm over all "
        f"{tests_counted(family)}, level .05."
    )


def _seeds(pairs: Frame, paired: bool) -> str:
    if pairs.empty:
        return "no pair has results yet"
    counts = sorted({*pairs["n_first"], *pairs["n_second"]})
    many = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return f"n = {many} {'seeds' if paired else 'runs'} per method"


def _claims(pairs: Frame, family: Family) -> Iterable[str]:
    for cell, mine in pairs.groupby("cell", observed=True, sort=False):
        prefix = f"{cell}: " if len(family.cells) > 1 else ""
        rows = mine.to_dict("records")
        found = [*_better(rows), *_alike(rows), *_open(rows)]
        yield from (prefix + sentence for sentence in found)
    left = family.pairs_shown - len(pairs)
    if left:
        planned = family.pairs_shown
        yield f"{left} of {planned} pairs cannot be compared yet: a method has no result."


def _better(rows: Sequence[Any]) -> Iterable[str]:
    beaten: dict[str, list[Any]] = {}
    for row in rows:
        if row["outcome"] in (BETTER, WORSE):
            winner, loser = ("first", "second") if row["outcome"] == BETTER else ("second", "first")
            beaten.setdefault(row[winner], []).append({**row, "loser": row[loser]})
    for winner, lost in sorted(beaten.items(), key=lambda won: -len(won[1])):
        largest = number(max(row["p_holm"] for row in lost), 2)
        among = "" if len(lost) == 1 else "at most "
        losers = and_list([_beaten(row) for row in lost])
        yield f"{winner} is better than {losers} (p after Holm {among}{largest})."


def _beaten(row: Any) -> str:
    small = row["p_equivalence"] <= LEVEL
    return row["loser"] + (f" (by less than {number(row['margin'], 2)})" if small else "")


def _alike(rows: Sequence[Any]) -> Iterable[str]:
    for row in rows:
        if row["outcome"] == EQUIVALENT:
            yield (
                f"{row['first']} does not differ from {row['second']} by more than "
                f"{number(row['margin'], 2)}, {MARGIN:.0%} of the median of both (p after Holm "
                f"{number(row['p_equivalence'], 2)})."
            )


def _open(rows: Sequence[Any]) -> Iterable[str]:
    told = [
        f"{row['first']} and {row['second']} ({detectable_text(row['detectable'])})"
        for row in rows
        if row["outcome"] == OPEN
    ]
    if told:
        yield (
            "Cannot be told apart, nor called alike, with so few seeds (in brackets the smallest "
            f"difference that {POWER:.0%} of repetitions would find): {and_list(told)}."
        )


def _scope(results: Results, family: Family, tuned: str | None) -> str:
    if not family.paired:
        return IMPORTED
    if family.cells == (TUNED,):
        return tuned or UNPROVEN
    if results.tuning:
        return DOUBTED
    untuned = ONE_POINT if len(family.cells) == 1 else SEVERAL_POINTS
    fields = in_recipes(results.differences)
    return f"{RECIPES.format(fields=and_list(fields))} {untuned}" if fields else untuned
