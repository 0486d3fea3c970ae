"""What became of an older grid's scores in a newer one, in one paragraph: no more than is shown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from reports.page.headline import and_list
from reports.stats.across import REGRESSION, SAME
from reports.stats.comparisons import BETTER, EQUIVALENT, OPEN, WORSE
from reports.stats.detectable import POWER
from reports.stats.matches import leading
from reports.stats.together import Told
from reports.text import counted, detectable_text, number

NOTHING = "Nothing can be concluded"
PAIRED = (
    "Runs of one seed are held against each other as pairs: the hashes of their initial weights, "
    "batches of real data and latents are the same."
)
Rows = Sequence[Any]


def verdict(told: Told) -> str:
    """Return one paragraph: what regressed and by how much, what did not, and what stays open."""
    rows = told.rows.to_dict("records")
    compared = [row for row in rows if row["outcome"]]
    parts = [_lead(told, compared), *_findings(compared), *_open(compared)]
    if compared:
        parts += [_how(told, compared), _power(compared), *_pairs(compared)]
    return " ".join([*parts, *_left_out(told, rows)])


def _lead(told: Told, compared: Rows) -> str:
    new, old = told.new.label, told.old.label
    found = [row for row in compared if row["outcome"] == REGRESSION]
    if found:
        worse = and_list([f"{_name(row)}{_by(row)}" for row in found])
        return f"REGRESSION: {new} is worse than {old} by more than the margin in {worse}."
    if not compared:
        return f"{NOTHING}: there is nothing that {new} and {old} can be compared by."
    if not any(map(_could_tell, compared)):
        return (
            f"{NOTHING} of {new} against {old}: with so few seeds no regression, however large, "
            "could be found."
        )
    if all(row["outcome"] == OPEN for row in compared):
        return f"No regression of {new} against {old} was found, and none is ruled out."
    return f"No regression: nothing of {new} was found worse than {old} by more than the margin."


def _could_tell(row: Any) -> bool:
    """Whether something is known of a comparison, or could be with so many seeds."""
    return row["outcome"] != OPEN or row["can_tell"]


def _name(row: Any) -> str:
    return f"{row['method']} ({row['cell']})" if row["cell"] else str(row["method"])


def _by(row: Any) -> str:
    """Return by how much a regression is worse, and how sure that is."""
    failed = int(row["n_first"] - row["new_n"])
    if row["new_n"]:
        ends = f"median {number(row['new_median'])} against {number(row['old_median'])}"
        lost = f", {counted(failed, 'run')} without a score" if failed else ""
        change = f" by {number(abs(row['new_median'] - row['old_median']), 2)} ({ends}{lost}"
    else:
        change = f", of which no run has a score any more ({failed} failed"
    return (
        f"{change}; exact {row['test']} test beyond the margin of {number(row['allowed'], 2)}, "
        f"p after Holm {number(row['p_beyond'], 2)})"
    )


def _findings(compared: Rows) -> Iterable[str]:
    told = {
        SAME: "The same to the last digit: {names}.",
        EQUIVALENT: "Alike within the margin: {names} (p after Holm at most {p}).",
        BETTER: "Better: {names} (p after Holm at most {p}).",
        WORSE: "Worse, but not shown to be so by more than the margin: {names} "
        "(p after Holm at most {p}).",
    }
    for outcome, sentence in told.items():
        mine = [row for row in compared if row["outcome"] == outcome]
        of = "p_equivalence" if outcome == EQUIVALENT else "p_holm"
        if mine:
            largest = number(max(row[of] for row in mine), 2)
            yield sentence.format(names=and_list([_name(row) for row in mine]), p=largest)


def _open(compared: Rows) -> Iterable[str]:
    told = [f"{_name(row)} ({detectable_text(row['found'])})" for row in compared
            if row["outcome"] == OPEN]  # fmt: skip
    if told and any(map(_could_tell, compared)):
        yield (
            f"{NOTHING} of {and_list(told)}; in brackets the smallest regression that {POWER:.0%} "
            "of repetitions with so many seeds would find."
        )


def _how(told: Told, compared: Rows) -> str:
    score = leading(told.new.results, told.old.results)
    tests = and_list(list(dict.fromkeys(row["test"] for row in compared)))
    title = f"{score.title} at the end of training, {score.direction}" if score else ""
    counts = sorted({int(row[n]) for row in compared for n in ("n_first", "n_second")})
    by = f" by {told.scores} scores" if told.scores > 1 else ""
    many = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return (
        f"By {title}, n = {many} runs a side; exact {tests} test, "
        f"Holm over all {counted(told.tests, 'comparison')}{by}, level .05; "
        f"the margin is {told.margin}."
    )


def _power(compared: Rows) -> str:
    """Return what could have been found with so many seeds."""
    known = [row["found"] for row in compared if math.isfinite(row["found"])]
    if not known:
        if any(math.isinf(row["found"]) for row in compared):
            return "With these seeds no regression would be found, however large."
        return "What regression these seeds would find is not known."
    ends = dict.fromkeys(number(value, 2) for value in (min(known), max(known)))
    return (
        f"With these seeds {POWER:.0%} of repetitions would find a regression of "
        f"{' to '.join(ends)}{', by method' if len(ends) > 1 else ''}."
    )


def _pairs(compared: Rows) -> Iterable[str]:
    reasons: dict[str, list[str]] = {}
    for row in compared:
        reasons.setdefault(row["unpaired"], []).append(_name(row))
    if "" in reasons:
        yield PAIRED if len(reasons) == 1 else f"Paired: {and_list(reasons[''])}."
    for reason, names in reasons.items():
        if reason:
            yield f"UNPAIRED, as {reason}: {and_list(names)}."


def _left_out(told: Told, rows: Rows) -> Iterable[str]:
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row["apart"]:
            reasons.setdefault(row["apart"], []).append(_name(row))
    for reason, names in reasons.items():
        yield f"Not compared, as {reason}: {and_list(names)}."
    if told.gone:
        yield f"Planned in {told.old.label} only: {and_list(told.gone)}."
