"""What must be said of costs: on what they were measured, and where rankings disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.numbers import Numbers
from reports.text import counted, listed, number
from runners.store.calibration import Measured

CPU, DEVICE, THREADS = "ran_on.cpu", "ran_on.device", "ran_on.threads"
UNSTEADY = 1.5
"""The slowest over the fastest run of a method, from which times say little."""

MEASURED = (
    "Seconds depend on the machine and on what else it did. These were measured on {machines}; how "
    "many runs shared it at a time is not recorded."
)
BUDGET = (
    "The grid gives every method {seconds} s of training, as many steps as a calibration, one run "
    "at a time, said it does in these: {steps}. Calibrated by {where}. What runs then took is in "
    "the table, and is more where several ran at a time."
)
MISSED = (
    "Finished runs{where} took, in the median, {took}, not the {seconds} s that they were "
    "calibrated for: the calibration or the runs met other conditions, and methods did not have "
    "equal time."
)
NEAR = 1.25
"""Times as long, or as short, as the budget that runs may be."""
SEVERAL = (
    "Runs{where} were timed on more than one kind of machine: {machines}. Differences of seconds "
    "between methods hold that of machines too."
)
UNEVEN = (
    "Paces{where} are unsteady: the slowest run of {method} took {factor} times as long for a step "
    "as its fastest. The machine may have done other work, or too many runs at a time; differences "
    "of seconds between methods hold that too."
)
SWAP = (
    "{where}{first} is better than {second} for {steps:,} steps each ({score} {a} to {b}), but "
    "{second} is better than {first} for {seconds} s each ({d} to {c}). "
    "{n_first} of {planned_first} runs of {first} and {n_second} of {planned_second} of {second} "
    "have a result."
)
ABOUT = "Of medians over seeds, without a test."
AGREE = "{which} change places between equal steps and equal seconds, by the medians of {score}."
SOME = "Of the {n} of {planned} methods{each} that finished a run, no two"
ANNEALED = (
    "Learning rates follow a schedule that ends with the planned steps, so what a slower method "
    "scores after equal seconds is of a run in the middle of its schedule, not of one planned for "
    "these seconds."
)

ANNEALED_FOR_SECONDS = (
    "Learning rates follow a schedule that ends with the planned steps, of which a faster method "
    "has more, so what it scores after equal steps is of a run in the middle of its schedule, not "
    "of one planned for these steps."
)
"""Of a budget."""


@dataclass(frozen=True)
class CostWords:
    """What is said of costs.

    Args:
        swaps: where ranking by equal steps and by equal seconds disagree; empty where not.
        warnings: what else spoils a comparison of seconds.
        notes: on what they were measured, and that rankings agree.
    """

    swaps: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def cost_words(results: Results, numbers: Numbers) -> CostWords:
    """Return what must be said of the costs of a grid."""
    runs = results.runs.merge(numbers.costs.runs[["run_id", "seconds"]], on="run_id")
    timed = runs[runs["seconds"].notna()]
    if timed.empty:
        return CostWords()
    methods = numbers.costs.methods
    warned = (*_several(timed), *_missed(results, methods), *_uneven(methods))
    noted = (
        *_budget(results),
        MEASURED.format(machines=_machines(timed)),
        *_agree(results, numbers),
    )
    return CostWords(tuple(_swaps(results, numbers)), warned, noted)


def _budget(results: Results) -> Iterator[str]:
    """Say what gave runs of a budget their steps."""
    if results.budget is None:
        return
    steps = results.runs.groupby("method", observed=True)["steps"].unique()
    each = [f"{m} {' or '.join(f'{n:,}' for n in sorted(mine))}" for m, mine in steps.items()]
    known = results.calibration.values()
    where = dict.fromkeys(f"{', '.join(_machine(_ran_on(one)))} on {one.date}" for one in known)
    yield BUDGET.format(
        seconds=f"{results.budget:g}",
        steps="; ".join(each),
        where=listed(list(where))
        or "a machine that is not known, for calibration.json is gone or damaged",
    )


def _swaps(results: Results, numbers: Numbers) -> Iterator[str]:
    rows = numbers.costs.swaps.to_dict("records")
    for row in rows:
        score = results.score_columns[0]
        shown = {letter: number(score.sign * row[name]) for letter, name in LETTERS.items()}
        yield SWAP.format(
            where=f"{row['cell']}: " if row["cell"] else "",
            **{name: row[name] for name in COUNTED},
            seconds=number(row["seconds"]),
            score=score.title,
            **shown,
        )
    if rows:
        yield ABOUT
        yield from _annealed(results)


COUNTED = ("first", "second", "steps", "n_first", "planned_first", "n_second", "planned_second")
LETTERS = {"a": "at_steps_first", "b": "at_steps_second",
           "c": "at_seconds_first", "d": "at_seconds_second"}  # fmt: skip


def _agree(results: Results, numbers: Numbers) -> Iterator[str]:
    equal = numbers.costs.equal
    medians = equal[["at_steps_median", "at_seconds_median"]].astype(float)
    compared = equal[np.isfinite(medians).all(axis=1)]
    if (compared["cell"].value_counts() > 1).any() and numbers.costs.swaps.empty:
        yield AGREE.format(score=results.score_columns[0].title, which=_which(equal))
        yield ABOUT
        yield from _annealed(results)


def _which(equal: Frame) -> str:
    """Say which methods had seconds to be compared for."""
    n, each = int(equal["done"].notna().sum()), ", counted in each cell,"
    if n == len(equal):
        return "No two methods"
    return SOME.format(n=n, planned=len(equal), each=each if equal["cell"].nunique() > 1 else "")


def _annealed(results: Results) -> Iterator[str]:
    schedules = {str((plan.spec.get("schedule") or {}).get("name")) for plan in _plans(results)}
    if schedules - {"constant", "None"}:
        yield ANNEALED if results.budget is None else ANNEALED_FOR_SECONDS


def _plans(results: Results) -> list[Any]:
    return [results.plans[i] for i in results.runs["run_id"] if i in results.plans]


def _kinds(runs: Frame) -> list[str]:
    """Return on what kind of machine each run was timed."""
    rows = runs[[CPU, DEVICE, THREADS]].astype(object).to_dict("records")
    return [", ".join(_machine(row)) for row in rows]


def _ran_on(one: Measured) -> dict[str, Any]:
    return {name: one.machine.get(name.removeprefix("ran_on.")) for name in (CPU, DEVICE, THREADS)}


def _machine(row: Any) -> Iterator[str]:
    processor, device, threads = row[CPU], row[DEVICE], row[THREADS]
    if isinstance(device, str) and device != "cpu":
        yield device
    else:
        yield processor if isinstance(processor, str) else "a processor whose name no run recorded"
        if isinstance(threads, str) and threads != "1":
            yield f"{threads} threads a run"


def _machines(runs: Frame) -> str:
    counts = Counter(_kinds(runs)).most_common()
    return listed([f"{kind} ({counted(n, 'run')})" for kind, n in counts])


def _several(runs: Frame) -> Iterator[str]:
    for cell, mine in runs.groupby("cell", observed=True):
        if len(set(_kinds(mine))) > 1:
            yield SEVERAL.format(where=_of(cell), machines=_machines(mine))


def _missed(results: Results, methods: Frame) -> Iterator[str]:
    """Yield a sentence for every cell with methods that took other times than the budget's."""
    budget = results.budget
    for cell, mine in methods.groupby("cell", sort=False, observed=True) if budget else ():
        shares = [(row, row["seconds_median"] / budget) for row in mine.to_dict("records")]
        far = [row for row, share in shares if share > NEAR or share < 1 / NEAR]
        took = [f"{number(row['seconds_median'])} s ({row['method']})" for row in far]
        if took:
            yield MISSED.format(where=_of(cell), took=", ".join(took), seconds=f"{budget:g}")


def ended_after(results: Results, numbers: Numbers) -> str:
    """Return how long runs of a budget took, as a clause, '' where they kept it."""
    methods = numbers.costs.methods
    if not [*_missed(results, methods)]:
        return ""
    low, high = (number(methods[f"seconds_{end}"].agg(end)) for end in ("min", "max"))
    return f", while finished runs took {low if low == high else f'{low} to {high}'} s"


def _uneven(methods: Frame) -> Iterator[str]:
    ratio = methods["ms_per_step_max"] / methods["ms_per_step_min"]
    for cell, mine in methods.assign(ratio=ratio).groupby("cell", sort=False, observed=True):
        worst = mine.sort_values("ratio").dropna(subset="ratio").tail(1).to_dict("records")
        if worst and worst[0]["ratio"] > UNSTEADY:
            factor = number(worst[0]["ratio"], 2)
            yield UNEVEN.format(method=worst[0]["method"], factor=factor, where=_of(cell))


def _of(cell: object) -> str:
    return f" of {cell}" if cell else ""
