"""GAN losses on logits: each gives the discriminator's and the generator's minimised loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Loss:
    """A pair of minimised losses on logits of shape (batch,).

    Args:
        discriminator: (logits of real, logits of fake) -> scalar.
        generator: logits of fake -> scalar; where ``relative``, like ``discriminator``.
        summary: formula and source in a line.
        zero_decides: whether the sign of a logit is D's decision, so that accuracy counts.
        relative: whether G's loss compares fake with real logits, pair by pair of a batch; D then
            sees the step's last real batch once more, after its update.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[..., Tensor]
    summary: str
    zero_decides: bool = False
    relative: bool = False


def _softplus(x: Tensor) -> Tensor:
    from torch.nn.functional import softplus

    return softplus(x)


def _negative_mean(x: Tensor) -> Tensor:
    return -x.mean()


LOSSES: dict[str, Loss] = {
    "nonsaturating": Loss(
        lambda real, fake: _softplus(-real).mean() + _softplus(fake).mean(),
        lambda fake: _softplus(-fake).mean(),
        "the standard loss with -log D(G(z)) for G (Goodfellow et al. 2014, arXiv 1406.2661)",
        zero_decides=True,
    ),
    "hinge": Loss(
        lambda real, fake: (1 - real).relu().mean() + (1 + fake).relu().mean(),
        _negative_mean,
        "hinge on the logits, -E[D(G(z))] for G (Miyato et al. 2018, arXiv 1802.05957)",
        zero_decides=True,
    ),
    "wasserstein": Loss(
        lambda real, fake: fake.mean() - real.mean(),
        _negative_mean,
        "critic difference without sigmoid or log (Arjovsky et al. 2017, arXiv 1701.07875)",
    ),
    "least_squares": Loss(
        lambda real, fake: 0.5 * ((real - 1).square().mean() + fake.square().mean()),
        lambda fake: 0.5 * (fake - 1).square().mean(),
        "targets 1 and 0 with a factor 1/2 (Mao et al. 2017, arXiv 1611.04076)",
    ),
    "relativistic": Loss(
        lambda real, fake: _softplus(fake - real).mean(),
        lambda real, fake: _softplus(real - fake).mean(),
        "paired: -log sigmoid(D(x) - D(G(z))), -log sigmoid(D(G(z)) - D(x)) for G "
        "(Jolicoeur-Martineau 2018, arXiv 1807.00734; as in arXiv 2501.05441)",
        relative=True,
    ),
}
