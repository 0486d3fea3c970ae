"""Features that look at a whole batch, put before D's last layer.

In eval mode, which is that of diagnostics, the gradient of a sample's logit is its own: the
others of the batch are held fixed.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize

from runners.errors import Unbounded
from runners.weights import raw_weight, weight_layers

EPSILON = 1e-8  # under the root, as in the code of arXiv 1710.10196


class Appended(nn.Module):
    """Appends features of the batch to each sample's own: (n, k, ...) -> (n, k + more, ...).

    Args:
        statistic: (n, k, ...) -> (n, more), the same at every pixel.
        title: of the statistic, in words.
    """

    def __init__(self, statistic: nn.Module, title: str) -> None:
        super().__init__()
        self.statistic, self.title = statistic, title

    def forward(self, x: Tensor) -> Tensor:
        """Return the wider features."""
        found = self.statistic(x).to(x.dtype)
        found = found.view(*found.shape, *[1] * (x.dim() - 2)).expand(-1, -1, *x.shape[2:])
        return torch.cat([x, found], 1)

    def lipschitz_bound(self, of: Callable[[nn.Module], float]) -> float:  # noqa: ARG002
        """Refuse one: no sample has a logit of its own."""
        raise Unbounded(
            f"{self.title} compares the samples of a batch: no per-sample Lipschitz constant; "
            "gradients and lower bound are of one sample, the others held fixed"
        )


class Closeness(nn.Module):
    """How close a sample is to the others of its batch, in each of several learned projections.

    o_b(x_i) = sum over j != i of exp(-|M_ib - M_jb|_1), M = T x (arXiv 1606.03498, section 3.2).
    In a batch of another size than training's the sum counts as much as there.

    Args:
        features: k, of a sample.
        kernels, dims: b runs over ``kernels`` projections to ``dims`` numbers each.
        others: terms of the sum in training.
    """

    def __init__(self, features: int, kernels: int, dims: int, others: int) -> None:
        super().__init__()
        self.project = nn.Linear(features, kernels * dims, bias=False)
        nn.init.normal_(self.project.weight, std=features**-0.5)
        self.kernels, self.others = kernels, others

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, kernels) of features (n, k)."""
        rows = _wide(self.project(x)).unflatten(1, (self.kernels, -1))
        others = rows if self.training else rows.detach()
        near = torch.exp(-(rows[:, None] - others[None]).abs().sum(3)).sum(1) - 1  # less its own
        return near * (self.others / max(1, len(x) - 1))


class Deviation(nn.Module):
    """The mean over features of their standard deviation in a sample's group.

    Sample i of n is in group i mod floor(n / size), as in the code of arXiv 1710.10196; where
    ``size`` does not divide n, groups are larger.

    Args:
        size: samples in a group.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, 1) of features (n, k, ...)."""
        x = _wide(x.flatten(1))
        groups = max(1, len(x) // self.size)
        member = functional.one_hot(torch.arange(len(x), device=x.device) % groups, groups).to(x)
        share = member / member.sum(0)
        with torch.autocast(x.device.type, enabled=False):
            gap = x - member @ (share.T @ x)
            deviation = member @ (share.T @ gap.square() + EPSILON).sqrt()
        found = deviation.mean(1, keepdim=True)
        if self.training:
            return found
        slope = gap * share.sum(1, keepdim=True) / (deviation * x.shape[1])
        own = (slope.detach() * (x - x.detach())).sum(1, keepdim=True)
        return found.detach() + own


def _wide(x: Tensor) -> Tensor:
    """Return at least single precision."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def append(
    discriminator: nn.Module, statistic: Callable[[int], nn.Module], more: int, title: str
) -> nn.Module:
    """Put features of the batch before D's last weight layer, in place.

    That layer keeps its weights; those of the new features are 0, so that D begins as the
    function it was.

    Args:
        discriminator: whose last weight layer is linear, or a convolution.
        statistic: makes a module of the features a sample has there.
        more: features that it adds.
        title: of the statistic, in words.
    """
    name, head = list(weight_layers(discriminator))[-1]
    appended = Appended(statistic(raw_weight(head).shape[1]), title)
    _widen(head, more)
    discriminator.set_submodule(name, nn.Sequential(appended, head))
    return discriminator


def _widen(layer: nn.Module, more: int) -> None:
    """Give a layer more inputs behind its own, of weight 0."""
    if isinstance(layer, nn.Linear):
        layer.in_features += more
    elif isinstance(layer, nn.Conv2d) and layer.groups == 1:
        layer.in_channels += more
    else:
        raise TypeError(f"D's last weight layer is a {type(layer).__name__}, which has no room")
    old = raw_weight(layer).data
    wider = torch.cat([old, old.new_zeros(len(old), more, *old.shape[2:])], 1)
    if parametrize.is_parametrized(layer, "weight"):
        layer.parametrizations["weight"].original = nn.Parameter(wider)  # pyright: ignore
    else:
        layer.weight = nn.Parameter(wider)
