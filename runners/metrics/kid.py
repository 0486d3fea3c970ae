"""Kernel inception distance (Binkowski et al. 2018, arXiv 1801.01401), by torch-fidelity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.metrics import fidelity_functions
from runners.metrics.projection import unbiased
from runners.metrics.score import Column, Features, Metric, Projected, Reference


@dataclass(frozen=True, config=STRICT)
class KID(Metric):
    """Unbiased squared MMD with a cubic kernel over random subsets; may be negative.

    Args:
        subsets: random subsets it is averaged over.
        subset_size: data per subset; at most the number of samples and of training images.
            Against a split that has fewer, all of it is the subset.
    """

    summary: ClassVar[str] = "kernel distance to real images, unbiased, lower is better"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("kid", lower_is_better=True, ranks=True),
        Column("kid_std"),
    )
    compares: ClassVar[bool] = True
    needs_features: ClassVar[bool] = True
    formerly: ClassVar[Mapping[str, str]] = {
        "kid_subsets": "subsets",
        "kid_subset_size": "subset_size",
    }
    name: Literal["kid"] = "kid"
    subsets: Annotated[int, Field(ge=1, le=1000)] = 20
    subset_size: Annotated[int, Field(ge=2, le=100_000)] = 500

    @property
    def least(self) -> int:
        """One subset."""
        return self.subset_size

    def within(self, count: int) -> KID:
        """Return it with subsets of at most ``count``: unbiased at any size."""
        return replace(self, subset_size=max(2, min(self.subset_size, count)))

    def projected(self, pool: Features, reference: Reference, samples: int) -> Projected:
        """Score the pool as it is: the number of data biases nothing."""
        return unbiased(lambda part: self.score(part, reference, samples), pool)

    def score(
        self,
        generated: Features,
        reference: Reference,
        samples: int,  # noqa: ARG002
    ) -> dict[str, float]:
        """Return {"kid": mean over subsets, "kid_std": deviation over subsets}."""
        mean, deviation = fidelity_functions.kernel_distance(
            generated.embedding, reference.embedding(), self.subsets, self.subset_size
        )
        return {"kid": mean, "kid_std": deviation}

    def stamps(self, samples: int) -> list[str]:  # noqa: ARG002
        """Return the number and size of the subsets."""
        return [f"kid-{self.subsets}x{self.subset_size}"]
