"""What penalties share: laziness, and gradients of gradients of the discriminator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.lipschitz.base import Method

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True, config=STRICT)
class Penalty(Method):
    """A term of the discriminator's loss, which may be lazy.

    Args:
        lazy: k: due at every k-th discriminator update only, and then k times as large, so that
            its mean over updates stays (Karras et al. 2020, arXiv 1912.04958).
    """

    lazy: Annotated[int, Field(ge=1, le=1000)] = 1

    def penalty(
        self,
        discriminator: nn.Module,
        real: Tensor,
        fake: Tensor,
        draws: torch.Generator,
        update: int,
    ) -> Tensor | None:
        """Return the term where it is due, times ``lazy``, else None."""
        if update % self.lazy:
            return None
        return self.lazy * self.term(discriminator, real, fake, draws)

    def term(
        self, discriminator: nn.Module, real: Tensor, fake: Tensor, draws: torch.Generator
    ) -> Tensor:
        """Return what is added at every update where nothing is lazy; see :meth:`penalty`."""
        raise NotImplementedError(f"{type(self).__name__} has no term")


@dataclass(frozen=True, config=STRICT)
class SlopePenalty(Penalty):
    """A penalty on D's gradient in its input, whose own gradient is one of a gradient."""

    per_sample_gradient: ClassVar[bool] = True

    def wrap(self, discriminator: nn.Module, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Write LeakyReLU so that no second derivative is computed where it is zero."""
        from runners.lipschitz.piecewise_linear import write_piecewise_linear

        write_piecewise_linear(discriminator)
        return discriminator
