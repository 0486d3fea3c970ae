"""Data sets: one a file, one line each here."""

from functools import lru_cache
from pathlib import Path

from runners.datasets.base import Images
from runners.datasets.digits import Digits
from runners.datasets.mnist import MNIST, FashionMNIST

DATASETS: dict[str, type[Digits] | type[MNIST]] = {
    "digits": Digits,
    "mnist": MNIST,
    "fashion_mnist": FashionMNIST,
}


@lru_cache(maxsize=2)
def load_images(dataset: Digits | MNIST, root: Path) -> Images:
    """Return a data set's images, kept in memory for the next run of this process."""
    return dataset.load(root)
