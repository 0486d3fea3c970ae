"""How a run went, judged from its rows when it is read: by today's thresholds, for old and new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports.load.planned import Planned
from runners.failures import Evidence, judge
from runners.failures.samples import collapse_step, fall
from runners.store.states import Status

OBSERVED_IN = ("metrics", "scores", "diagnostics")
"""Row files that say how far training came."""


def verdicts(
    plan: Planned,
    status: Status,
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    floor: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the verdict on every failure, and the steps that survival counts.

    Args:
        plan: the run as planned.
        status: how it stands.
        rows: of its row files, by ascending step.
        floor: what held-out real data score, as it is stored.

    Returns:
        Every failure of ``runners.failures`` by name: True, False, or None where the rows cannot
        tell; observed_until: the last step anything is known of; fall: the final score over the
        best, 1 where it got no worse than by sampling; collapse_step: from which the score
        stays degraded, None where it does not or the run has not ended.
    """
    run = Evidence(
        plan.loss, status, rows["metrics"], rows["scores"], plan.batch_size, floor
    )  # fmt: skip
    reached = [row["step"] for name in OBSERVED_IN for row in rows[name][-1:]]
    ended = status.ended and status.step is not None
    return {
        **judge(run),
        "observed_until": status.step if ended else max(reached, default=0),
        "fall": fall(run),
        "collapse_step": collapse_step(run) if status.ended else None,
    }
