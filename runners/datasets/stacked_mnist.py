"""Stacked MNIST: three digits as three channels (Metz et al. 2017, arXiv 1611.02163)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.datasets.base import Dataset, Images, Split
from runners.datasets.torchvision_sets import MNIST


@dataclass(frozen=True, config=STRICT)
class StackedMNIST(Dataset):
    """As many triples as MNIST has images, each split stacked from its own digits.

    A label is 100 a + 10 b + c. As channels are independent, the real label distribution is
    the product of the digits' shares, not the count of the triples drawn.

    Args:
        validation: MNIST's: how many of its training images are held out for it.
    """

    summary: ClassVar[str] = "three MNIST digits as RGB, 28x28, 1,000 modes"
    labelled: ClassVar[bool] = True
    earlier: ClassVar[Mapping[str, Any]] = MNIST.earlier
    files: ClassVar[str | None] = MNIST.files
    shape: ClassVar[tuple[int, int, int]] = (3, 28, 28)
    validation: Annotated[int, Field(ge=0)] = 5000
    name: Literal["stacked_mnist"] = "stacked_mnist"

    @property
    def extractor(self) -> str:
        """MNIST's classifier on each channel knows the 1,000 classes; Inception knows none."""
        return "classifier"

    @property
    def channelwise(self) -> Dataset:
        """Every channel is an image of MNIST."""
        return MNIST(validation=self.validation)

    def load(self, root: Path) -> Images:
        """Return the triples of MNIST under ``root``."""
        return _stacked(self.channelwise.load(root))

    def at_hand(self, root: Path) -> Images | None:
        """Return the triples, None where MNIST is not at hand."""
        mnist = self.channelwise.at_hand(root)
        return mnist and _stacked(mnist)


def _stacked(mnist: Images) -> Images:
    """Return the triples of each split."""
    draws = np.random.default_rng(0)
    train = _stack(*mnist.split("train"), draws)
    test = _stack(*mnist.split("test"), draws)
    validation = _stack(*mnist.split("validation"), draws)
    shares = mnist.label_shares
    product = np.einsum("a,b,c->abc", shares, shares, shares).ravel()
    return Images(*train, *validation, *test, shares=product)


def _stack(images: np.ndarray, labels: np.ndarray, draws: np.random.Generator) -> Split:
    orders = [draws.permutation(len(images)) for _ in range(3)]
    stacked = np.concatenate([images[order] for order in orders], axis=1)
    hundreds, tens, ones = (labels[order] for order in orders)
    return stacked, 100 * hundreds + 10 * tens + ones
