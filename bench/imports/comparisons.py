"""Runs that are held against each other: how far they go, and that their scores are the same."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.imports.found import Found
from runners.errors import UserProblem

OWN = ("method", "seed")
"""What of a spec tells runs of one comparison apart."""


@dataclass(frozen=True)
class Comparison:
    """How far the runs of a comparison go.

    Args:
        steps: the last step of the longest.
        scored: the last step at which any has a score, 0 where none has.
    """

    steps: int
    scored: int


def comparison(run: Found) -> str:
    """Return what runs that are compared have in common."""
    return json.dumps({k: v for k, v in run.spec.items() if k not in OWN}, sort_keys=True)


def comparisons(found: Sequence[Found], scores: Collection[str]) -> Mapping[str, Comparison]:
    """Return each comparison of these runs by what its runs have in common."""
    groups: dict[str, list[Found]] = {}
    for run in found:
        groups.setdefault(comparison(run), []).append(run)
    return {
        key: Comparison(max(r.last for r in mine), max(r.last_of(scores) or 0 for r in mine))
        for key, mine in groups.items()
    }


def require_same_scores(finished: Iterable[tuple[Found, Collection[str]]]) -> None:
    """Refuse finished runs of one comparison that have different scores.

    A finished run that lacks a score would be ranked as one that failed.

    Args:
        finished: each with the scores it has.

    Raises:
        UserProblem: two such runs, with the scores of each.
    """
    first: dict[str, tuple[Found, Collection[str]]] = {}
    for run, scores in finished:
        other, theirs = first.setdefault(comparison(run), (run, scores))
        if set(scores) != set(theirs):
            raise UserProblem(
                f"{run.where}: its scores are {_words(scores)}, and those of {other.where} are "
                f"{_words(theirs)}; finished runs that are compared have the same scores: add what "
                "is missing, or leave one of them out"
            )


def _words(scores: Collection[str]) -> str:
    return ", ".join(scores) or "none"
