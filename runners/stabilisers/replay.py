"""Experience replay of generated data (Shrivastava et al. 2017, arXiv 1612.07828, section 2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.stabilisers.base import Stabiliser

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True, config=STRICT)
class Replay(Stabiliser):
    """Train D on generated data of earlier steps too, so that G cannot return to what it left.

    Of every batch a share is replaced by data drawn from a memory; what D then sees of the new
    ones is remembered, in free places first, later in place of others at random. The paper keeps
    no size for its memory.

    Args:
        capacity: generated data in memory.
        share: of a batch that is replayed, rounded, at least one and never all; fewer while
            fewer are remembered.
    """

    summary: ClassVar[str] = "D sees generated data of earlier steps too (arXiv 1612.07828)"
    name: Literal["replay"] = "replay"
    capacity: Annotated[int, Field(ge=1)] = 1024
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5

    def state(self, shape: tuple[int, ...], batch_size: int) -> nn.Module:  # noqa: ARG002
        """Return an empty memory."""
        from runners.stabilisers.memory import Memory

        return Memory(self.capacity, shape)

    def fakes(self, fake: Tensor, state: nn.Module | None, draws: torch.Generator) -> Tensor:
        """Return the first of a batch, then remembered ones, and remember the first."""
        import torch

        from runners.stabilisers.memory import Memory

        assert isinstance(state, Memory)
        wanted = max(1, min(len(fake) - 1, round(self.share * len(fake))))
        old = state.recall(wanted, draws)
        new = fake[: len(fake) - len(old)]
        state.remember(new, draws)
        return torch.cat([new, old])
