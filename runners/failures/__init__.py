"""Failures a run is judged for: one line each here."""

from runners.failures.discriminator import AT_CHANCE, NON_FINITE, SATURATED, VANISHED
from runners.failures.evidence import Evidence, Failure
from runners.failures.samples import DEGRADED, MODE_COLLAPSE

FAILURES: dict[str, Failure] = {
    "non_finite": NON_FINITE,
    "discriminator_at_chance": AT_CHANCE,
    "discriminator_saturated": SATURATED,
    "vanishing_generator_gradient": VANISHED,
    "mode_collapse": MODE_COLLAPSE,
    "degraded": DEGRADED,
}


def judge(run: Evidence) -> dict[str, bool | None]:
    """Return the verdict on every failure, by name."""
    return {name: failure.judge(run) for name, failure in FAILURES.items()}
