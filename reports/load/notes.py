"""What a reader must know of runs that are absent, unreadable, or made by plugins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from reports.load.columns import Frame
from reports.load.planned import Planned, plugin_files
from reports.text import counted
from runners.store.imported import IMAGES
from runners.store.states import State

NOT_KNOWN = (
    "The suite did not make them: their initial weights, data order and seeds are not known, nor "
    "what differs between methods besides their names. {protocol} So comparisons are unpaired, no "
    "seed of one method is held against the same of another, and no difference can be put down to "
    "the constraint."
)
"""Of imported runs."""

STATED = "Their protocol is known only as far as the files say one, and nothing proves it."
SCORED_HERE = "Their images were scored here."

OPEN_STATES = (State.CRASHED, State.UNFINISHED, State.MISSING)


def all_notes(runs: Frame, plans: Mapping[str, Planned], unplanned: Iterable[str]) -> list[str]:
    """Return what the report must say above its numbers, one sentence or two each.

    Args:
        runs: one row per planned run, with run_id, state and reason.
        plans: the planned runs by id.
        unplanned: folders that the newest plan does not name.
    """
    return [
        *_imported(plans),
        *_incomplete(runs, any(plan.origin for plan in plans.values())),
        *_damaged(runs),
        *_outside(unplanned),
        *_unknown(plans),
    ]


def _imported(plans: Mapping[str, Planned]) -> list[str]:
    """Say what is not known of runs that the suite did not make, and what follows from that."""
    origins = [plan.origin for plan in plans.values() if plan.origin]
    if not origins:
        return []
    files = len({origin.file for origin in origins})
    readers = ", ".join(sorted({origin.reader for origin in origins}))
    return [
        f"{counted(len(origins), 'run')} imported from {counted(files, 'source')} by "
        f"{readers}. {NOT_KNOWN.format(protocol=SCORED_HERE if readers == IMAGES else STATED)}"
    ]


def _incomplete(runs: Frame, imported: bool) -> list[str]:
    counts = {state: int((runs["state"] == state).sum()) for state in OPEN_STATES}
    planned, what = (
        ("imported", "they have no final score")
        if imported
        else ("planned", "run the grid again to complete the comparison")
    )
    return [
        f"{n} of {len(runs)} {planned} runs: {state}; {what}." for state, n in counts.items() if n
    ]


def _damaged(runs: Frame) -> list[str]:
    damaged = runs[runs["state"] == State.DAMAGED]
    return [
        f"Run {i} is damaged and none of its numbers are used: {reason}"
        for i, reason in zip(damaged["run_id"], damaged["reason"], strict=True)
    ]


def _outside(unplanned: Iterable[str]) -> list[str]:
    names = ", ".join(unplanned)
    return [f"In the folder but not in the newest plan, hence not shown: {names}"] if names else []


def _unknown(plans: Mapping[str, Planned]) -> list[str]:
    """Say which runs hold components that are not loaded, and how to go on with them."""
    strangers = [plan for plan in plans.values() if plan.unknown]
    reasons = Counter(plan.unknown for plan in strangers)
    notes = [
        f"{n} of {len(plans)} planned runs hold what is not known here, and are shown as they "
        f"were stored: {reason}."
        for reason, n in reasons.items()
    ]
    ours = [plan for plan in strangers if not plan.origin]
    return [*notes, _way_on(ours)] if ours else notes


def _way_on(strangers: Iterable[Planned]) -> str:
    files = plugin_files(strangers)
    if not files:
        return "No plugin file is named in their specs, so `bench run` cannot go on with them."
    made = ", ".join(f"{file} ({digest})" for file, digest in files)
    options = " ".join(f"--plugin {file}" for file in dict.fromkeys(file for file, _ in files))
    return f"They were made with {made}; `bench run {options} ...` goes on with them."
