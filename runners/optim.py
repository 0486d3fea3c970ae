"""Optimisers, and the named settings A-F of Miyato et al. 2018 (arXiv 1802.05957, Table 1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT, Component

if TYPE_CHECKING:
    from torch import nn, optim

Rate = Annotated[float, Field(gt=0, le=1e9)]
Decay = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True, config=STRICT)
class Adam(Component):
    """Adam (Kingma & Ba 2015), the same for generator and discriminator.

    Args:
        lr: learning rate; where a run of that rate diverges, that is its result.
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of their squares.
    """

    summary: ClassVar[str] = "Adam (Kingma & Ba 2015), with beta1 and beta2"
    name: Literal["adam"] = "adam"
    lr: Rate = 2e-4
    beta1: Decay = 0.5
    beta2: Decay = 0.999

    def build(self, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
        """Return the optimiser over ``parameters``."""
        from torch.optim import Adam as TorchAdam

        return TorchAdam(parameters, lr=self.lr, betas=(self.beta1, self.beta2), fused=True)


@dataclass(frozen=True, config=STRICT)
class RMSprop(Component):
    """RMSprop, with torch's defaults.

    Args:
        lr: learning rate; where a run of that rate diverges, that is its result.
        alpha: decay of the mean of squared gradients.
    """

    summary: ClassVar[str] = "RMSprop with alpha, the optimiser of arXiv 1701.07875"
    name: Literal["rmsprop"] = "rmsprop"
    lr: Rate = 5e-5
    alpha: Decay = 0.99

    def build(self, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
        """Return the optimiser over ``parameters``."""
        from torch.optim import RMSprop as TorchRMSprop

        return TorchRMSprop(parameters, lr=self.lr, alpha=self.alpha)


OPTIMIZERS: dict[str, type[Component]] = {"adam": Adam, "rmsprop": RMSprop}


def _setting(lr: float, beta1: float, beta2: float, n_dis: int) -> dict[str, Any]:
    optimizer = {"name": "adam", "lr": lr, "beta1": beta1, "beta2": beta2}
    return {"optimizer": optimizer, "n_dis": n_dis}


SETTINGS: dict[str, dict[str, Any]] = {
    "A": _setting(1e-4, 0.5, 0.9, 5),
    "B": _setting(1e-4, 0.5, 0.999, 1),
    "C": _setting(2e-4, 0.5, 0.999, 1),
    "D": _setting(1e-3, 0.5, 0.9, 5),
    "E": _setting(1e-3, 0.5, 0.999, 5),
    "F": _setting(1e-3, 0.9, 0.999, 5),
}
