"""The contract of every stabiliser: hooks at build, on what D sees and on the fakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic.dataclasses import dataclass

from runners.component import STRICT, Component

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from runners.models.base import Model


@dataclass(frozen=True, config=STRICT)
class Stabiliser(Component):
    """A change to training that is no constraint on D; the hooks do nothing unless overridden.

    What it must remember lives in the buffers of its ``state``, which checkpoints hold.
    """

    summary: ClassVar[str] = ""
    per_sample: ClassVar[bool] = True
    """Whether D(x_i) still depends on x_i alone; if not, D never sees real and generated data
    in one batch."""

    def problem(self, model: Model, shape: tuple[int, ...]) -> str | None:  # noqa: ARG002
        """Say why it cannot change these networks, or None.

        Args:
            model: the architecture.
            shape: (channels, size, size) of an image, or (2,) of a point.
        """
        return None

    def wrap_generator(self, generator: nn.Module) -> nn.Module:
        """Return the generator to train, inside a seeded block; latents -> data."""
        return generator

    def wrap_discriminator(
        self,
        discriminator: nn.Module,
        batch_size: int,  # noqa: ARG002
    ) -> nn.Module:
        """Return the discriminator to train, inside a seeded block, before a method constrains it.

        Args:
            discriminator: maps data to one logit each, shape (batch,).
            batch_size: data per batch in training; diagnostics give it others.
        """
        return discriminator

    def state(self, shape: tuple[int, ...], batch_size: int) -> nn.Module | None:  # noqa: ARG002
        """Return a module whose buffers are what it remembers, or None.

        Args:
            shape: (channels, size, size) of an image, or (2,) of a point.
            batch_size: data per batch.
        """
        return None

    def see(self, data: Tensor, draws: torch.Generator) -> Tensor:  # noqa: ARG002
        """Return what D sees of a batch, real or generated, differentiably.

        Args:
            data: (batch, *shape), images in [-1, 1].
            draws: the only source of random numbers, of its own for each batch.
        """
        return data

    def fakes(
        self,
        fake: Tensor,
        state: nn.Module | None,  # noqa: ARG002
        draws: torch.Generator,  # noqa: ARG002
    ) -> Tensor:
        """Return the generated data that D is trained on, in place of a batch of G.

        Args:
            fake: (batch, *shape), detached.
            state: its own, to be changed in place.
            draws: the only source of random numbers.
        """
        return fake

    def advance(self, state: nn.Module | None, step: int) -> None:
        """Become what it is at a step, whatever it was before; called as each step begins."""
