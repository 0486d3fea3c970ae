"""What a score is: numbers from features of generated data and of the reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from runners.datasets.base import Modes


@dataclass(frozen=True)
class Features:
    """Extractor outputs of one set of data.

    Args:
        embedding: float32 (n, dim).
        logits: float32 (n, classes); (n, 0) where there are none.
    """

    embedding: Tensor = field(repr=False)
    logits: Tensor = field(repr=False)


@dataclass(frozen=True)
class Reference:
    """The real side.

    Args:
        mean: of the embedding, (dim,).
        covariance: of the embedding, (dim, dim).
        labels: share of each class, (classes,).
        modes: of a synthetic mixture, else None.
        count: number of real data.
        embedding: gives all real features, float32 (count, dim); only some metrics need them.
    """

    mean: np.ndarray = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    modes: Modes | None
    count: int
    embedding: Callable[[], Tensor] = field(repr=False)


class Plan(Protocol):
    """Which metrics, on how many samples, with which settings: a spec's ``evaluation``."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names from METRICS."""
        ...

    @property
    def samples(self) -> int:
        """Generated data a score."""
        ...

    @property
    def kid_subsets(self) -> int:
        """Subsets of KID."""
        ...

    @property
    def kid_subset_size(self) -> int:
        """Samples a subset of KID."""
        ...


class Metric:
    """A score computed by torch-fidelity's own functions, or exactly.

    The first of ``columns`` is the score; the others describe it.
    """

    summary: ClassVar[str]
    lower_is_better: ClassVar[bool]
    columns: ClassVar[tuple[str, ...]]

    def score(self, generated: Features, reference: Reference, plan: Plan) -> dict[str, float]:
        """Return one number for each of ``columns``."""
        ...  # every metric has its own

    def stamps(self, plan: Plan) -> list[str]:  # noqa: ARG002
        """Return what else belongs in the protocol of a score."""
        return []
