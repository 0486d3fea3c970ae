"""What the runs of a comparison were made on, where that is not the same for all of them."""

from __future__ import annotations

from collections import Counter

from reports.load.columns import RAN_ON, Frame
from reports.text import counted, listed
from runners.store.proof import ENVIRONMENT, ROUNDING

INSTRUCTIONS = "ran_on.instructions"
UNKNOWN = "unknown"


def several_machines(runs: Frame) -> str:
    """Return a sentence on what differs and in how many runs, '' where all are alike.

    Runs that have not ended say nothing; what runs of earlier versions did not note is called
    unknown where others differ by it, or where numbers are rounded by it.

    Args:
        runs: one row per planned run.
    """
    ended = runs[runs["generator_init"].notna()]
    found = [f"{ENVIRONMENT[key]} {_values(ended[column])}" for column, key in RAN_ON.items()
             if _differs(ended[column], key)]  # fmt: skip
    return f"The runs were not all made on the same: {'; '.join(found)}." if found else ""


def _differs(values: Frame, key: str) -> bool:
    known = values.dropna().nunique()
    return known > 1 or (known == 1 and key in ROUNDING and bool(values.isna().any()))


def _values(values: Frame) -> str:
    counts = Counter(values.fillna(UNKNOWN)).most_common()
    return listed([f"{value} ({counted(n, 'run')})" for value, n in counts])


def apart(runs: Frame) -> str:
    """Return which pairs were made on different instruction sets, '' where none was.

    Args:
        runs: one row per planned run.
    """
    known = runs[runs[INSTRUCTIONS].notna()]
    pairs = known.groupby(["cell", "seed"], observed=True)[INSTRUCTIONS]
    split = pairs.nunique()
    seeds = [f"{cell}, seed {seed}" if cell else f"seed {seed}"
             for (cell, seed), n in split.items() if n > 1]  # fmt: skip
    if not seeds:
        return ""
    sets = sorted(known[INSTRUCTIONS].unique())
    return (
        f"Methods of {listed(seeds)} ran on different instruction sets ({listed(sets)}), which "
        "round differently. Their initial weights, batches and latents are still the same, but a "
        "difference of theirs holds that of rounding too, which training carries into every number."
    )
