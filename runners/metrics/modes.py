"""Exact mode coverage of a mixture of Gaussians in the plane (as in arXiv 1704.00028's toys)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.metrics.projection import resampled
from runners.metrics.score import Column, Features, Metric, Projected, Reference

if TYPE_CHECKING:
    from runners.datasets.base import Dataset

WITHIN = 3  # standard deviations

FEWEST_MODES = 0.5
"""Share of the modes: a generator that hits fewer has lost most of the data."""


@dataclass(frozen=True, config=STRICT)
class Modes(Metric):
    """Modes with at least one sample within 3 std, and the share of samples within 3 std of any."""

    summary: ClassVar[str] = "modes of the mixture hit within 3 std, higher is better"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("modes", "modes hit", lower_is_better=False, ranks=True, total="modes_total",
               limit=FEWEST_MODES),
        Column("modes_total"),
        Column("high_quality", "share within 3 std of a mode", lower_is_better=False),
    )  # fmt: skip
    collapse: ClassVar[str] = f"fewer than {FEWEST_MODES:.0%} of the modes are hit"
    name: Literal["modes"] = "modes"

    @classmethod
    def usual(cls, dataset: Dataset, extractor: str) -> bool:  # noqa: ARG003
        """Where the modes are known."""
        return dataset.mixture

    def problem(self, dataset: Dataset, extractor: str) -> str | None:  # noqa: ARG002
        """Refuse data that were not drawn from a known mixture."""
        return None if dataset.mixture else "modes needs gaussians8 or gaussians25"

    @classmethod
    def collapsed(cls, row: Mapping[str, Any]) -> bool | None:
        """Say whether few modes are hit; None where they were not counted."""
        modes, total = row.get("modes"), row.get("modes_total")
        return None if modes is None or not total else modes < FEWEST_MODES * total

    def score(
        self,
        generated: Features,
        reference: Reference,
        samples: int,  # noqa: ARG002
    ) -> dict[str, float]:
        """Return the number of modes hit, of all modes, and the share of good samples."""
        import torch

        assert reference.mixture is not None  # a spec without one is refused
        centres = torch.from_numpy(reference.mixture.centres)
        distance, nearest = torch.cdist(generated.embedding.double(), centres).min(dim=1)
        good = distance <= WITHIN * reference.mixture.std
        return {
            "modes": len(nearest[good].unique()),
            "modes_total": len(centres),
            "high_quality": good.double().mean().item(),
        }

    def projected(self, pool: Features, reference: Reference, samples: int) -> Projected:
        """Resample: a rare mode is missed by few data."""
        return resampled(lambda part: self.score(part, reference, samples), pool, samples)
