"""Exact mode coverage of a mixture of Gaussians in the plane (as in arXiv 1704.00028's toys)."""

from __future__ import annotations

from typing import ClassVar

from runners.metrics.score import Features, Metric, Plan, Reference

WITHIN = 3  # standard deviations


class Modes(Metric):
    """Modes with at least one sample within 3 std, and the share of samples within 3 std of any."""

    summary: ClassVar[str] = "modes of the mixture hit within 3 std, higher is better"
    lower_is_better: ClassVar[bool] = False
    columns: ClassVar[tuple[str, ...]] = ("modes", "modes_total", "high_quality")

    def score(
        self,
        generated: Features,
        reference: Reference,
        plan: Plan,  # noqa: ARG002
    ) -> dict[str, float]:
        """Return the number of modes hit, of all modes, and the share of good samples."""
        import torch

        assert reference.modes is not None  # a spec without modes is refused
        centres = torch.from_numpy(reference.modes.centres)
        distance, nearest = torch.cdist(generated.embedding.double(), centres).min(dim=1)
        good = distance <= WITHIN * reference.modes.std
        return {
            "modes": len(nearest[good].unique()),
            "modes_total": len(centres),
            "high_quality": good.double().mean().item(),
        }
