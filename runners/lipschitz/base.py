"""The contract of every Lipschitz method: parameters as fields, hooks, no torch at import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic.dataclasses import dataclass

from runners.component import STRICT

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True, config=STRICT)
class Method:
    """A constraint on the discriminator; the hooks do nothing unless a method overrides them.

    State that must survive a checkpoint lives in buffers or parameters of the discriminator.
    """

    summary: ClassVar[str] = ""
    per_sample_gradient: ClassVar[bool] = False
    """Whether the method needs D(x_i) to depend on x_i alone (false under batch norm)."""

    def wrap(self, discriminator: nn.Module) -> None:
        """Re-parametrise a freshly initialised discriminator in place, inside a seeded block."""

    def penalty(
        self,
        discriminator: nn.Module,  # noqa: ARG002
        real: Tensor,  # noqa: ARG002
        fake: Tensor,  # noqa: ARG002
        generator: torch.Generator,  # noqa: ARG002
    ) -> Tensor | None:
        """Return a scalar to add to the minimised discriminator loss, or None.

        Args:
            discriminator: maps images to one logit each, shape (batch,).
            real: (batch, channels, height, width) in [-1, 1].
            fake: like ``real``, detached.
            generator: the only source of random numbers the penalty may use.
        """
        return None

    def project(self, discriminator: nn.Module) -> None:
        """Change weights or buffers in place, once after each discriminator update."""

    def conformance(
        self,
        discriminator: nn.Module,  # noqa: ARG002
        gradients: Mapping[str, float],  # noqa: ARG002
    ) -> dict[str, dict[str, Any]]:
        """Measure what the method promises: checks by name, made by :func:`check`.

        Args:
            discriminator: after any number of updates.
            gradients: mean norms of the input gradient, ``input_grad_<kind>``.
        """
        return {}


def check(
    what: str, value: float, target: float | None = None, tolerance: float | None = None
) -> dict[str, Any]:
    """Return one measured promise; without a tolerance it informs and cannot be broken.

    Args:
        what: a few words for a table.
        value: as measured.
        target: as promised.
        tolerance: largest honest distance of value and target.
    """
    ok = tolerance is None or target is None or abs(value - target) <= tolerance
    return {"what": what, "value": value, "target": target, "tolerance": tolerance, "ok": ok}
