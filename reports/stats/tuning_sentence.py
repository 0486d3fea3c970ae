"""What may be said of a tuned grid in one sentence."""

from __future__ import annotations

from reports.load.results import Results
from reports.stats.confirmation import claimed_split
from runners.store.states import ENDED


def tuning_sentence(results: Results) -> str | None:
    """Return the proven sentence on how methods were tuned, None where the proof does not hold.

    Such as: Each method had 16 trials x 2 seeds of the same budget, selected on validation;
    winners confirmed on 10 fresh seeds against test.
    """
    tuning = results.tuning
    if tuning is None or tuning.doubts:
        return None
    plan = tuning.plan
    reference = claimed_split(results) or "the training images"
    searched = f"{counted(plan.trials, 'trial')} x {counted(len(plan.seeds), 'seed')}"
    return (
        f"Each method had {searched} of the same budget, selected on "
        f"{plan.select.split}; winners confirmed on {_confirmed(results)} "
        f"against {reference}."
    )


def _confirmed(results: Results) -> str:
    """Return on how many seeds every method is confirmed so far."""
    planned = 0 if results.tuning is None else len(results.tuning.plan.confirmation)
    ended = results.runs[results.runs["state"].isin(ENDED)]
    groups = ended.groupby(["cell", "method"], observed=False)["seed"].nunique()
    done = min((int(groups.get((c, m), 0)) for c in results.cells for m in results.methods),
               default=0)  # fmt: skip
    if done < planned:
        return f"{done} so far of {planned} fresh seeds"
    return counted(planned, "fresh seed")


def counted(count: int, what: str) -> str:
    """Return a number and what it counts, in the plural where it is not one."""
    return f"{count} {what}{'s' if count != 1 else ''}"
