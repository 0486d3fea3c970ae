"""What the page says of a tuned grid before its figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.load.results import Results
from reports.load.settings import is_of
from reports.load.tuning import Tuning
from reports.stats.pairing import DECIDES
from reports.stats.tuning_sentence import counted, tuning_sentence


def tuning_words(results: Results) -> dict[str, Any]:
    """Return what the block on tuning says.

    Returns:
        doubts: why nothing may be called tuned; sentence: what was proven, None with doubts;
        rules: how it was searched and chosen, a sentence or two each.
    """
    tuning = results.tuning
    if tuning is None:
        return {"doubts": (), "sentence": None, "rules": []}
    rules = [*_search(tuning), _selection(tuning)]
    return {"doubts": tuning.doubts, "sentence": tuning_sentence(results), "rules": rules}


def _search(tuning: Tuning) -> Iterator[str]:
    sizes = {tuning.names[m]: len(keys) for m, keys in tuning.plan.dimensions.items()}
    shared = list(tuning.plan.space.shared)
    said = ", ".join(f"{method} {size}" for method, size in sizes.items())
    yield f"Dimensions searched: {said}. All methods share {', '.join(shared) or 'none'}."
    bare = [method for method, size in sizes.items() if size == len(shared)]
    if bare and len(bare) < len(sizes):
        yield (
            f"{' and '.join(bare)} had only the shared ones, which the same number of trials "
            "covers more densely."
        )
    chosen = [field for field in DECIDES["batches"] if is_of(field, shared)]
    if chosen:
        yield (
            f"Where tuning chose another {' or '.join(chosen)} for a method, its runs see other "
            "batches and latents than those of the same seed; initial weights are the same."
        )


def _selection(tuning: Tuning) -> str:
    select = tuning.plan.select
    best = "lowest" if select.lower_is_better else "highest"
    seeds = counted(len(tuning.plan.seeds), "seed")
    return (
        f"A method's winner is the trial with the {best} mean {tuning.title} against "
        f"{select.split} at the last step, over {seeds}; a trial with a failed run ranks worst, "
        "and of equal trials the earlier wins, the default before all."
    )
