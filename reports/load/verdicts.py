"""How a run went, judged from its rows when it is read: by today's thresholds, for old and new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runners.failures import Evidence, judge
from runners.failures.samples import collapse_step
from runners.store.states import Status

OBSERVED_IN = ("metrics", "scores", "diagnostics")
"""Row files that say how far training came."""


def verdicts(
    loss: str, status: Status, rows: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, Any]:
    """Return the verdict on every failure, and the steps that survival counts.

    Args:
        loss: the name of the run's loss.
        status: how it stands.
        rows: of its row files, by ascending step.

    Returns:
        Every failure of ``runners.failures`` by name: True, False, or None where the rows cannot
        tell; observed_until: the last step anything is known of; collapse_step: from which the
        score stays degraded, None where it does not or the run has not ended.
    """
    metrics, scores = rows["metrics"], rows["scores"]
    reached = [row["step"] for name in OBSERVED_IN for row in rows[name][-1:]]
    ended = status.ended and status.step is not None
    return {
        **judge(Evidence(loss, status, metrics, scores)),
        "observed_until": status.step if ended else max(reached, default=0),
        "collapse_step": collapse_step(scores) if status.ended else None,
    }
