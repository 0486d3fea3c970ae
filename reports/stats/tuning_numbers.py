"""All statistics of a tuned grid, computed once; without rows in a grid that tunes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from reports.load.columns import Frame
from reports.load.results import Results
from reports.stats.confirmation import claimed_split, confirmation
from reports.stats.expected_best import expected_best
from reports.stats.robustness import shares
from reports.stats.sensitivity import sensitivity
from reports.stats.trial_costs import trial_costs
from reports.stats.tuned_comparison import tuned_comparison
from reports.stats.tuning_compute import compute_spent


@dataclass(frozen=True)
class TuningNumbers:
    """What figures and tables of a tuned grid show; each frame is described by its function.

    Args:
        claimed: the split that claims are about; '' for the training images.
    """

    confirmed: Frame = field(repr=False)
    comparison: Frame = field(repr=False)
    trials: Frame = field(repr=False)
    expected_best: Frame = field(repr=False)
    shares: Frame = field(repr=False)
    sensitivity: Frame = field(repr=False)
    claimed: str
    compute: Frame = field(repr=False)


def tuning_numbers(results: Results) -> TuningNumbers:
    """Return all statistics of a grid's tuning."""
    confirmed, trials = confirmation(results), trial_costs(results)
    return TuningNumbers(
        confirmed=confirmed,
        comparison=tuned_comparison(results, confirmed),
        trials=trials,
        expected_best=expected_best(trials),
        shares=shares(trials),
        sensitivity=sensitivity(trials),
        claimed=claimed_split(results),
        compute=compute_spent(results),
    )
