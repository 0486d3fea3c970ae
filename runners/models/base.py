"""The contract of every architecture: a pair of networks, sized by the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from pydantic.dataclasses import dataclass

from runners.component import STRICT, Component

if TYPE_CHECKING:
    import torch
    from torch import nn


class Batchwise(NamedTuple):
    """Why D's logit of one sample depends on the others of its batch.

    Args:
        cause: in words, with the field that decides it.
        cure: what to set instead.
    """

    cause: str
    cure: str


BATCH_NORM = Batchwise("batch norm in the discriminator (model.norm: batch)", "use norm: none")


@dataclass(frozen=True, config=STRICT)
class Model(Component):
    """A generator and a discriminator: any pair of modules.

    A module of D that is no chain of known layers may give its own Lipschitz constant, by a
    method ``lipschitz_bound(of)`` where ``of(child)`` bounds a child's: a residual block
    returns ``of(branch) + of(shortcut)``. It raises :class:`runners.errors.Unbounded` where there
    is none.
    """

    summary: ClassVar[str] = ""
    convolutional: ClassVar[bool] = True
    """Whether G has convolutions, and activations that are modules."""

    linear_head: ClassVar[bool] = True
    """Whether the last weight layer of D is a linear one, not a convolution."""

    if TYPE_CHECKING:

        @property
        def latent(self) -> int:
            """Size of z."""
            ...

    @property
    def batchwise(self) -> Batchwise | None:
        """Why D(x_i) does not depend on x_i alone, or None where it does."""
        return None

    @property
    def per_sample(self) -> bool:
        """Whether D(x_i) depends on x_i alone."""
        return self.batchwise is None

    def problem(self, shape: tuple[int, ...]) -> str | None:  # noqa: ARG002
        """Say why data of ``shape`` (channels, height, width) or (2,) do not fit, or None."""
        return None

    def generator(self, shape: tuple[int, ...]) -> nn.Module:
        """Return G: latents (batch, latent) -> data (batch, *shape), images in [-1, 1]."""
        raise NotImplementedError(f"{type(self).__name__} has no generator")

    def discriminator(self, shape: tuple[int, ...]) -> nn.Module:
        """Return D: data (batch, *shape) -> logits (batch,)."""
        raise NotImplementedError(f"{type(self).__name__} has no discriminator")

    def initialise(self, network: nn.Module, draws: torch.Generator) -> None:
        """Draw the initial weights of G or D; ``draws`` is the only source of random numbers."""

    def advance(self, generator: nn.Module, discriminator: nn.Module, step: int) -> None:
        """Make both networks what they are at a step, whatever they were before.

        Called as each step begins, and before anything is loaded from a checkpoint. Every
        parameter exists from the start: growing means to use more of them.

        Args:
            generator, discriminator: as made here, without what was wrapped around them.
            step: 0 before training, then the number of the step that begins.
        """
